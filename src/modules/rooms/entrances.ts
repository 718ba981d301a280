import { Injectable } from '@nestjs/common';
import type { Tx, UserId } from '../../platform/database/index.js';
import { UsersRepository } from '../users/index.js';
import { BansRepository } from './bans.repository.js';
import { MembersRepository } from './members.repository.js';
import type { MemberRole, RoomMember } from './room-member.entity.js';
import { aboutMember, RoomNews } from './room-news.js';
import type { Room } from './room.entity.js';
import { Banned, RoomFull } from './rooms.errors.js';
import { ROOM_EVENTS } from './rooms.events.js';
import { RoomsRepository } from './rooms.repository.js';

/** Where every new member of a locked room comes through. */
@Injectable()
export class Entrances {
  constructor(
    private readonly rooms: RoomsRepository,
    private readonly members: MembersRepository,
    private readonly bans: BansRepository,
    private readonly users: UsersRepository,
    private readonly news: RoomNews,
  ) {}

  /** @throws Banned, RoomFull */
  async enter(tx: Tx, room: Room, userId: UserId, role: MemberRole, by: 'caller' | 'other'): Promise<RoomMember> {
    const { clientId, id, type, maxMembers, memberCount } = room;
    if (await this.bans.find(tx, clientId, id, userId)) throw new Banned(by);
    if (type === 'direct') throw new RoomFull(2);
    if (maxMembers !== null && memberCount >= maxMembers) throw new RoomFull(maxMembers);
    await this.users.mention(clientId, [userId], tx);
    const [member] = await this.members.insert(tx, clientId, id, [{ userId, role }], room.lastSeq);
    if (!member) throw new Error('A member appeared under the room’s lock.');
    const moved = await this.rooms.advance(tx, clientId, id, 1);
    await this.news.tell(tx, moved, aboutMember(ROOM_EVENTS.memberJoined, member), { joined: [userId] });
    return member;
  }
}
