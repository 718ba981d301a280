import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { type Outcome, providerFault } from '../../extension/index.js';
import type { Tx } from '../../platform/database/index.js';
import {
  type Claim,
  type Decision,
  type Lost,
  type Settled,
  WorkEngine,
  type WorkKind,
} from '../../platform/work/index.js';
import { ProviderRouter, ProviderSender } from '../providers/index.js';
import { decide, type DeliveryResult } from './delivery.rules.js';
import { emailMessage } from './email.rules.js';
import { DELIVERIES } from './notifications.jobs.js';
import { type DeliveryInHand, NotificationsRepository } from './notifications.repository.js';
import { SettlementService } from './settlement.service.js';

/** A call may take half the lease at most, so that its outcome is written while the lease is ours. */
const SMTP_DEADLINE_MS = 30_000;

type Ended = Decision<DeliveryResult>;

/** Brings one delivery to its address, or says why not. */
@Injectable()
export class DeliveryService implements WorkKind<DeliveryInHand, DeliveryResult>, OnModuleInit {
  readonly name = DELIVERIES;
  readonly maxLosses = 5;
  /** Mail carries a stable Message-ID and pushes the delivery's id, so the other side can tell a repeat. */
  readonly whenLost = 'again';

  constructor(
    private readonly work: WorkEngine,
    private readonly notifications: NotificationsRepository,
    private readonly router: ProviderRouter,
    private readonly sender: ProviderSender,
    private readonly settlement: SettlementService,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    if (this.env.ROLE !== 'api') this.work.register(this);
  }

  async load(claims: readonly Claim[]): Promise<ReadonlyMap<string, DeliveryInHand>> {
    return new Map((await this.notifications.load(claims)).map((delivery) => [delivery.id, delivery]));
  }

  async run(delivery: DeliveryInHand, claim: Claim, signal: AbortSignal): Promise<Ended> {
    if (delivery.isExpired)
      return { end: 'dead', reason: 'expired', result: { ...NOTHING, status: 'expired', reason: 'expired' } };
    if (delivery.test) return { end: 'done', result: { ...NOTHING, status: 'simulated' } };
    if (delivery.channel === 'websocket') return { end: 'done', result: { ...NOTHING, status: 'sent' } };
    return this.email(delivery, claim, AbortSignal.any([signal, AbortSignal.timeout(SMTP_DEADLINE_MS)]));
  }

  failed({ id: _id }: DeliveryInHand, claim: Claim, error: unknown): Ended {
    const fault = providerFault(`Internal fault: ${error instanceof Error ? error.name : 'unknown'}`);
    return decide(
      { outcome: fault, providerId: null, durationMs: 0, attempts: claim.attempts, claims: claim.claims },
      Math.random,
    );
  }

  settle(tx: Tx, settled: readonly Settled<DeliveryInHand, DeliveryResult>[]): Promise<void> {
    return this.settlement.settle(tx, settled);
  }

  lost(tx: Tx, lost: readonly Lost[]): Promise<void> {
    return this.settlement.lost(tx, lost);
  }

  /** The providers of the channel, one after the other, until one is not itself at fault. */
  private async email(delivery: DeliveryInHand, claim: Claim, signal: AbortSignal): Promise<Ended> {
    const routes = await this.router.choose(delivery.clientId, 'email', delivery.providerId);
    const content = delivery.channels.email;
    if (routes.length === 0 || !content)
      return { end: 'dead', reason: 'no_provider', result: { ...NOTHING, status: 'failed', reason: 'no_provider' } };
    const message = emailMessage(content, { address: delivery.recipient, name: delivery.recipientName });
    const begun = performance.now();
    let outcome: Outcome = providerFault();
    let providerId: string | null = null;
    for (const route of routes) {
      providerId = route.providerId;
      outcome = await this.sender.send(route, message, {
        deliveryId: delivery.id,
        attempt: claim.attempts + 1,
        signal,
      });
      if (outcome.kind !== 'failed' || outcome.fault !== 'provider' || signal.aborted) break;
    }
    const durationMs = Math.round(performance.now() - begun);
    return decide({ outcome, providerId, durationMs, attempts: claim.attempts, claims: claim.claims }, Math.random);
  }
}

const NOTHING: DeliveryResult = {
  status: 'queued',
  reason: null,
  providerId: null,
  providerRef: null,
  durationMs: null,
  detail: null,
};
