import { Injectable } from '@nestjs/common';
import type { ClientId, UserId } from '../../platform/database/index.js';
import { PeerDirectory } from '../../platform/realtime/index.js';
import { asUser, isMaster, type Principal } from '../../platform/security/index.js';
import { UsersRepository } from '../users/index.js';
import { RoomPeersRepository } from './room-peers.repository.js';

/** What presence asks of rooms. */
@Injectable()
export class StoredPeerDirectory extends PeerDirectory {
  constructor(
    private readonly peers: RoomPeersRepository,
    private readonly users: UsersRepository,
  ) {
    super();
  }

  roomsOf(clientId: ClientId, userIds: readonly UserId[]): Promise<Map<UserId, string[]>> {
    return this.peers.roomsOf(clientId, userIds);
  }

  async known(caller: Principal, userIds: readonly UserId[]): Promise<ReadonlySet<UserId>> {
    if (isMaster(caller)) return new Set(userIds);
    const { clientId, userId } = asUser(caller);
    const known = new Set(await this.peers.sharing(clientId, userId, userIds));
    return userIds.includes(userId) ? known.add(userId) : known;
  }

  saw(clientId: ClientId, userIds: readonly UserId[], exceptSeconds: number): Promise<void> {
    return this.users.saw(clientId, userIds, exceptSeconds);
  }

  lastSeen(clientId: ClientId, userIds: readonly UserId[]): Promise<Map<UserId, Date>> {
    return this.users.lastSeen(clientId, userIds);
  }
}
