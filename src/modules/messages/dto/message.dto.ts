import { ApiProperty } from '@nestjs/swagger';
import { IsUrl } from 'class-validator';
import { Int, JsonObject, OneOf, PageQuery, PartList, Text, TextList, Uuid } from '../../../platform/http/index.js';
import { type Attachment, type Message, MESSAGE_TYPES, type MessageType } from '../message.entity.js';

export const CONTENT_MAX = 20_000;
const MAX_SEQ = Number.MAX_SAFE_INTEGER;

export class AttachmentDto implements Attachment {
  @Text({ min: 8, max: 2_048, example: 'https://files.example/invoice.pdf' })
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false, disallow_auth: true })
  readonly url: string;
  @Text({ min: 1, max: 255, example: 'invoice.pdf' })
  readonly name: string;
  @Int({ min: 0, max: MAX_SEQ, example: 52_311, description: 'Bytes' })
  readonly size: number;
  @Text({ max: 127, pattern: /^[\w.+-]+\/[\w.+-]+$/, example: 'application/pdf' })
  readonly mimeType: string;
}

export class SendMessageDto {
  @Uuid({ example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' })
  readonly roomId: string;
  @Text({ min: 1, max: CONTENT_MAX, optional: true, example: 'Where is my parcel?', description: 'Required unless there are attachments' })
  readonly content?: string;
  @Text({ min: 1, max: 100, optional: true, default: 'text', example: 'text' })
  readonly contentType: string = 'text';
  @PartList(() => AttachmentDto, { max: 20, optional: true })
  readonly attachments?: AttachmentDto[];
  @Uuid({ optional: true, description: 'A message of the same room', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c12' })
  readonly replyTo?: string;
  @TextList({ max: 100, optional: true, example: ['bob'] })
  readonly mentions?: string[];
  @JsonObject({ optional: true })
  readonly metadata?: Record<string, unknown>;
  @Text({ min: 1, max: 128, optional: true, example: 'a1b2c3', description: 'Makes a retry safe, for ever: the same id from the same sender in the room is the same message' })
  readonly clientMessageId?: string;
  @OneOf(MESSAGE_TYPES, { optional: true, default: 'user', description: 'system: master keys only' })
  readonly type: MessageType = 'user';
}

const seqField = (description: string) => Int({ min: 0, max: MAX_SEQ, optional: true, fromQuery: true, description });

export class HistoryQuery extends PageQuery {
  @Uuid({ example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' })
  readonly roomId: string;
  @seqField('Older than this seq, newest first')
  readonly before?: number;
  @seqField('Newer than this seq, oldest first')
  readonly after?: number;
  @seqField('On both sides of this seq, newest first')
  readonly around?: number;
}

export class FeedQuery extends PageQuery {
  @Int({ min: 0, max: MAX_SEQ, optional: true, default: 0, fromQuery: true, description: 'Events after this offset' })
  readonly after?: number;
}

class AttachmentView implements Attachment {
  @ApiProperty({ example: 'https://files.example/invoice.pdf' }) readonly url: string;
  @ApiProperty({ example: 'invoice.pdf' }) readonly name: string;
  @ApiProperty({ example: 52_311 }) readonly size: number;
  @ApiProperty({ example: 'application/pdf' }) readonly mimeType: string;
}

class ReactionView {
  @ApiProperty({ example: '👍' }) readonly emoji: string;
  @ApiProperty({ example: 1 }) readonly count: number;
  @ApiProperty({ type: [String], example: ['bob'] }) readonly userIds: string[];
}

const nullableTime = { type: String, format: 'date-time', nullable: true, example: null } as const;

export class MessageView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c12' }) readonly id: string;
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly roomId: string;
  @ApiProperty({ description: 'Counts the room’s messages, without gaps', example: 41 }) readonly seq: number;
  @ApiProperty({ description: 'Its place among all durable events of the room', example: 57 }) readonly offset: number;
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

  static of(message: Omit<Message, 'contentHash'>): MessageView {
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
      reactions: [],
      pinnedAt: message.pinnedAt?.toISOString() ?? null,
      createdAt: message.createdAt.toISOString(),
      editedAt: message.editedAt?.toISOString() ?? null,
      deletedAt: message.deletedAt?.toISOString() ?? null,
    };
  }
}

export class MessagePageView {
  @ApiProperty({ type: [MessageView] }) readonly data: MessageView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

/** A durable event as sockets got it. */
export class FeedItemView {
  @ApiProperty({ example: 'member.joined' }) readonly ev: string;
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly roomId: string;
  @ApiProperty({ example: 3 }) readonly offset: number;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly ts: string;
  @ApiProperty({ type: 'object', additionalProperties: true, example: { userId: 'bob', role: 'member', joinedAt: '2026-11-24T09:30:00.000Z' } })
  readonly data: object;
}

export class FeedPageView {
  @ApiProperty({ type: [FeedItemView] }) readonly data: FeedItemView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}
