import type { Row } from './row.js';
import { analytics } from './rows/analytics.js';
import { bulk } from './rows/bulk.js';
import { email } from './rows/email.js';
import { failover } from './rows/failover.js';
import { fairness } from './rows/fairness.js';
import { fanout } from './rows/fanout.js';
import { keys } from './rows/keys.js';
import { large } from './rows/large.js';
import { memory } from './rows/memory.js';
import { notificationAccept } from './rows/notification-accept.js';
import { overheads } from './rows/overheads.js';
import { pipeline } from './rows/pipeline.js';
import { quotas } from './rows/quotas.js';
import { restSend } from './rows/rest-send.js';
import { socketSend } from './rows/socket-send.js';
import { soak } from './rows/soak.js';
import { start } from './rows/start.js';
import { sweep } from './rows/sweep.js';
import { webhooks } from './rows/webhooks.js';

export const ROWS: readonly Row[] = [
  restSend,
  overheads,
  socketSend,
  fanout,
  notificationAccept,
  pipeline,
  email,
  bulk,
  failover,
  fairness,
  keys,
  memory,
  large,
  analytics,
  sweep,
  webhooks,
  quotas,
  start,
  soak,
];
