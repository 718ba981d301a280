import { Injectable } from '@nestjs/common';
import type { Principal } from '../../platform/security/index.js';
import { aboutMessage, assertChangeable, assertMay, MessageChanges } from './message-changes.js';
import { MessageChangesRepository } from './message-changes.repository.js';
import { MESSAGE_EVENTS } from './messages.events.js';
import type { StoredMessage } from './stored-message.js';

@Injectable()
export class PinsService {
  constructor(
    private readonly changes: MessageChanges,
    private readonly stored: MessageChangesRepository,
  ) {}

  /** One that is so already stays as it is. @throws NotFound, MayNot, MessageDeleted, RoomInactive */
  set(caller: Principal, id: string, pinned: boolean): Promise<StoredMessage> {
    return this.changes.run(caller, id, async (inHand) => {
      const { tx, room, message } = inHand;
      assertMay(inHand, 'pin', pinned ? 'pin messages' : 'unpin messages');
      assertChangeable(inHand);
      if ((message.pinnedAt !== null) === pinned) return message;
      await this.stored.pin(tx, room.clientId, id, pinned);
      return this.changes.tell(inHand, aboutMessage(pinned ? MESSAGE_EVENTS.pinned : MESSAGE_EVENTS.unpinned));
    });
  }
}
