import { Injectable } from '@nestjs/common';
import { isMaster, type Principal } from '../../platform/security/index.js';
import { MayNot } from '../rooms/index.js';
import { aboutMessage, assertChangeable, assertMay, isSender, MessageChanges } from './message-changes.js';
import { MessageChangesRepository, type MessageVersion } from './message-changes.repository.js';
import { TooManyEdits } from './messages.errors.js';
import { MESSAGE_EVENTS } from './messages.events.js';
import { MessagesService } from './messages.service.js';
import { wordsVector } from './search.rules.js';
import type { StoredMessage } from './stored-message.js';

/** All of them are kept, and told in one answer. */
const VERSIONS_MAX = 200;

/** What senders do to what they said. */
@Injectable()
export class EditingService {
  constructor(
    private readonly changes: MessageChanges,
    private readonly stored: MessageChangesRepository,
    private readonly messages: MessagesService,
  ) {}

  /** By its sender, or with a master key; the same words again change nothing. @throws NotFound, MayNot, MessageDeleted, RoomInactive, TooManyEdits */
  edit(caller: Principal, id: string, content: string): Promise<StoredMessage> {
    return this.changes.run(caller, id, async (inHand) => {
      const { tx, room, message } = inHand;
      if (!isSender(inHand) && !isMaster(caller)) throw new MayNot('edit what somebody else said');
      assertChangeable(inHand);
      if (message.content === content) return message;
      const change = { content, search: wordsVector(content, room), versionsMax: VERSIONS_MAX };
      if (!(await this.stored.edit(tx, room.clientId, id, change))) throw new TooManyEdits(VERSIONS_MAX);
      return this.changes.tell(inHand, aboutMessage(MESSAGE_EVENTS.updated));
    });
  }

  /** Leaves a tombstone in its place; deleting it again changes nothing. @throws NotFound, MayNot */
  remove(caller: Principal, id: string): Promise<StoredMessage> {
    return this.changes.run(caller, id, async (inHand) => {
      const { tx, room, message } = inHand;
      if (!isSender(inHand)) assertMay(inHand, 'delete_message', 'delete what somebody else said');
      if (message.deletedAt !== null) return message;
      await this.stored.entomb(tx, room.clientId, id);
      return this.changes.tell(inHand, aboutMessage(MESSAGE_EVENTS.deleted));
    });
  }

  /** What it said before, oldest first. @throws NotFound */
  async versions(caller: Principal, id: string): Promise<MessageVersion[]> {
    await this.messages.get(caller, id);
    return this.stored.versions(caller.clientId, id);
  }
}
