import { Initial1764000000000 } from './1764000000000-initial.js';
import { WorkTotals1764050000000 } from './1764050000000-work-totals.js';
import { Messaging1764100000000 } from './1764100000000-messaging.js';
import { Escalation1764150000000 } from './1764150000000-escalation.js';

/** In the order they run. */
export const MIGRATIONS = [
  Initial1764000000000,
  WorkTotals1764050000000,
  Messaging1764100000000,
  Escalation1764150000000,
];
