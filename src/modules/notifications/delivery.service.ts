import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { providerFault, retryLater } from '../../extension/index.js';
import type { Tx } from '../../platform/database/index.js';
import { Unavailable } from '../../platform/errors/index.js';
import { atHops } from '../../platform/outbox/index.js';
import {
  type Beside,
  type Claim,
  type Decision,
  type Ended as EndedWork,
  type Lost,
  type Settled,
  WorkEngine,
  type WorkKind,
} from '../../platform/work/index.js';
import { DeliveryLoader, type DeliveryToRun } from './delivery-loader.js';
import { decide, type DeliveryResult, oneByOne, settledAs, waits } from './delivery.rules.js';
import { isOpen } from './delivery-status.js';
import { type Dispatch, Dispatcher } from './dispatcher.js';
import { GoesByItself } from './gatherer.js';
import { MessageMaker } from './message-maker.js';
import { DELIVERIES } from './notifications.jobs.js';
import { type News, NewsService } from './news.service.js';
import { SettlementService } from './settlement.service.js';
import type { Standing } from './standing.service.js';

type Ended = Decision<DeliveryResult>;

/** Brings one delivery to its address, or says why not. */
@Injectable()
export class DeliveryService implements WorkKind<DeliveryToRun, DeliveryResult>, OnModuleInit {
  readonly name = DELIVERIES;
  readonly idInLogs = 'deliveryId';
  readonly maxLosses = 5;
  /** Unless its channel says otherwise: messages carry the delivery's id, so the other side can tell a repeat. */
  readonly whenLost = 'again';

  constructor(
    private readonly work: WorkEngine,
    private readonly loader: DeliveryLoader,
    private readonly messages: MessageMaker,
    private readonly dispatcher: Dispatcher,
    private readonly settlement: SettlementService,
    private readonly news: NewsService,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    if (this.env.ROLE !== 'api') this.work.register(this);
  }

  load(claims: readonly Claim[]): Promise<ReadonlyMap<string, DeliveryToRun>> {
    return this.loader.load(claims);
  }

  /** With the hops of its notification, which calls of other systems carry on. */
  run(delivery: DeliveryToRun, claim: Claim, signal: AbortSignal, beside: Beside): Promise<Ended> {
    return atHops(delivery.hops, () => this.bring(delivery, claim, signal, beside));
  }

  private async bring(delivery: DeliveryToRun, claim: Claim, signal: AbortSignal, beside: Beside): Promise<Ended> {
    // It ended by another way than its work: it stays as it is, and is not sent.
    if (!isOpen(delivery.status)) return settledAs(delivery.status, delivery.reason);
    if (delivery.isExpired) return settledAs('expired', 'expired');
    if (delivery.isNotNeeded) return settledAs('skipped', 'not_needed');
    const stopped = stoppedBy(delivery.standing);
    if (stopped) return stopped;
    if (delivery.test) return settledAs('simulated', null);
    const made = await this.messages.make(delivery);
    if (made.kind === 'ended') return settledAs(made.status, made.reason);
    if (made.kind === 'in_house') return settledAs('sent', null);
    return this.handOver({ delivery, message: made.message, claim, beside }, signal);
  }

  private async handOver(dispatch: Dispatch, signal: AbortSignal): Promise<Ended> {
    try {
      const dispatched = await this.dispatcher.dispatch(dispatch, signal);
      return decide({ ...dispatched, ...dispatch.claim, status: dispatch.delivery.status }, Math.random);
    } catch (error) {
      if (error instanceof GoesByItself) return oneByOne();
      throw error;
    }
  }

  /** While a part of the house is away the work waits; any other fault of ours counts, so that it comes to an end. */
  failed({ status }: DeliveryToRun, claim: Claim, error: unknown): Ended {
    const detail = `Internal fault: ${error instanceof Error ? error.name : 'unknown'}`;
    const outcome = error instanceof Unavailable ? providerFault(detail) : retryLater(detail);
    const tries = [{ outcome, providerId: null, providerName: '', durationMs: 0, confirms: false }];
    return decide({ tries, passedOver: [], isUnserved: false, ...claim, status }, Math.random);
  }

  async settle(tx: Tx, settled: readonly Settled<DeliveryToRun, DeliveryResult>[]): Promise<void> {
    await this.settlement.settle(tx, settled);
    await this.news.take(tx, settled.flatMap(saidBy));
  }

  lost(tx: Tx, lost: readonly Lost[]): Promise<void> {
    return this.settlement.lost(tx, lost);
  }

  expired(tx: Tx, expired: readonly EndedWork[]): Promise<void> {
    return this.settlement.expired(tx, expired);
  }
}

/** What a recipient let their provider know, who told it with the outcome. */
function saidBy({ payload, decision: { result } }: Settled<DeliveryToRun, DeliveryResult>): News[] {
  const { clientId, id, ladder } = payload;
  return result.tries.flatMap(({ outcome, providerId }) =>
    outcome.recipientSaid
      ? [
          {
            ...{ clientId, providerId, delivery: { id, status: result.status, ladder } },
            ...{ kind: outcome.recipientSaid, at: new Date(), detail: outcome.detail ?? null },
          },
        ]
      : [],
  );
}

/** Who must not be written to is not; who is not to be disturbed is not until then. */
function stoppedBy(standing: Standing): Ended | null {
  switch (standing.kind) {
    case 'welcome':
      return null;
    case 'refused':
      return settledAs(standing.reason === 'suppressed' ? 'suppressed' : 'skipped', standing.reason);
    case 'unknown':
      throw new Unavailable('Suppressions cannot be read right now.');
    case 'quiet':
      return standing.outside === 'drop'
        ? settledAs('skipped', 'quiet_hours')
        : waits(standing.forSeconds, 'quiet_hours');
  }
}
