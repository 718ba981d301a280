import { Injectable } from '@nestjs/common';
import type { DeviceAddress } from '../../extension/messages.js';
import type { ClientId, Tx, UserId } from '../../platform/database/index.js';
import { SecretBox } from '../../platform/security/index.js';
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

  /** Null when the device is no more. */
  async open(clientId: ClientId, deviceId: string): Promise<DeviceAddress | null> {
    const device = await this.devices.find(clientId, deviceId);
    return (
      device && (JSON.parse(this.secrets.open(device.address, boundToDevice(clientId, deviceId))) as DeviceAddress)
    );
  }

  /** The push service knows it no more. */
  async forget(tx: Tx, clientId: ClientId, userId: UserId, deviceId: string): Promise<void> {
    await this.devices.delete(clientId, userId, deviceId, tx);
  }
}
