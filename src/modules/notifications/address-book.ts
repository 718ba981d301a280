import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { DeviceAddresses, UsersRepository } from '../users/index.js';
import type { ChannelContents } from './content.js';
import { NotificationsRepository } from './notifications.repository.js';
import { type Known, type Recipient, type Target, targetsOf } from './recipients.rules.js';

/** Finds where recipients are reached on the channels that are wanted. */
@Injectable()
export class AddressBook {
  constructor(
    private readonly channels: ChannelRegistry,
    private readonly users: UsersRepository,
    private readonly devices: DeviceAddresses,
    private readonly notifications: NotificationsRepository,
  ) {}

  async targets(
    clientId: ClientId,
    recipients: readonly Recipient[],
    contents: ChannelContents,
    tx?: Tx,
  ): Promise<Target[]> {
    const wanted = Object.entries(contents).flatMap(([name, content]) => {
      const registered = this.channels.find(name);
      return registered ? [{ registered, content }] : [];
    });
    const needs = {
      users: wanted.some(({ registered }) => !registered.isInHouse),
      devices: wanted.some(({ registered }) => registered.usesDevices),
    };
    return targetsOf(
      recipients,
      wanted.map(({ registered: { name, channel }, content }) => ({
        name,
        addressesOf: (party) => channel.addressesOf(party, content),
      })),
      await this.known(clientId, recipients, needs, tx),
    );
  }

  private async known(
    clientId: ClientId,
    recipients: readonly Recipient[],
    needs: { readonly users: boolean; readonly devices: boolean },
    tx?: Tx,
  ): Promise<Known> {
    const userIds = recipients.flatMap(({ userId }) => userId ?? []);
    const roomIds = recipients.flatMap(({ roomId }) => roomId ?? []);
    const [users, devices, ownRooms] = await Promise.all([
      needs.users && userIds.length > 0 ? this.users.findAll(clientId, userIds, tx) : [],
      needs.devices ? this.devices.ofUsers(clientId, userIds) : new Map<string, never>(),
      this.notifications.ownRooms(clientId, roomIds),
    ]);
    return { users: new Map(users.map((user) => [user.id, user])), devices, roomIds: ownRooms };
  }
}
