import { ApiProperty } from '@nestjs/swagger';
import type { WebsocketContent } from '../../extension/contents.js';
import type { ChannelContents } from './content.js';

/** What an item is made of; of one that is just delivered nobody has seen anything yet. */
export interface InboxItem {
  readonly id: string;
  readonly notificationId: string;
  readonly channels: ChannelContents;
  readonly createdAt: Date;
  readonly seenAt?: Date | null;
  readonly readAt?: Date | null;
  readonly archivedAt?: Date | null;
}

/** A notification in the app: what `notification.created` carries. Its id is the delivery's. */
export class InboxItemView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly id: string;
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c12' }) readonly notificationId: string;
  @ApiProperty({ type: String, nullable: true, example: 'Order confirmed' }) readonly title: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'We are packing order 4711.' }) readonly body: string | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'The caller’s own, with its `event`',
    example: { order: 4711, event: 'order.confirmed' },
  })
  readonly data: Record<string, unknown>;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly seenAt: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null }) readonly readAt: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  readonly archivedAt: string | null;

  static of({ id, notificationId, channels, createdAt, seenAt, readAt, archivedAt }: InboxItem): InboxItemView {
    const { event, title, body, data } = (channels.websocket ?? {}) as WebsocketContent;
    return {
      ...{ id, notificationId, title: title ?? null, body: body ?? null },
      data: { ...data, ...(event !== undefined && { event }) },
      createdAt: createdAt.toISOString(),
      ...{ seenAt: seenAt?.toISOString() ?? null, readAt: readAt?.toISOString() ?? null },
      archivedAt: archivedAt?.toISOString() ?? null,
    };
  }
}

export class InboxPageView {
  @ApiProperty({ type: [InboxItemView] }) readonly data: InboxItemView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class InboxCountsView {
  @ApiProperty({ type: 'integer', example: 2 }) readonly unread: number;
  @ApiProperty({ type: 'integer', example: 40, description: 'Read and archived ones included' }) readonly total: number;
}
