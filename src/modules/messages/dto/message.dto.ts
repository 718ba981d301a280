import {
  type ContentLimits,
  Int,
  JsonObject,
  OneOf,
  PageQuery,
  PartList,
  Text,
  TextList,
  Url,
  Uuid,
} from '../../../platform/http/index.js';
import { type Attachment, MESSAGE_TYPES, type MessageType } from '../message.entity.js';

/** What a message may hold. Its attachments are links: their files are elsewhere. */
export const MESSAGE_LIMITS = {
  ...{
    contentLength: 20_000,
    contentTypeLength: 100,
    metadataBytes: 16_384,
    mentions: 100,
    clientMessageIdLength: 128,
  },
  ...{ attachments: 20, attachmentNameLength: 255, mimeTypeLength: 127 },
} as const satisfies ContentLimits;
export const CONTENT_MAX = MESSAGE_LIMITS.contentLength;
const MAX_SEQ = Number.MAX_SAFE_INTEGER;

export class AttachmentDto implements Attachment {
  @Url({ example: 'https://files.example/invoice.pdf' })
  readonly url: string;
  @Text({ min: 1, max: MESSAGE_LIMITS.attachmentNameLength, example: 'invoice.pdf' })
  readonly name: string;
  @Int({ min: 0, max: MAX_SEQ, example: 52_311, description: 'Bytes' })
  readonly size: number;
  @Text({ max: MESSAGE_LIMITS.mimeTypeLength, pattern: /^[\w.+-]+\/[\w.+-]+$/, example: 'application/pdf' })
  readonly mimeType: string;
}

export class SendMessageDto {
  @Uuid({ example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' })
  readonly roomId: string;
  @Text({
    min: 1,
    max: CONTENT_MAX,
    optional: true,
    example: 'Where is my parcel?',
    description: 'Required unless there are attachments',
  })
  readonly content?: string;
  @Text({ min: 1, max: MESSAGE_LIMITS.contentTypeLength, optional: true, default: 'text', example: 'text' })
  readonly contentType: string = 'text';
  @PartList(() => AttachmentDto, { max: MESSAGE_LIMITS.attachments, optional: true })
  readonly attachments?: AttachmentDto[];
  @Uuid({ optional: true, description: 'A message of the same room', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c12' })
  readonly replyTo?: string;
  @TextList({ max: MESSAGE_LIMITS.mentions, optional: true, example: ['bob'] })
  readonly mentions?: string[];
  @JsonObject({ maxBytes: MESSAGE_LIMITS.metadataBytes, optional: true })
  readonly metadata?: Record<string, unknown>;
  @Text({
    min: 1,
    max: MESSAGE_LIMITS.clientMessageIdLength,
    optional: true,
    example: 'a1b2c3',
    description: 'Makes a retry safe, for ever: the same id from the same sender in the room is the same message',
  })
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
