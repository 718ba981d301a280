import { Injectable } from '@nestjs/common';
import { newId, type Tx, type UserId } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { type Principal, SecretBox } from '../../platform/security/index.js';
import type { Device } from './device.js';
import { addressOf, boundToDevice, type DeviceWish, hashOf, lastFourOf } from './devices.rules.js';
import { DevicesRepository } from './devices.repository.js';
import { assertReaches } from './user-access.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/** Where push notifications reach users. */
@Injectable()
export class DevicesService {
  constructor(
    private readonly devices: DevicesRepository,
    private readonly users: UsersRepository,
    private readonly people: UsersService,
    private readonly secrets: SecretBox,
  ) {}

  /** An address that is known already is the same device, and now this user's. @throws InvalidInput, NotFound */
  async register(
    tx: Tx,
    caller: Principal,
    userId: UserId,
    wish: DeviceWish,
  ): Promise<{ device: Device; added: boolean }> {
    assertReaches(caller, userId);
    const { clientId } = caller;
    const address = addressOf(wish);
    const hash = hashOf(wish.kind, address);
    await this.users.hold(tx, clientId, userId);
    const known = await this.devices.lockAddress(tx, clientId, wish.kind, hash);
    const id = known?.id ?? newId();
    const sealed = this.secrets.seal(JSON.stringify(address), boundToDevice(clientId, id));
    if (known) return { device: await this.devices.renew(tx, clientId, { id, userId, address: sealed }), added: false };
    const device = { id, userId, kind: wish.kind, address: sealed, lastFour: lastFourOf(address) };
    return { device: await this.devices.insert(tx, clientId, hash, device), added: true };
  }

  /** In the order they came, one more than asked for. @throws NotFound */
  async page(caller: Principal, userId: UserId, limit: number, after: string | null): Promise<Device[]> {
    await this.people.get(caller, userId);
    return this.devices.page(caller.clientId, userId, limit, after);
  }

  /** @throws NotFound when it is not one of the user's */
  async remove(caller: Principal, userId: UserId, id: string): Promise<void> {
    assertReaches(caller, userId);
    if ((await this.devices.delete(caller.clientId, userId, id)) === 0) throw new NotFound();
  }

  /** @throws NotFound when the user was never mentioned */
  async removeAll(caller: Principal, userId: UserId): Promise<void> {
    await this.people.get(caller, userId);
    await this.devices.delete(caller.clientId, userId, null);
  }
}
