import { Injectable } from '@nestjs/common';
import type { Claim } from '../../platform/work/index.js';
import { type Device, DeviceAddresses } from '../users/index.js';
import { LadderService } from './ladder.service.js';
import { type DeliveryInHand, NotificationsRepository } from './notifications.repository.js';
import { type Standing, StandingService, WELCOME } from './standing.service.js';

/** A delivery with what may stand against it. */
export interface DeliveryToRun extends DeliveryInHand {
  readonly standing: Standing;
  /** The user's device that it goes to; null when it goes to none, or that is no more. */
  readonly device: Device | null;
  /** Another step of its ladder has reached them. */
  readonly isNotNeeded: boolean;
}

/** Reads what claimed deliveries are about, all at once. */
@Injectable()
export class DeliveryLoader {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly standings: StandingService,
    private readonly devices: DeviceAddresses,
    private readonly ladders: LadderService,
  ) {}

  async load(claims: readonly Claim[]): Promise<ReadonlyMap<string, DeliveryToRun>> {
    const deliveries = await this.notifications.load(claims);
    const toDevices = deliveries.flatMap(({ clientId, deviceId: id }) => (id === null ? [] : { clientId, id }));
    const [standings, devices, notNeeded] = await Promise.all([
      this.standings.ofAll(deliveries),
      this.devices.find(toDevices),
      this.ladders.notNeeded(deliveries),
    ]);
    return new Map(
      deliveries.map((delivery, n) => {
        const standing = standings[n] ?? WELCOME;
        const device = devices.get(delivery.deviceId ?? '') ?? null;
        return [delivery.id, { ...delivery, standing, device, isNotNeeded: notNeeded.has(delivery.id) }];
      }),
    );
  }
}
