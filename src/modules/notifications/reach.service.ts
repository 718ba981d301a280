import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import type { ClientId, UserId } from '../../platform/database/index.js';
import { ProviderRouter } from '../providers/index.js';
import { AddressBook } from './address-book.js';

/** Which channels lead to whom: an address of the user is known, and the client has a provider for it. */
@Injectable()
export class ReachService {
  constructor(
    private readonly book: AddressBook,
    private readonly channels: ChannelRegistry,
    private readonly router: ProviderRouter,
  ) {}

  /** Of the wanted channels those that reach each of the users. */
  async of(
    clientId: ClientId,
    userIds: readonly UserId[],
    wanted: readonly string[],
  ): Promise<ReadonlyMap<UserId, ReadonlySet<string>>> {
    const to = userIds.map((userId) => ({ userId }));
    const channels = Object.fromEntries(wanted.map((channel) => [channel, {}]));
    const targets = (await this.book.targets(clientId, [{ to, channels }]))
      .flat()
      .filter(({ unreachable }) => unreachable === null);
    const served = await this.served(
      clientId,
      targets.map(({ channel, addressKind }) => ({ channel, addressKind })),
    );
    const reach = new Map(userIds.map((userId) => [userId, new Set<string>()]));
    for (const { userId, channel, addressKind } of targets)
      if (userId !== null && served.has(nameOf(channel, addressKind))) reach.get(userId)?.add(channel);
    return reach;
  }

  /** Whether there is anybody who would bring a message to an address of the channel. */
  isServed(clientId: ClientId, channel: string): Promise<boolean> {
    return this.router.serves(clientId, channel, null);
  }

  /** The kinds of address that somebody serves, the house itself or a provider. */
  private async served(
    clientId: ClientId,
    addresses: readonly { readonly channel: string; readonly addressKind: string | null }[],
  ): Promise<ReadonlySet<string>> {
    const kinds = new Map(addresses.map((address) => [nameOf(address.channel, address.addressKind), address]));
    const served = new Set<string>();
    for (const [name, { channel, addressKind }] of kinds)
      if (this.channels.find(channel)?.isInHouse || (await this.router.serves(clientId, channel, addressKind)))
        served.add(name);
    return served;
  }
}

const nameOf = (channel: string, addressKind: string | null): string => `${channel} ${addressKind ?? ''}`;
