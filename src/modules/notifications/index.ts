export { DeliveriesQuery, NotificationsQuery, SendNotificationDto } from './dto/notification.dto.js';
export type { Delivery as HistoryDelivery } from './delivery.entity.js';
export { NotificationHistoryService } from './history.service.js';
export type { Notification as HistoryNotification } from './notification.entity.js';
export type { ChannelContents } from './content.js';
export { LateContents } from './late-contents.js';
export type { Matched, NamedByProvider } from './news.repository.js';
export { type News, NewsService } from './news.service.js';
export {
  AcceptedView,
  DeliveryView,
  NotificationSummaryView,
  TimelineEntryView,
  timelinePage,
  TimelineView,
} from './notification.view.js';
export { NotificationsCleaning } from './notifications-cleaning.js';
export { NotificationsModule } from './notifications.module.js';
export { NotificationsService } from './notifications.service.js';
export { IN_HOUSE_CHANNEL } from './websocket.channel.js';
export { ReachService } from './reach.service.js';
export type { NotificationWish, OwnWish } from './submission.js';
