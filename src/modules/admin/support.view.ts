import { ApiProperty, OmitType } from '@nestjs/swagger';
import {
  type HistoryDelivery,
  DeliveryView,
  type HistoryNotification,
  NotificationSummaryView,
  TimelineEntryView,
} from '../notifications/index.js';
import { type Room, RoomView } from '../rooms/index.js';
import type { User } from '../users/index.js';
import { recipientShown, withoutPeople } from './hidden.rules.js';

const PAGE = { type: String, nullable: true, example: null } as const;

/** Without what it is called and what is kept about it. */
export class SupportRoomView extends OmitType(RoomView, ['name', 'description', 'metadata', 'settings']) {
  static of(room: Room): SupportRoomView {
    const {
      name: _name,
      description: _description,
      metadata: _metadata,
      settings: _settings,
      ...shown
    } = RoomView.of(room);
    return shown;
  }
}
export class SupportRoomPageView {
  @ApiProperty({ type: [SupportRoomView] }) readonly data: SupportRoomView[];
  @ApiProperty(PAGE) readonly nextCursor: string | null;
}

/** That there is an address, not which. */
export class SupportUserView {
  @ApiProperty({ example: 'ann' }) readonly id: string;
  @ApiProperty({ example: true }) readonly hasEmail: boolean;
  @ApiProperty({ example: false }) readonly hasPhone: boolean;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly updatedAt: string;

  static of({ id, email, phone, createdAt, updatedAt }: User): SupportUserView {
    const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
    return { id, hasEmail: email !== null, hasPhone: phone !== null, ...times };
  }
}
export class SupportUserPageView {
  @ApiProperty({ type: [SupportUserView] }) readonly data: SupportUserView[];
  @ApiProperty(PAGE) readonly nextCursor: string | null;
}

/** Without the client's own words. */
export class SupportNotificationView extends OmitType(NotificationSummaryView, ['tags', 'metadata']) {
  static of(notification: HistoryNotification): SupportNotificationView {
    const { tags: _tags, metadata: _metadata, ...shown } = NotificationSummaryView.of(notification);
    return shown;
  }
}
export class SupportNotificationPageView {
  @ApiProperty({ type: [SupportNotificationView] }) readonly data: SupportNotificationView[];
  @ApiProperty(PAGE) readonly nextCursor: string | null;
}

export class SupportDeliveryView extends DeliveryView {
  @ApiProperty({ example: 'a••••@example.com', description: 'As far as support needs it' })
  declare readonly recipient: string;

  static override of(delivery: HistoryDelivery): SupportDeliveryView {
    const { recipient, userId } = delivery;
    return { ...DeliveryView.of(delivery), recipient: recipientShown(recipient, userId) };
  }
}
export class SupportDeliveryPageView {
  @ApiProperty({ type: [SupportDeliveryView] }) readonly data: SupportDeliveryView[];
  @ApiProperty(PAGE) readonly nextCursor: string | null;
}

/** What providers said, without whom it was about. */
export const timelineShown = (entry: TimelineEntryView): TimelineEntryView =>
  entry.detail === undefined ? entry : { ...entry, detail: withoutPeople(entry.detail) };
