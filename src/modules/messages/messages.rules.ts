import { createHash } from 'node:crypto';
import { type DomainError, IdempotencyMismatch, NotFound } from '../../platform/errors/index.js';
import {
  mayInRoom,
  type MemberRole,
  MayNot,
  RoomInactive,
  type RoomSettings,
  type RoomType,
  SlowMode,
  slowModeWaitMs,
} from '../rooms/index.js';
import type { Draft } from './draft.js';

/** A room as it stands under its lock. */
export interface LockedRoom {
  readonly clientId: string;
  readonly id: string;
  readonly type: RoomType;
  readonly status: 'active' | 'inactive';
  readonly deactivatedReason: 'manual' | 'inactivity' | null;
  readonly settings: RoomSettings;
  readonly lastSeq: number;
  readonly head: number;
}

/** What is known of a draft once its room is locked. */
export interface Standing {
  readonly room: LockedRoom | null;
  readonly role: MemberRole | null;
  /** The earlier message with the draft's `clientMessageId`, and the hash of what that one said. */
  readonly earlier: { readonly id: string; readonly contentHash: Buffer | null } | null;
  readonly replyExists: boolean;
  /** When the sender last sent into this room, and when this one would be sent. */
  readonly lastSentAt: Date | null;
  readonly at: Date;
}

export type Verdict =
  | { readonly kind: 'refuse'; readonly error: DomainError }
  | { readonly kind: 'duplicate'; readonly of: string }
  | { readonly kind: 'accept'; readonly revives: boolean };

const refuse = (error: DomainError): Verdict => ({ kind: 'refuse', error });

/** Decides about one draft. A retry of an accepted message is answered with it even if the room has been closed since. */
export function judge(draft: Draft, { room, role, earlier, replyExists, lastSentAt, at }: Standing): Verdict {
  if (!room || (role === null && !draft.byMaster)) return refuse(new NotFound());
  if (earlier) {
    // A deleted message has no hash any more; its retry is answered with the tombstone.
    const { contentHash: before } = earlier;
    const same = draft.contentHash !== null && (before === null || before.equals(draft.contentHash));
    return same ? { kind: 'duplicate', of: earlier.id } : refuse(new IdempotencyMismatch('clientMessageId'));
  }
  if (!draft.byMaster && role !== null && !mayInRoom('post', role, room)) return refuse(new MayNot('post'));
  if (!replyExists) return refuse(new NotFound());
  const asleep = room.status === 'inactive';
  if (asleep && room.deactivatedReason === 'manual') return refuse(new RoomInactive());
  const atWill = draft.byMaster || role === null || mayInRoom('post_at_will', role, room);
  const waitMs = atWill ? 0 : slowModeWaitMs(room.settings, lastSentAt, at);
  if (waitMs > 0) return refuse(new SlowMode(waitMs));
  return { kind: 'accept', revives: asleep && draft.type === 'user' };
}

/** Of everything the sender said, so that a retry is told from another message under the same id. */
export function contentHashOf({
  type,
  content,
  contentType,
  attachments,
  replyTo,
  mentions,
  metadata,
}: Omit<Draft, 'contentHash' | 'search' | 'hops'>): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([type, content, contentType, attachments, replyTo, mentions, metadata]))
    .digest();
}
