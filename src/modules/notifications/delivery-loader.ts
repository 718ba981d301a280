import { Injectable } from '@nestjs/common';
import type { Claim } from '../../platform/work/index.js';
import { LadderService } from './ladder.service.js';
import { type DeliveryInHand, NotificationsRepository } from './notifications.repository.js';
import { type Standing, StandingService, WELCOME } from './standing.service.js';

/** A delivery with what may stand against it. */
export interface DeliveryToRun extends DeliveryInHand {
  readonly standing: Standing;
  /** Another step of its ladder has reached them. */
  readonly isNotNeeded: boolean;
}

/** Reads what claimed deliveries are about, all at once. */
@Injectable()
export class DeliveryLoader {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly standings: StandingService,
    private readonly ladders: LadderService,
  ) {}

  async load(claims: readonly Claim[]): Promise<ReadonlyMap<string, DeliveryToRun>> {
    const deliveries = await this.notifications.load(claims);
    const [standings, notNeeded] = await Promise.all([
      this.standings.ofAll(deliveries),
      this.ladders.notNeeded(deliveries),
    ]);
    return new Map(
      deliveries.map((delivery, n) => {
        const standing = standings[n] ?? WELCOME;
        return [delivery.id, { ...delivery, standing, isNotNeeded: notNeeded.has(delivery.id) }];
      }),
    );
  }
}
