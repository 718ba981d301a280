import type { Message } from './message.entity.js';

/** Everybody who reacted with one emoji, in the order they did. */
export interface StoredReaction {
  readonly emoji: string;
  readonly count: number;
  readonly userIds: readonly string[];
}

/** A message as it is read: with its reactions, null when nobody reacted. */
export type StoredMessage = Omit<Message, 'contentHash' | 'reacted'> & {
  readonly reactions: readonly StoredReaction[] | null;
};

/** A user's reaction, and all reactions to the message after it. */
export interface Reacted {
  readonly messageId: string;
  readonly emoji: string;
  readonly userId: string;
  readonly reactions: readonly StoredReaction[];
}
