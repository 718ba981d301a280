import { Initial1764000000000 } from './1764000000000-initial.js';
import { WorkTotals1764050000000 } from './1764050000000-work-totals.js';
import { Messaging1764100000000 } from './1764100000000-messaging.js';
import { Escalation1764150000000 } from './1764150000000-escalation.js';
import { Channels1764200000000 } from './1764200000000-channels.js';
import { InboxAndSuppressions1764210000000 } from './1764210000000-inbox-and-suppressions.js';
import { Routing1764220000000 } from './1764220000000-routing.js';
import { Receipts1764230000000 } from './1764230000000-receipts.js';
import { Signing1764240000000 } from './1764240000000-signing.js';
import { Endpoints1764250000000 } from './1764250000000-endpoints.js';
import { EndpointReplays1764251000000 } from './1764251000000-endpoint-replays.js';
import { EndpointSubjects1764252000000 } from './1764252000000-endpoint-subjects.js';
import { InboundWebhooks1764260000000 } from './1764260000000-inbound-webhooks.js';
import { OutboundNews1764270000000 } from './1764270000000-outbound-news.js';
import { QuotaNews1764271000000 } from './1764271000000-quota-news.js';
import { Alerts1764272000000 } from './1764272000000-alerts.js';
import { ClientUsage1764280000000 } from './1764280000000-client-usage.js';
import { Analytics1764290000000 } from './1764290000000-analytics.js';
import { Audit1764300000000 } from './1764300000000-audit.js';
import { ClientRemoval1764301000000 } from './1764301000000-client-removal.js';
import { Traces1764310000000 } from './1764310000000-traces.js';
import { AnalyticsTimes1764320000000 } from './1764320000000-analytics-times.js';

/** In the order they run. */
export const MIGRATIONS = [
  Initial1764000000000,
  WorkTotals1764050000000,
  Messaging1764100000000,
  Escalation1764150000000,
  Channels1764200000000,
  InboxAndSuppressions1764210000000,
  Routing1764220000000,
  Receipts1764230000000,
  Signing1764240000000,
  Endpoints1764250000000,
  EndpointReplays1764251000000,
  EndpointSubjects1764252000000,
  InboundWebhooks1764260000000,
  OutboundNews1764270000000,
  QuotaNews1764271000000,
  Alerts1764272000000,
  ClientUsage1764280000000,
  Analytics1764290000000,
  Audit1764300000000,
  ClientRemoval1764301000000,
  Traces1764310000000,
  AnalyticsTimes1764320000000,
];
