import type { EventTable } from '../../platform/realtime/index.js';
import type { OutboundTable } from '../../platform/outbox/index.js';
import { InboxItemView } from './inbox.view.js';
import type { DeliveryNews, NotificationNews } from './announcements.rules.js';
import type { Engagement } from './news.rules.js';
import { NotificationSummaryView } from './notification.view.js';
import { EngagementView, ToldDeliveryView } from './told.view.js';

/** What a user's notifications are called on sockets; they take no offset. */
export const NOTIFICATION_EVENTS = { created: 'notification.created', updated: 'notification.updated' } as const;

/** What each carries to sockets. */
export const NOTIFICATION_PUSHES = {
  'notification.created': {
    summary: 'There is a notification',
    data: InboxItemView,
    kind: 'socket',
    scope: 'inbox:read',
  },
  'notification.updated': {
    summary: 'It was seen, read, unread or archived, on another socket or over REST',
    data: InboxItemView,
    kind: 'socket',
    scope: 'inbox:read',
  },
} as const satisfies EventTable<(typeof NOTIFICATION_EVENTS)[keyof typeof NOTIFICATION_EVENTS]>;

declare module '../../platform/realtime/event.js' {
  interface EventTables {
    readonly notifications: typeof NOTIFICATION_PUSHES;
  }
}

/** What other systems are told, once each: of notifications that end, and of what becomes of their deliveries. */
export const NOTIFICATION_OUTBOUND = {
  'notification.completed': {
    summary: 'Every delivery of a notification reached its recipient, or was not needed',
    data: NotificationSummaryView,
  },
  'notification.failed': {
    summary:
      'A notification has ended without reaching everybody: `status` says whether all of it failed (`failed`), a part (`partially_failed`), or its time was over (`expired`)',
    data: NotificationSummaryView,
  },
  'notification.cancelled': { summary: 'A notification was called back', data: NotificationSummaryView },
  'delivery.sent': { summary: 'A provider took a delivery', data: ToldDeliveryView },
  'delivery.delivered': {
    summary: 'A delivery arrived; one of which that is known at once is not told as sent before',
    data: ToldDeliveryView,
  },
  'delivery.failed': {
    summary: 'A delivery failed for good, for its `reason`, or was not sent in time (`status` is `expired`)',
    data: ToldDeliveryView,
  },
  'delivery.bounced': { summary: 'The other side refused a delivery after it was sent', data: ToldDeliveryView },
  'delivery.suppressed': { summary: 'A delivery went to nobody: its address is suppressed', data: ToldDeliveryView },
  'engagement.opened': { summary: 'A recipient opened a message', data: EngagementView },
  'engagement.clicked': { summary: 'A recipient followed a link in a message', data: EngagementView },
  'engagement.complained': { summary: 'A recipient complained of a message', data: EngagementView },
  'engagement.unsubscribed': { summary: 'A recipient unsubscribed by a message', data: EngagementView },
} as const satisfies OutboundTable<DeliveryNews | NotificationNews | `engagement.${Engagement}`>;

declare module '../../platform/outbox/outbound-event.js' {
  interface OutboundTables {
    readonly notifications: typeof NOTIFICATION_OUTBOUND;
  }
}
