import { Injectable } from '@nestjs/common';
import { Database, type Tx, type UserId } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import type { Principal } from '../../platform/security/index.js';
import { noteMastersAct } from './master-acts.js';
import { MembersRepository } from './members.repository.js';
import { RoomAccess, type VisibleRoom } from './room-access.js';
import type { MemberRole, RoomMember } from './room-member.entity.js';
import { aboutMember, RoomNews } from './room-news.js';
import { DirectRoom, OwnerStays } from './rooms.errors.js';
import { ROOM_EVENTS } from './rooms.events.js';
import { RoomsRepository } from './rooms.repository.js';
import { laysDown } from './rooms.rules.js';

/** Who is what in a room. */
@Injectable()
export class RolesService {
  constructor(
    private readonly database: Database,
    private readonly rooms: RoomsRepository,
    private readonly members: MembersRepository,
    private readonly access: RoomAccess,
    private readonly news: RoomNews,
  ) {}

  /**
   * Gives a member another role. The role of owner is handed over: the owner before becomes an admin.
   * @throws NotFound, MayNot, DirectRoom, OwnerStays
   */
  change(caller: Principal, roomId: string, userId: UserId, role: MemberRole): Promise<RoomMember> {
    return this.database.transaction(async (tx) => {
      const visible = await this.access.locked(tx, caller, roomId);
      const target = await this.members.find(caller.clientId, roomId, userId, tx);
      if (!target) throw new NotFound();
      if (caller.userId !== userId || !laysDown(target.role, role)) this.assertMay(caller, visible, target, role);
      if (target.role === role) return target;
      if (visible.room.type === 'direct') throw new DirectRoom();
      if (target.role === 'owner') throw new OwnerStays();
      noteMastersAct(tx, caller, roomId, {
        action: role === 'owner' ? 'room.owner_changed' : 'member.role_changed',
        ...{ before: { userId, role: target.role }, after: { userId, role } },
      });
      return role === 'owner' ? this.handOver(tx, target) : this.setRole(tx, target, role);
    });
  }

  private assertMay(caller: Principal, visible: VisibleRoom, target: RoomMember, role: MemberRole): void {
    if (role === 'owner') this.access.assertStill(caller, visible, 'hand_over', 'change the owner');
    else this.access.assertActsOn(caller, visible, target, 'change_role', 'change this member’s role');
  }

  private async handOver(tx: Tx, heir: RoomMember): Promise<RoomMember> {
    const owner = await this.members.findOwner(tx, heir.clientId, heir.roomId);
    if (owner) await this.setRole(tx, owner, 'admin');
    return this.setRole(tx, heir, 'owner');
  }

  private async setRole(tx: Tx, { clientId, roomId, userId }: RoomMember, role: MemberRole): Promise<RoomMember> {
    const changed = await this.members.setRole(tx, clientId, roomId, userId, role);
    const moved = await this.rooms.advance(tx, clientId, roomId, 0);
    await this.news.tell(tx, moved, aboutMember(ROOM_EVENTS.memberUpdated, changed));
    return changed;
  }
}
