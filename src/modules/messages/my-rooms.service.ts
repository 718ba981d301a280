import { Injectable } from '@nestjs/common';
import type { UserPrincipal } from '../../platform/security/index.js';
import { type ActivityPlace, RoomListService, type RoomOfUser } from '../rooms/index.js';
import { MessagesRepository } from './messages.repository.js';
import type { StoredMessage } from './stored-message.js';

export interface MyRoom {
  readonly room: RoomOfUser;
  readonly lastMessage: StoredMessage | null;
}

@Injectable()
export class MyRoomsService {
  constructor(
    private readonly rooms: RoomListService,
    private readonly messages: MessagesRepository,
  ) {}

  async page({ clientId, userId }: UserPrincipal, limit: number, before: ActivityPlace | null): Promise<MyRoom[]> {
    const rooms = await this.rooms.ofUser(clientId, userId, limit, before);
    const places = rooms.filter(({ lastSeq }) => lastSeq > 0).map(({ id, lastSeq }) => ({ roomId: id, seq: lastSeq }));
    const found = places.length > 0 ? await this.messages.atSeqs(clientId, places) : [];
    const byRoom = new Map(found.map((message) => [message.roomId, message]));
    return rooms.map((room) => ({ room, lastMessage: byRoom.get(room.id) ?? null }));
  }
}
