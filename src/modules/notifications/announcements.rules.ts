import type { DeliveryStatus } from './delivery-status.js';
import type { NotificationStatus } from './notification.entity.js';

export type DeliveryNews =
  'delivery.sent' | 'delivery.delivered' | 'delivery.failed' | 'delivery.bounced' | 'delivery.suppressed';
export type NotificationNews = 'notification.completed' | 'notification.failed' | 'notification.cancelled';

/** The rest is of no news: it is under way, or was not wanted any more. */
const OF_DELIVERY: Readonly<Partial<Record<DeliveryStatus, DeliveryNews>>> = {
  sent: 'delivery.sent',
  delivered: 'delivery.delivered',
  failed: 'delivery.failed',
  expired: 'delivery.failed',
  bounced: 'delivery.bounced',
  suppressed: 'delivery.suppressed',
};

const OF_NOTIFICATION: Readonly<Partial<Record<NotificationStatus, NotificationNews>>> = {
  completed: 'notification.completed',
  failed: 'notification.failed',
  partially_failed: 'notification.failed',
  expired: 'notification.failed',
  cancelled: 'notification.cancelled',
};

/** What a delivery is told as when it comes to a status; null when it is not, as of a status that it had before. */
export const newsOfDelivery = (status: DeliveryStatus, before: DeliveryStatus | null): DeliveryNews | null =>
  status === before ? null : (OF_DELIVERY[status] ?? null);

/** What a notification is told as that ends so; null while it is under way. */
export const newsOfNotification = (status: NotificationStatus): NotificationNews | null =>
  OF_NOTIFICATION[status] ?? null;
