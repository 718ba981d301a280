import { Injectable } from '@nestjs/common';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { isMaster, type Principal } from '../../platform/security/index.js';
import type { MemberRole, RoomMember } from './room-member.entity.js';
import type { Room } from './room.entity.js';
import { RoomsRepository } from './rooms.repository.js';
import { MayNot } from './rooms.errors.js';
import { mayInRoom, type RoomAct } from './rooms.rules.js';

/** A room as one caller may see it; `role` is null for a master key that named no member. */
export interface VisibleRoom {
  readonly room: Room;
  readonly role: MemberRole | null;
  readonly member: RoomMember | null;
}

/** The one place that says whether a caller may see a room: the narrow class other modules ask. */
@Injectable()
export class RoomAccess {
  constructor(private readonly rooms: RoomsRepository) {}

  /** @throws NotFound alike for no such room, another client's, and one the user is not in */
  async visible(caller: Principal, roomId: string): Promise<VisibleRoom> {
    const [room, member] = await Promise.all([
      this.rooms.find(caller.clientId, roomId),
      this.membership(caller, roomId),
    ]);
    return seen(caller, room, member);
  }

  /** @throws NotFound, MayNot */
  async assertMay(caller: Principal, roomId: string, act: RoomAct, what: string): Promise<VisibleRoom> {
    return allowed(caller, await this.visible(caller, roomId), act, what);
  }

  /**
   * As {@link assertMay}, under the room's lock. Inside a transaction nothing may ask for a second connection: when all
   * are in transactions that want one more, none gets it.
   */
  async lockedFor(tx: Tx, caller: Principal, roomId: string, act: RoomAct, what: string): Promise<VisibleRoom> {
    const room = await this.rooms.lock(tx, caller.clientId, roomId);
    return allowed(caller, seen(caller, room, await this.membership(caller, roomId, tx)), act, what);
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
    tx?: Tx,
  ): Promise<RoomMember | null> {
    return userId === null ? Promise.resolve(null) : this.rooms.findMember(clientId, roomId, userId, tx);
  }
}

function seen(caller: Principal, room: Room | null, member: RoomMember | null): VisibleRoom {
  if (!room || (!member && !isMaster(caller))) throw new NotFound();
  return { room, member, role: member?.role ?? null };
}

function allowed(caller: Principal, visible: VisibleRoom, act: RoomAct, what: string): VisibleRoom {
  if (!isMaster(caller) && (visible.role === null || !mayInRoom(act, visible.role, visible.room)))
    throw new MayNot(what);
  return visible;
}
