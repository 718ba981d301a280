import { Injectable } from '@nestjs/common';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { isMaster, type Principal } from '../../platform/security/index.js';
import { MembersRepository } from './members.repository.js';
import type { MemberRole, RoomMember } from './room-member.entity.js';
import type { Room } from './room.entity.js';
import { RoomsRepository } from './rooms.repository.js';
import { MayNot } from './rooms.errors.js';
import { mayActOn, mayInRoom, type RoomAct } from './rooms.rules.js';

/** A room as one caller may see it; `role` is null for a master key that named no member. */
export interface VisibleRoom {
  readonly room: Room;
  readonly role: MemberRole | null;
  readonly member: RoomMember | null;
}

/** The one place that says whether a caller may see a room: the narrow class other modules ask. */
@Injectable()
export class RoomAccess {
  constructor(
    private readonly rooms: RoomsRepository,
    private readonly members: MembersRepository,
  ) {}

  /** @throws NotFound alike for no such room, another client's, and one the user is not in */
  async visible(caller: Principal, roomId: string): Promise<VisibleRoom> {
    const [room, member] = await Promise.all([
      this.rooms.find(caller.clientId, roomId),
      this.membership(caller, roomId),
    ]);
    if (!room || (!member && !isMaster(caller))) throw new NotFound();
    return { room, member, role: member?.role ?? null };
  }

  /** @throws NotFound, MayNot */
  async assertMay(caller: Principal, roomId: string, act: RoomAct, what: string): Promise<VisibleRoom> {
    return permitted(caller, await this.visible(caller, roomId), act, what);
  }

  /** As {@link visible}, with the room locked until the transaction ends: what is decided by it stays true. */
  async locked(tx: Tx, caller: Principal, roomId: string): Promise<VisibleRoom> {
    const { clientId, userId } = caller;
    const room = await this.rooms.lock(tx, clientId, roomId);
    const member = room && userId !== null ? await this.members.find(clientId, roomId, userId, tx) : null;
    if (!room || (!member && !isMaster(caller))) throw new NotFound();
    return { room, member, role: member?.role ?? null };
  }

  /** As {@link assertMay}, with the room locked. */
  async lockedFor(tx: Tx, caller: Principal, roomId: string, act: RoomAct, what: string): Promise<VisibleRoom> {
    return permitted(caller, await this.locked(tx, caller, roomId), act, what);
  }

  /** Of a room as it was seen: what else it must allow. @throws MayNot */
  assertStill(caller: Principal, visible: VisibleRoom, act: RoomAct, what: string): void {
    permitted(caller, visible, act, what);
  }

  /** Whether the caller's role acts on a member of such a role. @throws MayNot */
  assertActsOn(caller: Principal, visible: VisibleRoom, target: RoomMember, act: RoomAct, what: string): void {
    const { role } = permitted(caller, visible, act, what);
    if (!isMaster(caller) && (role === null || !mayActOn(role, target.role))) throw new MayNot(what);
  }

  /** Whether the caller may read the room: a member, or a master key of its client. */
  async maySee(caller: Principal, roomId: string): Promise<boolean> {
    return isMaster(caller)
      ? (await this.rooms.find(caller.clientId, roomId)) !== null
      : (await this.membership(caller, roomId)) !== null;
  }

  private membership(
    { clientId, userId }: { clientId: ClientId; userId: string | null },
    roomId: string,
  ): Promise<RoomMember | null> {
    return userId === null ? Promise.resolve(null) : this.members.find(clientId, roomId, userId);
  }
}

function permitted(caller: Principal, visible: VisibleRoom, act: RoomAct, what: string): VisibleRoom {
  const { role, room } = visible;
  if (!isMaster(caller) && (role === null || !mayInRoom(act, role, room))) throw new MayNot(what);
  return visible;
}
