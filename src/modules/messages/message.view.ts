import { ApiProperty } from '@nestjs/swagger';
import { type Attachment, MESSAGE_TYPES, type MessageType } from './message.entity.js';
import type { Reacted, StoredMessage, StoredReaction } from './stored-message.js';

class AttachmentView implements Attachment {
  @ApiProperty({ example: 'https://files.example/invoice.pdf' }) readonly url: string;
  @ApiProperty({ example: 'invoice.pdf' }) readonly name: string;
  @ApiProperty({ type: 'integer', example: 52_311 }) readonly size: number;
  @ApiProperty({ example: 'application/pdf' }) readonly mimeType: string;
}

export class ReactionView implements StoredReaction {
  @ApiProperty({ example: '👍' }) readonly emoji: string;
  @ApiProperty({ type: 'integer', example: 1 }) readonly count: number;
  @ApiProperty({ type: [String], example: ['bob'] }) readonly userIds: readonly string[];
}

const nullableTime = { type: String, format: 'date-time', nullable: true, example: null } as const;

export class MessageView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c12' }) readonly id: string;
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly roomId: string;
  @ApiProperty({ type: 'integer', description: 'Counts the room’s messages, without gaps', example: 41 })
  readonly seq: number;
  @ApiProperty({ type: 'integer', description: 'Its place among all durable events of the room', example: 57 })
  readonly offset: number;
  @ApiProperty({ type: String, nullable: true, example: 'ann' }) readonly senderId: string | null;
  @ApiProperty({ enum: MESSAGE_TYPES, example: 'user' }) readonly type: MessageType;
  @ApiProperty({ type: String, nullable: true, example: 'Where is my parcel?' }) readonly content: string | null;
  @ApiProperty({ example: 'text' }) readonly contentType: string;
  @ApiProperty({ type: [AttachmentView], example: [] }) readonly attachments: readonly Attachment[];
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null }) readonly replyTo: string | null;
  @ApiProperty({ type: [String], example: [] }) readonly mentions: readonly string[];
  @ApiProperty({ type: 'object', additionalProperties: true, example: {} }) readonly metadata: Record<string, unknown>;
  @ApiProperty({ type: String, nullable: true, example: 'a1b2c3' }) readonly clientMessageId: string | null;
  @ApiProperty({ type: [ReactionView], example: [] }) readonly reactions: readonly ReactionView[];
  @ApiProperty(nullableTime) readonly pinnedAt: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;
  @ApiProperty(nullableTime) readonly editedAt: string | null;
  @ApiProperty(nullableTime) readonly deletedAt: string | null;

  static of(message: StoredMessage): MessageView {
    return {
      id: message.id,
      roomId: message.roomId,
      seq: message.seq,
      offset: message.offset,
      senderId: message.senderId,
      type: message.type,
      content: message.content,
      contentType: message.contentType,
      attachments: message.attachments ?? [],
      replyTo: message.replyTo,
      mentions: message.mentions ?? [],
      metadata: message.metadata ?? {},
      clientMessageId: message.clientMessageId,
      reactions: message.reactions ?? [],
      pinnedAt: message.pinnedAt?.toISOString() ?? null,
      createdAt: message.createdAt.toISOString(),
      editedAt: message.editedAt?.toISOString() ?? null,
      deletedAt: message.deletedAt?.toISOString() ?? null,
    };
  }
}

export class ReactedView implements Reacted {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c12' }) readonly messageId: string;
  @ApiProperty({ example: '👍' }) readonly emoji: string;
  @ApiProperty({ example: 'bob' }) readonly userId: string;
  @ApiProperty({ type: [ReactionView] }) readonly reactions: readonly ReactionView[];
}

export class MessagePageView {
  @ApiProperty({ type: [MessageView] }) readonly data: MessageView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

/** A durable event as sockets got it. */
export class FeedItemView {
  @ApiProperty({ example: 'member.joined' }) readonly ev: string;
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly roomId: string;
  @ApiProperty({ type: 'integer', example: 3 }) readonly offset: number;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly ts: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { userId: 'bob', role: 'member', joinedAt: '2026-11-24T09:30:00.000Z' },
  })
  readonly data: object;
}

export class FeedPageView {
  @ApiProperty({ type: [FeedItemView] }) readonly data: FeedItemView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}
