import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { isMaster, type Principal } from '../../platform/security/index.js';
import {
  type Announcement,
  type MemberRole,
  MayNot,
  mayInRoom,
  type Room,
  RoomAccess,
  type RoomAct,
  RoomInactive,
  RoomNews,
  RoomsRepository,
} from '../rooms/index.js';
import { MessageView } from './message.view.js';
import { MessageDeleted } from './messages.errors.js';
import { MESSAGE_EVENTS } from './messages.events.js';
import { MessagesRepository } from './messages.repository.js';
import type { StoredMessage } from './stored-message.js';

/** A message in hand: its room is locked, and it is as it is now. */
export interface MessageInHand {
  readonly tx: Tx;
  readonly caller: Principal;
  readonly room: Room;
  /** Null for a master key that named no member. */
  readonly role: MemberRole | null;
  readonly message: StoredMessage;
}

/** The one way to change a message: under its room's lock, and with the room's next event. */
@Injectable()
export class MessageChanges {
  constructor(
    private readonly database: Database,
    private readonly messages: MessagesRepository,
    private readonly access: RoomAccess,
    private readonly rooms: RoomsRepository,
    private readonly news: RoomNews,
  ) {}

  /** @throws NotFound alike for no such message, another client's, and one in a room the caller is not in */
  async run<T>(caller: Principal, id: string, act: (inHand: MessageInHand) => Promise<T>): Promise<T> {
    const found = await this.messages.find(caller.clientId, id);
    if (!found) throw new NotFound();
    return this.database.transaction(async (tx) => {
      const { room, role } = await this.access.locked(tx, caller, found.roomId);
      return act({ tx, caller, room, role, message: await this.current(tx, found) });
    });
  }

  /** Tells the room of the change, which has been written. @returns the message as it is after it */
  async tell(
    { tx, room, message }: MessageInHand,
    announce: (after: StoredMessage) => Announcement,
  ): Promise<StoredMessage> {
    const moved = await this.rooms.advance(tx, room.clientId, room.id, 0);
    const after = await this.current(tx, message);
    await this.news.tell(tx, moved, announce(after));
    return after;
  }

  private async current(tx: Tx, { clientId, id }: StoredMessage): Promise<StoredMessage> {
    const [message] = await this.messages.findMany(clientId, [id], tx);
    if (!message) throw new NotFound();
    return message;
  }
}

export const aboutMessage =
  (ev: (typeof MESSAGE_EVENTS)[keyof typeof MESSAGE_EVENTS]) =>
  (message: StoredMessage): Announcement => ({ ev, data: MessageView.of(message), kept: null, messageId: message.id });

/** What changes a message needs one that is still there, in a room that is not closed. @throws MessageDeleted, RoomInactive */
export function assertChangeable({ room, message }: MessageInHand): void {
  if (message.deletedAt !== null) throw new MessageDeleted();
  if (room.status === 'inactive' && room.deactivatedReason === 'manual') throw new RoomInactive();
}

/** @throws MayNot */
export function assertMay({ caller, room, role }: MessageInHand, act: RoomAct, what: string): void {
  if (!isMaster(caller) && (role === null || !mayInRoom(act, role, room))) throw new MayNot(what);
}

export const isSender = ({ caller, message }: MessageInHand): boolean =>
  caller.userId !== null && caller.userId === message.senderId;
