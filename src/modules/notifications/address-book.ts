import { Injectable } from '@nestjs/common';
import type { Party } from '../../extension/channel.js';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { DeviceAddresses, UsersRepository } from '../users/index.js';
import type { ChannelContents } from './content.js';
import { NotificationsRepository } from './notifications.repository.js';
import { type Known, type Recipient, type Target, targetsOf } from './recipients.rules.js';

/** What of a wish says who is reached where. */
export interface AddressedWish {
  readonly to: readonly Recipient[];
  readonly channels: ChannelContents;
}

/** Finds where recipients are reached on the channels that are wanted. */
@Injectable()
export class AddressBook {
  constructor(
    private readonly channels: ChannelRegistry,
    private readonly users: UsersRepository,
    private readonly devices: DeviceAddresses,
    private readonly notifications: NotificationsRepository,
  ) {}

  /** The targets of each, looked up for all of them together. */
  async targets(clientId: ClientId, wishes: readonly AddressedWish[], tx?: Tx): Promise<Target[][]> {
    const wanted = wishes.map(({ channels }) => this.wanted(channels));
    const channels = wanted.flat();
    const needs = {
      users: channels.some(({ registered }) => !registered.isInHouse),
      devices: channels.some(({ registered }) => registered.usesDevices),
    };
    const known = await this.known(
      clientId,
      wishes.flatMap(({ to }) => to),
      needs,
      tx,
    );
    return wishes.map(({ to }, n) => targetsOf(to, wanted[n] ?? [], known));
  }

  private wanted(contents: ChannelContents) {
    return Object.entries(contents).flatMap(([name, content]) => {
      const registered = this.channels.find(name);
      if (!registered) return [];
      return [{ name, registered, addressesOf: (party: Party) => registered.channel.addressesOf(party, content) }];
    });
  }

  private async known(
    clientId: ClientId,
    recipients: readonly Recipient[],
    needs: { readonly users: boolean; readonly devices: boolean },
    tx?: Tx,
  ): Promise<Known> {
    const userIds = [...new Set(recipients.flatMap(({ userId }) => userId ?? []))];
    const roomIds = [...new Set(recipients.flatMap(({ roomId }) => roomId ?? []))];
    const [users, devices, ownRooms] = await Promise.all([
      needs.users && userIds.length > 0 ? this.users.findAll(clientId, userIds, tx) : [],
      needs.devices ? this.devices.ofUsers(clientId, userIds) : new Map<string, never>(),
      this.notifications.ownRooms(clientId, roomIds),
    ]);
    return { users: new Map(users.map((user) => [user.id, user])), devices, roomIds: ownRooms };
  }
}
