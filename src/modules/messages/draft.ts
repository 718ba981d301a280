import type { ClientId, UserId } from '../../platform/database/index.js';
import type { Attachment, MessageType } from './message.entity.js';

/** A message on its way into a room: everything but its numbers. */
export interface Draft {
  readonly clientId: ClientId;
  readonly id: string;
  readonly roomId: string;
  readonly senderId: UserId | null;
  /** A master key may post where its user is no member. */
  readonly byMaster: boolean;
  readonly type: MessageType;
  readonly content: string | null;
  readonly contentType: string;
  readonly attachments: readonly Attachment[] | null;
  readonly replyTo: string | null;
  readonly mentions: readonly string[] | null;
  readonly metadata: Record<string, unknown> | null;
  readonly clientMessageId: string | null;
  readonly contentHash: Buffer | null;
  /** Its words, as the text of a `tsvector`. */
  readonly search: string;
  /** Of what sends it: it is written in a batch with the drafts of others, where nothing else tells. */
  readonly hops: number;
}
