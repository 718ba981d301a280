export { SendNotificationDto } from './dto/notification.dto.js';
export type { ChannelContents } from './content.js';
export { LateContents } from './late-contents.js';
export type { Matched, NamedByProvider } from './news.repository.js';
export { type News, NewsService } from './news.service.js';
export { NotificationsModule } from './notifications.module.js';
export { NotificationsService } from './notifications.service.js';
export { ReachService } from './reach.service.js';
export type { OwnWish } from './submission.js';
