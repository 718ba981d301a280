import { Injectable } from '@nestjs/common';
import type { UserPrincipal } from '../../platform/security/index.js';
import type { Announcement } from '../rooms/index.js';
import { assertChangeable, MessageChanges } from './message-changes.js';
import { MessageChangesRepository } from './message-changes.repository.js';
import { TooManyReactions } from './messages.errors.js';
import { MESSAGE_EVENTS } from './messages.events.js';
import type { Reacted, StoredMessage } from './stored-message.js';

/** More would make every reader pay. */
const EMOJIS_MAX = 50;

@Injectable()
export class ReactionsService {
  constructor(
    private readonly changes: MessageChanges,
    private readonly stored: MessageChangesRepository,
  ) {}

  /** Any member; the same again changes nothing. @throws NotFound, MessageDeleted, RoomInactive, TooManyReactions */
  add(caller: UserPrincipal, id: string, emoji: string): Promise<Reacted> {
    return this.react(caller, id, emoji, MESSAGE_EVENTS.reactionAdded);
  }

  /** The user's own; one that is not there changes nothing. @throws NotFound, MessageDeleted, RoomInactive */
  remove(caller: UserPrincipal, id: string, emoji: string): Promise<Reacted> {
    return this.react(caller, id, emoji, MESSAGE_EVENTS.reactionRemoved);
  }

  private react(
    caller: UserPrincipal,
    id: string,
    emoji: string,
    ev: 'reaction.added' | 'reaction.removed',
  ): Promise<Reacted> {
    const { clientId, userId } = caller;
    return this.changes.run(caller, id, async (inHand) => {
      const { tx, message } = inHand;
      assertChangeable(inHand);
      if (ev === 'reaction.added') assertRoomFor(message, emoji);
      const reaction = { emoji, userId };
      const changed =
        ev === 'reaction.added'
          ? await this.stored.react(tx, clientId, id, reaction)
          : await this.stored.unreact(tx, clientId, id, reaction);
      const after = changed ? await this.changes.tell(inHand, aboutReaction(ev, reaction)) : message;
      return reactedOf(after, reaction);
    });
  }
}

function assertRoomFor({ reactions }: StoredMessage, emoji: string): void {
  const known = reactions ?? [];
  if (known.length >= EMOJIS_MAX && !known.some((reaction) => reaction.emoji === emoji))
    throw new TooManyReactions(EMOJIS_MAX);
}

const reactedOf = (message: StoredMessage, reaction: { emoji: string; userId: string }): Reacted => ({
  messageId: message.id,
  ...reaction,
  reactions: message.reactions ?? [],
});

export const aboutReaction =
  (ev: Announcement['ev'], reaction: { emoji: string; userId: string }) =>
  (message: StoredMessage): Announcement => ({
    ev,
    data: reactedOf(message, reaction),
    kept: { emoji: reaction.emoji },
    messageId: message.id,
    userId: reaction.userId,
  });
