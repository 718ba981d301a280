import { Injectable } from '@nestjs/common';
import { Database, type Tx, type UserId } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { Fanout } from '../../platform/realtime/index.js';
import { isMaster, type Principal, type UserPrincipal } from '../../platform/security/index.js';
import { UsersRepository } from '../users/index.js';
import { RoomAccess } from './room-access.js';
import type { MemberRole, RoomMember } from './room-member.entity.js';
import { aboutMember, RoomNews } from './room-news.js';
import { MayNot, RoomFull } from './rooms.errors.js';
import { ROOM_EVENTS } from './rooms.events.js';
import { RoomsRepository } from './rooms.repository.js';
import { mayActOn } from './rooms.rules.js';

/** Who is in a room, and how far each has read. Each change takes the room's lock and its next offset. */
@Injectable()
export class MembershipService {
  constructor(
    private readonly database: Database,
    private readonly rooms: RoomsRepository,
    private readonly access: RoomAccess,
    private readonly users: UsersRepository,
    private readonly news: RoomNews,
    private readonly fanout: Fanout,
  ) {}

  /** Adds a user; one who is in already stays as they are. @throws NotFound, MayNot, RoomFull */
  async add(
    tx: Tx,
    caller: Principal,
    roomId: string,
    userId: UserId,
    role: MemberRole,
  ): Promise<{ member: RoomMember; added: boolean }> {
    const { role: actorRole, room } = await this.access.lockedFor(tx, caller, roomId, 'invite', 'add members');
    if (role !== 'member' && actorRole === 'member' && !isMaster(caller)) throw new MayNot('make admins');
    const { clientId } = caller;
    const found = await this.rooms.findMember(clientId, roomId, userId, tx);
    if (found) return { member: found, added: false };
    if (room.type === 'direct') throw new RoomFull(2);
    if (room.maxMembers !== null && room.memberCount >= room.maxMembers) throw new RoomFull(room.maxMembers);
    await this.users.mention(clientId, [userId], tx);
    const [member] = await this.rooms.insertMembers(tx, clientId, roomId, [{ userId, role }], room.lastSeq);
    if (!member) throw new Error('A member appeared under the room’s lock.');
    const moved = await this.rooms.advance(tx, clientId, roomId, 1);
    await this.news.tell(tx, moved, aboutMember(ROOM_EVENTS.memberJoined, member), { joined: [userId] });
    return { member, added: true };
  }

  /** Takes a user out: themselves, or another by whose role allows it. @throws NotFound, MayNot */
  async remove(caller: Principal, roomId: string, userId: UserId): Promise<void> {
    const { role: actorRole } = await this.access.visible(caller, roomId);
    const { clientId } = caller;
    await this.database.transaction(async (tx) => {
      const room = await this.rooms.lock(tx, clientId, roomId);
      const target = await this.rooms.findMember(clientId, roomId, userId, tx);
      if (!room || !target) throw new NotFound();
      const own = caller.userId === userId;
      if (!own && !isMaster(caller) && (actorRole === null || !mayActOn(actorRole, target.role)))
        throw new MayNot('remove this member');
      await this.rooms.deleteMember(tx, clientId, roomId, userId);
      const moved = await this.rooms.advance(tx, clientId, roomId, -1);
      const ev = own ? ROOM_EVENTS.memberLeft : ROOM_EVENTS.memberRemoved;
      await this.news.tell(tx, moved, aboutMember(ev, target), { left: [userId] });
      if (target.role === 'owner') await this.passOwnership(tx, roomId, clientId);
    });
  }

  /** Moves the user's own pointer, forward only and never past the last message. @throws NotFound */
  async read(
    { clientId, userId }: UserPrincipal,
    roomId: string,
    seq: number,
  ): Promise<{ roomId: string; lastReadSeq: number; unreadCount: number }> {
    const read = await this.rooms.read(clientId, roomId, userId, seq);
    if (!read) throw new NotFound();
    const { lastReadSeq, lastDeliveredSeq, lastSeq } = read;
    const data = { userId, deliveredSeq: lastDeliveredSeq, readSeq: lastReadSeq };
    this.fanout.publish({
      clientId,
      audience: { kind: 'room', id: roomId },
      ev: 'receipt.updated',
      roomId,
      ts: new Date().toISOString(),
      data,
    });
    return { roomId, lastReadSeq, unreadCount: lastSeq - lastReadSeq };
  }

  private async passOwnership(tx: Tx, roomId: string, clientId: string): Promise<void> {
    const heir = await this.rooms.passOwnership(tx, clientId, roomId);
    if (!heir) return;
    const moved = await this.rooms.advance(tx, clientId, roomId, 0);
    await this.news.tell(tx, moved, aboutMember(ROOM_EVENTS.memberUpdated, { ...heir, role: 'owner' }));
  }
}
