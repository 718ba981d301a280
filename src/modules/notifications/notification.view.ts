import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { encodeCursor } from '../../platform/http/index.js';
import { DELIVERY_REASONS, DELIVERY_STATUSES, type DeliveryReason, type DeliveryStatus } from './delivery-status.js';
import type { Delivery } from './delivery.entity.js';
import type { AcceptedDelivery, AcceptedNotification } from './submission.js';
import {
  CATEGORIES,
  type Category,
  type Notification,
  NOTIFICATION_STATUSES,
  type NotificationStatus,
  PRIORITIES,
  type Priority,
} from './notification.entity.js';
import { TIMELINE_TYPES, type TimelineEntry } from './timeline.js';

const ID = { format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' } as const;
const TIME = { format: 'date-time', example: '2026-11-24T09:30:00.000Z' } as const;
const NULLABLE_TIME = { type: String, format: 'date-time', nullable: true, example: null } as const;
const time = (at: Date | null): string | null => at?.toISOString() ?? null;

/** Deliveries that are listed in an answer; past that only their count is. */
export const LISTED_DELIVERIES = 100;

export class AcceptedDeliveryView {
  @ApiProperty(ID) readonly id: string;
  @ApiProperty({ example: 'email' }) readonly channel: string;
  @ApiProperty({ example: 'ann@example.com' }) readonly recipient: string;
  @ApiProperty({ enum: DELIVERY_STATUSES, example: 'queued' }) readonly status: DeliveryStatus;
  @ApiPropertyOptional({ enum: DELIVERY_REASONS, example: 'no_address' }) readonly reason?: DeliveryReason;

  static of({ id, channel, recipient, status, reason }: AcceptedDelivery): AcceptedDeliveryView {
    return { id, channel, recipient, status, ...(reason && { reason }) };
  }
}

export class AcceptedView {
  @ApiProperty(ID) readonly id: string;
  @ApiProperty({ enum: ['accepted', 'scheduled'], example: 'accepted' }) readonly status: NotificationStatus;
  @ApiPropertyOptional({ type: [AcceptedDeliveryView] }) readonly deliveries?: AcceptedDeliveryView[];
  @ApiPropertyOptional({
    type: 'integer',
    example: 500,
    description: 'Instead of `deliveries` when there are over 100',
  })
  readonly deliveryCount?: number;

  static of({ id, status, deliveries }: AcceptedNotification): AcceptedView {
    if (deliveries.length > LISTED_DELIVERIES) return { id, status, deliveryCount: deliveries.length };
    return { id, status, deliveries: deliveries.map(AcceptedDeliveryView.of) };
  }
}

export class DeliveryView {
  @ApiProperty(ID) readonly id: string;
  @ApiProperty({ example: 'email' }) readonly channel: string;
  @ApiProperty({ example: 'ann@example.com' }) readonly recipient: string;
  @ApiProperty({ type: String, nullable: true, example: 'ann' }) readonly userId: string | null;
  @ApiProperty({ enum: DELIVERY_STATUSES, example: 'sent' }) readonly status: DeliveryStatus;
  @ApiProperty({ type: String, enum: [...DELIVERY_REASONS, null], nullable: true, example: null })
  readonly reason: DeliveryReason | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null }) readonly providerId: string | null;
  @ApiProperty({ type: 'integer', example: 1 }) readonly attempts: number;
  @ApiProperty(TIME) readonly createdAt: string;
  @ApiProperty(NULLABLE_TIME) readonly sentAt: string | null;
  @ApiProperty(NULLABLE_TIME) readonly deliveredAt: string | null;
  @ApiProperty(NULLABLE_TIME) readonly openedAt: string | null;
  @ApiProperty(NULLABLE_TIME) readonly clickedAt: string | null;
  @ApiProperty(NULLABLE_TIME) readonly seenAt: string | null;
  @ApiProperty(NULLABLE_TIME) readonly readAt: string | null;
  @ApiProperty(NULLABLE_TIME) readonly complainedAt: string | null;
  @ApiProperty(NULLABLE_TIME) readonly unsubscribedAt: string | null;

  static of({ id, channel, recipient, userId, status, reason, providerId, attempts, ...at }: Delivery): DeliveryView {
    const times = {
      createdAt: at.createdAt.toISOString(),
      sentAt: time(at.sentAt),
      deliveredAt: time(at.deliveredAt),
      openedAt: time(at.openedAt),
      clickedAt: time(at.clickedAt),
      seenAt: time(at.seenAt),
      readAt: time(at.readAt),
      complainedAt: time(at.complainedAt),
      unsubscribedAt: time(at.unsubscribedAt),
    };
    return { id, channel, recipient, userId, status, reason, providerId, attempts, ...times };
  }
}

class CountsView {
  @ApiProperty({ type: 'integer', example: 2 }) readonly total: number;
  @ApiProperty({ type: 'integer', example: 0, description: 'Neither reached nor ended' }) readonly open: number;
  @ApiProperty({ type: 'integer', example: 0 }) readonly failed: number;
  @ApiProperty({ type: 'integer', example: 0 }) readonly skipped: number;
}

