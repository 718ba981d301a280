import { Injectable } from '@nestjs/common';
import { Database, type Tx, type UserId } from '../../platform/database/index.js';
import { InvalidInput, NotFound } from '../../platform/errors/index.js';
import type { Principal } from '../../platform/security/index.js';
import { UsersRepository } from '../users/index.js';
import { BansRepository, type NewBan, type RoomBan } from './bans.repository.js';
import { Departures } from './departures.js';
import { noteMastersAct } from './master-acts.js';
import { MembersRepository } from './members.repository.js';
import { RoomAccess } from './room-access.js';
import { DirectRoom, MayNot } from './rooms.errors.js';

/** Who is kept out of a room. */
@Injectable()
export class BansService {
  constructor(
    private readonly database: Database,
    private readonly bans: BansRepository,
    private readonly members: MembersRepository,
    private readonly access: RoomAccess,
    private readonly users: UsersRepository,
    private readonly departures: Departures,
  ) {}

  /** Takes the user out, if they are in, and keeps them out. @throws NotFound, MayNot, DirectRoom, InvalidInput */
  async ban(tx: Tx, caller: Principal, roomId: string, wish: Omit<NewBan, 'bannedBy'>): Promise<RoomBan> {
    const { clientId, userId: bannedBy } = caller;
    const { userId } = wish;
    const visible = await this.access.lockedFor(tx, caller, roomId, 'ban', 'ban');
    if (visible.room.type === 'direct') throw new DirectRoom();
    const member = await this.members.find(clientId, roomId, userId, tx);
    if (member && userId === bannedBy) throw new MayNot('ban yourself');
    if (member) this.access.assertActsOn(caller, visible, member, 'ban', 'ban this member');
    await this.users.mention(clientId, [userId], tx);
    const ban = await this.bans.put(tx, clientId, roomId, { ...wish, bannedBy });
    if (!ban) throw InvalidInput.at('/until', 'past', 'until must be in the future');
    if (member) await this.departures.depart(tx, visible.room, member, 'memberRemoved');
    noteMastersAct(tx, caller, roomId, { action: 'member.banned', after: { userId, until: ban.until } });
    return ban;
  }

  /** Those that hold, one more than `limit`. @throws NotFound, MayNot */
  async page(caller: Principal, roomId: string, limit: number, after: UserId | null): Promise<RoomBan[]> {
    await this.access.assertMay(caller, roomId, 'ban', 'see who is banned');
    return this.bans.page(caller.clientId, roomId, limit, after);
  }

  /** @throws NotFound also when the user is not banned, MayNot */
  lift(caller: Principal, roomId: string, userId: UserId): Promise<void> {
    return this.database.transaction(async (tx) => {
      await this.access.lockedFor(tx, caller, roomId, 'ban', 'lift bans');
      if (!(await this.bans.delete(tx, caller.clientId, roomId, userId))) throw new NotFound();
      noteMastersAct(tx, caller, roomId, { action: 'member.unbanned', before: { userId } });
    });
  }
}
