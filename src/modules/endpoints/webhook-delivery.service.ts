import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import type { Tx } from '../../platform/database/index.js';
import { Unavailable } from '../../platform/errors/index.js';
import { ExpressionFailed, Expressions, ExpressionsBusy } from '../../platform/expressions/index.js';
import { type Claim, type Lost, type Settled, WorkEngine, type WorkKind } from '../../platform/work/index.js';
import { SigningSecrets } from '../signing/index.js';
import { inputOf, isFalsy } from './body.rules.js';
import {
  type CallOutcome,
  decide,
  type DeliveryEnd,
  type DeliveryResult,
  endedAs,
  standsInLine,
  waitsForUs,
} from './delivery.rules.js';
import { DeliveriesRepository, type DeliveryToMake } from './deliveries.repository.js';
import { EndpointHeaders } from './endpoint-headers.js';
import { EndpointTurns } from './endpoint-turns.js';
import { WEBHOOKS } from './endpoints.jobs.js';
import { SettlementService } from './settlement.service.js';
import { type CallMeans, WebhookCaller } from './webhook-caller.js';

const BUSY_SECONDS = 1;
const AWAY_SECONDS = 5;

/** What it takes to call an endpoint. */
@Injectable()
export class EndpointMeans {
  constructor(
    private readonly headers: EndpointHeaders,
    private readonly signing: SigningSecrets,
  ) {}

  /** @throws Unavailable when a key of `SECRET_KEY` is missing */
  async of({ clientId, endpointId, headers }: DeliveryToMake): Promise<CallMeans> {
    const live = await this.signing.live(clientId, [endpointId]);
    const secrets = live.get(endpointId) ?? [];
    if (secrets.length === 0) throw new Unavailable('The endpoint has no secret to sign with.');
    return { headers: this.headers.open({ clientId, endpointId }, headers), secrets };
  }
}

/** Tells one endpoint of one event, or says why not. */
@Injectable()
export class WebhookDeliveryService
  implements WorkKind<DeliveryToMake, DeliveryResult>, OnModuleInit, OnApplicationShutdown
{
  readonly name = WEBHOOKS;
  readonly idInLogs = 'webhookDeliveryId';
  readonly maxLosses = 5;
  /** Every try has the event's id, so the other side can tell a repeat. */
  readonly whenLost = 'again';
  private readonly expressions = new Expressions();

  constructor(
    private readonly work: WorkEngine,
    private readonly deliveries: DeliveriesRepository,
    private readonly turns: EndpointTurns,
    private readonly means: EndpointMeans,
    private readonly caller: WebhookCaller,
    private readonly settlement: SettlementService,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    if (this.env.ROLE !== 'api') this.work.register(this);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.expressions.close();
  }

  async load(claims: readonly Claim[]): Promise<ReadonlyMap<string, DeliveryToMake>> {
    const loaded = await this.deliveries.load(claims);
    return new Map(loaded.map((delivery) => [delivery.id, delivery]));
  }

  async run(delivery: DeliveryToMake, claim: Claim, signal: AbortSignal): Promise<DeliveryEnd> {
    // It ended by another way than its work: it stays as it is.
    if (delivery.status !== 'pending') return endedAs(delivery.status, delivery.reason);
    if (delivery.endpointStatus === 'disabled' && !delivery.isTest) return endedAs('failed', 'endpoint_disabled');
    const unwanted = await this.filteredOut(delivery, signal);
    if (unwanted) return unwanted;
    const { clientId, id, endpointId } = delivery;
    const turn = await this.turns.take({ clientId, endpointId, deliveryId: id });
    if (!turn.isLetIn) return standsInLine(turn.inSeconds);
    if (turn.inSeconds > 0) await delay(turn.inSeconds * 1_000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return standsInLine(BUSY_SECONDS);
    const outcome = await this.caller.call(delivery, await this.means.of(delivery), signal);
    return decide({ attempts: claim.attempts, outcome, isTest: delivery.isTest }, Math.random);
  }

  /** While a part of the house is away the work waits; any other fault of ours counts, so that it comes to an end. */
  failed({ isTest }: DeliveryToMake, { attempts }: Claim, error: unknown): DeliveryEnd {
    if (error instanceof Unavailable) return waitsForUs(AWAY_SECONDS, 'unavailable');
    const outcome: CallOutcome = {
      ...{ at: new Date(), durationMs: 0, address: null, statusCode: null, error: 'internal' },
      ...{ detail: `Internal fault: ${error instanceof Error ? error.name : 'unknown'}` },
      ...{ response: null, retryAfterSeconds: null },
    };
    return decide({ attempts, outcome, isTest }, Math.random);
  }

  settle(tx: Tx, settled: readonly Settled<DeliveryToMake, DeliveryResult>[]): Promise<void> {
    return this.settlement.settle(
      tx,
      settled.map(({ payload, decision }) => ({ delivery: payload, result: decision.result })),
    );
  }

  lost(tx: Tx, lost: readonly Lost[]): Promise<void> {
    return this.deliveries.lost(
      tx,
      lost.map(({ clientId, id, fate }) => ({ clientId, id, isOver: fate === 'crash_loop' })),
    );
  }

  /** None has an end. */
  async expired(): Promise<void> {
    // Nothing follows.
  }

  private async filteredOut({ filter, event }: DeliveryToMake, signal: AbortSignal): Promise<DeliveryEnd | null> {
    if (filter === null) return null;
    try {
      const found = JSON.parse(await this.expressions.fill({ $: filter }, inputOf(event), { signal })) as unknown;
      return isFalsy(found) ? endedAs('skipped', 'filtered') : null;
    } catch (error) {
      if (error instanceof ExpressionFailed) return endedAs('failed', 'filter_failed');
      if (error instanceof ExpressionsBusy || signal.aborted) return waitsForUs(BUSY_SECONDS, 'busy');
      throw error;
    }
  }
}
