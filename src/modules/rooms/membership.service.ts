import { Injectable } from '@nestjs/common';
import { Database, type Tx, type UserId } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { isMaster, type Principal, type UserPrincipal } from '../../platform/security/index.js';
import { Departures } from './departures.js';
import { Entrances } from './entrances.js';
import { MembersRepository } from './members.repository.js';
import { RoomAccess } from './room-access.js';
import type { MemberRole, RoomMember } from './room-member.entity.js';
import { MayNot } from './rooms.errors.js';
import { RoomsRepository } from './rooms.repository.js';

/** A member, and whether they came in just now. */
export interface Entry {
  readonly member: RoomMember;
  readonly added: boolean;
}

/** Who is in a room. Who comes or goes takes the room's lock and its next offset. */
@Injectable()
export class MembershipService {
  constructor(
    private readonly database: Database,
    private readonly rooms: RoomsRepository,
    private readonly members: MembersRepository,
    private readonly access: RoomAccess,
    private readonly entrances: Entrances,
    private readonly departures: Departures,
  ) {}

  /** Adds a user; one who is in already stays as they are. @throws NotFound, MayNot, Banned, RoomFull */
  async add(tx: Tx, caller: Principal, roomId: string, userId: UserId, role: MemberRole): Promise<Entry> {
    const visible = await this.access.lockedFor(tx, caller, roomId, 'invite', 'add members');
    if (role !== 'member') this.access.assertStill(caller, visible, 'make_admin', 'make admins');
    const member = await this.members.find(caller.clientId, roomId, userId, tx);
    if (member) return { member, added: false };
    return { member: await this.entrances.enter(tx, visible.room, userId, role, 'other'), added: true };
  }

  /**
   * Brings the caller into a channel, which its id alone makes known; any other room is unknown to those outside.
   * @throws NotFound, MayNot, Banned, RoomFull
   */
  async join(tx: Tx, caller: UserPrincipal, roomId: string): Promise<Entry> {
    const { clientId, userId } = caller;
    const room = await this.rooms.lock(tx, clientId, roomId);
    if (!room) throw new NotFound();
    const member = await this.members.find(clientId, roomId, userId, tx);
    if (member) return { member, added: false };
    if (room.type !== 'channel') throw isMaster(caller) ? new MayNot('join what is not a channel') : new NotFound();
    return { member: await this.entrances.enter(tx, room, userId, 'member', 'caller'), added: true };
  }

  /** @throws NotFound, DirectRoom */
  leave(caller: UserPrincipal, roomId: string): Promise<void> {
    return this.remove(caller, roomId, caller.userId);
  }

  /** Takes a user out: themselves, or another by whose role allows it. @throws NotFound, MayNot, DirectRoom */
  remove(caller: Principal, roomId: string, userId: UserId): Promise<void> {
    return this.database.transaction(async (tx) => {
      const visible = await this.access.locked(tx, caller, roomId);
      const target = await this.members.find(caller.clientId, roomId, userId, tx);
      if (!target) throw new NotFound();
      const own = caller.userId === userId;
      if (!own) this.access.assertActsOn(caller, visible, target, 'remove_member', 'remove this member');
      await this.departures.depart(tx, visible.room, target, own ? 'memberLeft' : 'memberRemoved');
    });
  }

  /** The user's own: nothing of this room escalates to them while it is muted. @throws NotFound */
  async setMuted({ clientId, userId }: UserPrincipal, roomId: string, muted: boolean): Promise<void> {
    if (!(await this.members.setMuted(clientId, roomId, userId, muted))) throw new NotFound();
  }
}