export class NotificationSummaryView {
  @ApiProperty(ID) readonly id: string;
  @ApiProperty({ enum: NOTIFICATION_STATUSES, example: 'completed' }) readonly status: NotificationStatus;
  @ApiProperty({ enum: CATEGORIES, example: 'transactional' }) readonly category: Category;
  @ApiProperty({ enum: PRIORITIES, example: 'normal' }) readonly priority: Priority;
  @ApiProperty({ type: [String], example: ['email'] }) readonly channels: string[];
  @ApiProperty({ type: CountsView }) readonly counts: CountsView;
  @ApiProperty({ type: [String], example: ['order'] }) readonly tags: string[];
  @ApiProperty({ type: 'object', additionalProperties: true, example: {} }) readonly metadata: Record<string, unknown>;
  @ApiProperty({ example: false }) readonly test: boolean;
  @ApiProperty(NULLABLE_TIME) readonly sendAt: string | null;
  @ApiProperty(NULLABLE_TIME) readonly expiresAt: string | null;
  @ApiProperty(TIME) readonly createdAt: string;
  @ApiProperty(NULLABLE_TIME) readonly completedAt: string | null;

  static of(notification: Notification): NotificationSummaryView {
    const {
      id,
      status,
      category,
      priority,
      channels,
      tags,
      metadata,
      test,
      totalCount,
      openCount,
      failedCount,
      skippedCount,
    } = notification;
    return {
      ...{ id, status, category, priority, channels: Object.keys(channels) },
      counts: { total: totalCount, open: openCount, failed: failedCount, skipped: skippedCount },
      ...{ tags, metadata, test },
      sendAt: time(notification.sendAt),
      expiresAt: time(notification.expiresAt),
      createdAt: notification.createdAt.toISOString(),
      completedAt: time(notification.completedAt),
    };
  }
}

export class NotificationView extends NotificationSummaryView {
  @ApiProperty({ type: [DeliveryView], description: 'The first 100; the others page by page from `/deliveries`' })
  readonly deliveries: DeliveryView[];

  static with(notification: Notification, deliveries: readonly Delivery[]): NotificationView {
    return { ...NotificationSummaryView.of(notification), deliveries: deliveries.map(DeliveryView.of) };
  }
}

export class TooLateView {
  @ApiProperty(ID) readonly deliveryId: string;
  @ApiProperty({ enum: DELIVERY_STATUSES, example: 'sent' }) readonly status: DeliveryStatus;
}

export class CancellationView {
  @ApiProperty({ type: [String], format: 'uuid', example: [ID.example], description: 'Deliveries that are never sent' })
  readonly cancelled: readonly string[];
  @ApiProperty({ type: [TooLateView] }) readonly tooLate: readonly TooLateView[];
}

export class RequeuedView {
  @ApiProperty({ type: 'integer', example: 3, description: 'Deliveries that are tried again' }) readonly count: number;
}

export class NotificationPageView {
  @ApiProperty({ type: [NotificationSummaryView] }) readonly data: NotificationSummaryView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class DeliveryPageView {
  @ApiProperty({ type: [DeliveryView] }) readonly data: DeliveryView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class TimelineEntryView {
  @ApiProperty(TIME) readonly at: string;
  @ApiProperty({ enum: TIMELINE_TYPES, example: 'attempt' }) readonly type: string;
  @ApiPropertyOptional(ID) readonly deliveryId?: string;
  @ApiPropertyOptional({ example: 'email' }) readonly channel?: string;
  @ApiPropertyOptional(ID) readonly providerId?: string;
  @ApiPropertyOptional({ type: 'integer', example: 1 }) readonly attempt?: number;
  @ApiPropertyOptional({ type: 'integer', example: 182 }) readonly durationMs?: number;
  @ApiProperty({ example: 'sent' }) readonly status: string;
  @ApiPropertyOptional({ example: 'provider_timeout' }) readonly reason?: string;
  @ApiPropertyOptional({ example: '250 2.0.0 Ok: queued', description: 'What the provider answered, without secrets' })
  readonly detail?: string;
  @ApiPropertyOptional({ example: 'first choice', description: 'Why this provider, and why not others' })
  readonly decision?: string;

  static of({ at, type, status, ...rest }: TimelineEntry): TimelineEntryView {
    const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
    return { at: at.toISOString(), type, status, ...said };
  }
}

export class TimelineView {
  @ApiProperty({ type: [TimelineEntryView] }) readonly data: TimelineEntryView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

/** A page of a timeline: the cursor is the last entry that is stored. */
export function timelinePage(
  entries: readonly (TimelineEntry & { readonly id: string | null })[],
  limit: number,
): TimelineView {
  const stored = entries.flatMap((entry) => entry.id ?? []);
  const next = stored.length > limit ? stored[limit - 1] : undefined;
  const shown = next === undefined ? entries : entries.slice(0, entries.findIndex((entry) => entry.id === next) + 1);
  return {
    data: shown.map(({ id: _id, ...entry }) => TimelineEntryView.of(entry)),
    nextCursor: next === undefined ? null : encodeCursor([next]),
  };
}
