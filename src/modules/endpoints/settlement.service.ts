import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/index.js';
import { atHops } from '../../platform/outbox/index.js';
import type { DeliveryResult } from './delivery.rules.js';
import { DeliveriesRepository, type DeliveryToMake } from './deliveries.repository.js';
import { EndpointSwitch } from './endpoint-switch.js';
import { EndpointTurns } from './endpoint-turns.js';

export interface SettledWebhook {
  readonly delivery: DeliveryToMake;
  readonly result: DeliveryResult;
}

/** Writes what came of deliveries, and what follows for their endpoints, in the transaction of the work's end. */
@Injectable()
export class SettlementService {
  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly turns: EndpointTurns,
    private readonly toggle: EndpointSwitch,
  ) {}

  async settle(tx: Tx, settled: readonly SettledWebhook[]): Promise<void> {
    this.deliveries.settle(
      tx,
      settled.map(({ delivery: { clientId, id, endpointId, attempts }, result }) => {
        const { status, reason, waits, attempt } = result;
        return { clientId, id, endpointId, status, reason, waits, attempt, n: attempts + 1 };
      }),
    );
    const failing = await this.turns.ended(
      tx,
      settled.map(({ delivery: { clientId, id, endpointId }, result: { called } }) => ({
        ...{ clientId, endpointId, deliveryId: id, called },
      })),
    );
    const gone = settled.filter(({ result }) => result.isGone).map(({ delivery }) => delivery);
    const ends = new Map<string, Parameters<EndpointSwitch['disable']>[1][number]>();
    for (const { clientId, endpointId } of failing) ends.set(endpointId, { clientId, endpointId, reason: 'failing' });
    for (const { clientId, endpointId } of gone) ends.set(endpointId, { clientId, endpointId, reason: 'gone' });
    // It follows from time, not from what was told: whoever hears of it is at the beginning of a chain.
    if (ends.size > 0) await atHops(0, () => this.toggle.disable(tx, [...ends.values()]));
  }
}
