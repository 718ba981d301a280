import { ANALYTICS_AUDIT } from './modules/analytics/analytics.audit.js';
import { ENDPOINTS_AUDIT } from './modules/endpoints/endpoints.audit.js';
import { MESSAGES_AUDIT } from './modules/messages/messages.audit.js';
import { NOTIFICATIONS_AUDIT } from './modules/notifications/notifications.audit.js';
import { ROOMS_AUDIT } from './modules/rooms/rooms.audit.js';
import { WEBHOOKS_AUDIT } from './modules/webhooks/webhooks.audit.js';
import type { Audit } from './platform/database/index.js';
import { WORK_AUDIT } from './platform/work/work.audit.js';

/** All that is recounted. */
export const EVERYTHING_AUDITED: readonly Audit[] = [
  WORK_AUDIT,
  NOTIFICATIONS_AUDIT,
  ENDPOINTS_AUDIT,
  WEBHOOKS_AUDIT,
  ROOMS_AUDIT,
  MESSAGES_AUDIT,
  ANALYTICS_AUDIT,
];
