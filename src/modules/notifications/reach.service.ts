import { Injectable } from '@nestjs/common';
import type { ClientId, UserId } from '../../platform/database/index.js';
import { ProviderRouter } from '../providers/index.js';
import { UsersRepository } from '../users/index.js';
import type { ChannelName } from './content.js';
import { targetsOf } from './recipients.rules.js';

/** Which channels lead to whom: an address of the user is known, and the client has a provider for it. */
@Injectable()
export class ReachService {
  constructor(
    private readonly users: UsersRepository,
    private readonly router: ProviderRouter,
  ) {}

  /** Of the wanted channels those that reach each of the users. */
  async of(
    clientId: ClientId,
    userIds: readonly UserId[],
    wanted: readonly ChannelName[],
  ): Promise<ReadonlyMap<UserId, ReadonlySet<ChannelName>>> {
    const served = await this.served(clientId, wanted);
    const users = await this.users.findAll(clientId, userIds);
    const known = { emailOf: new Map(users.map((user) => [user.id, user])), roomIds: new Set<string>() };
    const targets = targetsOf(
      userIds.map((userId) => ({ userId })),
      served,
      known,
    );
    const reach = new Map(userIds.map((userId) => [userId, new Set<ChannelName>()]));
    for (const { userId, channel, unreachable } of targets)
      if (userId !== null && unreachable === null) reach.get(userId)?.add(channel);
    return reach;
  }

  /** The house itself pushes over websockets. */
  private async served(clientId: ClientId, wanted: readonly ChannelName[]): Promise<ChannelName[]> {
    const isServed = await Promise.all(
      wanted.map(
        async (channel) => channel === 'websocket' || (await this.router.choose(clientId, channel, null)).length > 0,
      ),
    );
    return wanted.filter((_channel, at) => isServed[at]);
  }
}
