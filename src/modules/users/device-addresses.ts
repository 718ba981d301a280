import { Injectable } from '@nestjs/common';
import type { DeviceAddress } from '../../extension/messages.js';
import type { ClientId, Tx, UserId } from '../../platform/database/index.js';
import { SecretBox } from '../../platform/security/index.js';
import type { Device } from './device.js';
import { type DeviceName, DevicesRepository } from './devices.repository.js';
import { boundToDevice } from './devices.rules.js';

/** Where users' devices are reached, for those who send there. */
@Injectable()
export class DeviceAddresses {
  constructor(
    private readonly devices: DevicesRepository,
    private readonly secrets: SecretBox,
  ) {}

  /** Of each of the users, the oldest first. */
  async ofUsers(clientId: ClientId, userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, readonly DeviceName[]>> {
    const devices = userIds.length === 0 ? [] : await this.devices.ofUsers(clientId, userIds);
    const byUser = new Map<UserId, DeviceName[]>();
    for (const device of devices) if (!byUser.get(device.userId)?.push(device)) byUser.set(device.userId, [device]);
    return byUser;
  }

  /** By their ids, of several clients: those that are there. */
  async find(
    devices: readonly { readonly clientId: ClientId; readonly id: string }[],
  ): Promise<ReadonlyMap<string, Device>> {
    const found = devices.length === 0 ? [] : await this.devices.find(devices);
    return new Map(found.map((device) => [device.id, device]));
  }

  /** @throws Error when it was sealed with a key that is gone */
  open(clientId: ClientId, { id, address }: Device): DeviceAddress {
    return JSON.parse(this.secrets.open(address, boundToDevice(clientId, id))) as DeviceAddress;
  }

  /** The push service knows it no more. */
  async forget(tx: Tx, clientId: ClientId, userId: UserId, deviceId: string): Promise<void> {
    await this.devices.delete(clientId, userId, deviceId, tx);
  }
}
