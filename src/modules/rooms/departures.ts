import { Injectable } from '@nestjs/common';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { MembersRepository } from './members.repository.js';
import type { RoomMember } from './room-member.entity.js';
import { aboutMember, RoomNews } from './room-news.js';
import type { Room } from './room.entity.js';
import { DirectRoom } from './rooms.errors.js';
import { ROOM_EVENTS } from './rooms.events.js';
import { RoomsRepository } from './rooms.repository.js';

type Departure = 'memberLeft' | 'memberRemoved';

/** Where every member of a locked room goes out through. */
@Injectable()
export class Departures {
  constructor(
    private readonly rooms: RoomsRepository,
    private readonly members: MembersRepository,
    private readonly news: RoomNews,
  ) {}

  /** @throws DirectRoom */
  async depart(tx: Tx, { clientId, id, type }: Room, member: RoomMember, as: Departure): Promise<void> {
    if (type === 'direct') throw new DirectRoom();
    const { userId } = member;
    await this.members.delete(tx, clientId, id, userId);
    const moved = await this.rooms.advance(tx, clientId, id, -1);
    await this.news.tell(tx, moved, aboutMember(ROOM_EVENTS[as], member), { left: [userId] });
    if (member.role === 'owner') await this.passOwnership(tx, clientId, id);
  }

  /** To the longest-standing admin, else member; nobody is left, nobody owns. */
  async passOwnership(tx: Tx, clientId: ClientId, roomId: string): Promise<void> {
    const heir = await this.members.findHeir(tx, clientId, roomId);
    if (!heir) return;
    const owner = await this.members.setRole(tx, clientId, roomId, heir.userId, 'owner');
    const moved = await this.rooms.advance(tx, clientId, roomId, 0);
    await this.news.tell(tx, moved, aboutMember(ROOM_EVENTS.memberUpdated, owner));
  }
}
