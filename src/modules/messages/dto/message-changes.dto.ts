import { Text, Time, Uuid, PageQuery } from '../../../platform/http/index.js';
import { CONTENT_MAX } from './message.dto.js';

export class EditMessageDto {
  @Text({ min: 1, max: CONTENT_MAX, example: 'Where is my parcel? Order 4711.' })
  readonly content: string;
}

/** The same on a socket, where no path names the message. */
export class EditCommandDto extends EditMessageDto {
  @Uuid({ example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c12' })
  readonly messageId: string;
}

export class MessageIdDto {
  @Uuid({ example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c12' })
  readonly messageId: string;
}

/** One emoji or a short name; no white space, no control characters. */
export const EMOJI = /^[^\s\p{C}]{1,64}$/u;

export class ReactionCommandDto extends MessageIdDto {
  @Text({ min: 1, max: 64, pattern: EMOJI, example: '👍' })
  readonly emoji: string;
}

export class SearchQueryDto extends PageQuery {
  @Text({
    min: 1,
    max: 200,
    example: 'parcel',
    description: 'All of these words; the last one by its beginning, from three characters on',
  })
  readonly q: string;
  @Uuid({ optional: true, description: 'Only in this room' })
  readonly roomId?: string;
  @Time({ optional: true, description: 'Sent then or later' })
  readonly from?: string;
  @Time({ optional: true, description: 'Sent before' })
  readonly to?: string;
}
