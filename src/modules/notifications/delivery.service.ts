import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { providerFault, retryLater } from '../../extension/index.js';
import type { Tx } from '../../platform/database/index.js';
import { Unavailable } from '../../platform/errors/index.js';
import {
  type Claim,
  type Decision,
  type Ended as EndedWork,
  type Lost,
  type Settled,
  WorkEngine,
  type WorkKind,
} from '../../platform/work/index.js';
import { ProviderRouter, ProviderSender, type Route, type SendCall } from '../providers/index.js';
import { decide, type DeliveryResult, mayFailOver, type ProviderTry } from './delivery.rules.js';
import { emailMessage } from './email.rules.js';
import { LateContents } from './late-contents.js';
import { DELIVERIES } from './notifications.jobs.js';
import { type DeliveryInHand, NotificationsRepository } from './notifications.repository.js';
import { SettlementService } from './settlement.service.js';

/** Half the lease at most, so that the outcome is written while the lease is ours. */
const SMTP_DEADLINE_MS = 30_000;

type Ended = Decision<DeliveryResult>;

/** Brings one delivery to its address, or says why not. */
@Injectable()
export class DeliveryService implements WorkKind<DeliveryInHand, DeliveryResult>, OnModuleInit {
  readonly name = DELIVERIES;
  readonly idInLogs = 'deliveryId';
  readonly maxLosses = 5;
  /** Mail carries a stable Message-ID and pushes the delivery's id, so the other side can tell a repeat. */
  readonly whenLost = 'again';

  constructor(
    private readonly work: WorkEngine,
    private readonly notifications: NotificationsRepository,
    private readonly router: ProviderRouter,
    private readonly sender: ProviderSender,
    private readonly settlement: SettlementService,
    private readonly contents: LateContents,
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
    const channels = await this.contents.of(delivery);
    if (!channels) return { end: 'done', result: { ...NOTHING, status: 'skipped', reason: 'not_needed' } };
    if (delivery.channel === 'websocket') return { end: 'done', result: { ...NOTHING, status: 'sent' } };
    return this.email({ ...delivery, channels }, claim, signal);
  }

  /** While a part of the house is away the work waits; any other fault of ours counts, so that it comes to an end. */
  failed(_delivery: DeliveryInHand, claim: Claim, error: unknown): Ended {
    const detail = `Internal fault: ${error instanceof Error ? error.name : 'unknown'}`;
    const outcome = error instanceof Unavailable ? providerFault(detail) : retryLater(detail);
    return decide({ tries: [{ outcome, providerId: null, durationMs: 0 }], ...claim }, Math.random);
  }

  settle(tx: Tx, settled: readonly Settled<DeliveryInHand, DeliveryResult>[]): Promise<void> {
    return this.settlement.settle(tx, settled);
  }

  lost(tx: Tx, lost: readonly Lost[]): Promise<void> {
    return this.settlement.lost(tx, lost);
  }

  expired(tx: Tx, expired: readonly EndedWork[]): Promise<void> {
    return this.settlement.expired(tx, expired);
  }

  /** The providers of the channel, one after the other, until one is not itself at fault; each has its part of the time. */
  private async email(delivery: DeliveryInHand, claim: Claim, signal: AbortSignal): Promise<Ended> {
    const routes = await this.router.choose(delivery.clientId, 'email', delivery.providerId);
    const content = delivery.channels.email;
    if (routes.length === 0 || !content)
      return { end: 'dead', reason: 'no_provider', result: { ...NOTHING, status: 'failed', reason: 'no_provider' } };
    const message = emailMessage(content, { address: delivery.recipient, name: delivery.recipientName });
    const halfLeaseMs = (this.env.WORK_LEASE_SECONDS * 1_000) / 2;
    const endsAt = performance.now() + Math.min(SMTP_DEADLINE_MS, halfLeaseMs);
    const tries: ProviderTry[] = [];
    for (const [n, route] of routes.entries()) {
      const left = routes.length - n;
      const partMs = Math.max(0, Math.floor((endsAt - performance.now()) / left));
      // The last one has until the work's own deadline, where that is as short.
      const isBound = left === 1 && halfLeaseMs <= SMTP_DEADLINE_MS;
      const last = await this.try(route, message, {
        deliveryId: delivery.id,
        attempt: claim.attempts + 1,
        signal: isBound ? signal : AbortSignal.any([signal, AbortSignal.timeout(partMs)]),
      });
      tries.push(last);
      if (!mayFailOver(last.outcome) || signal.aborted) break;
    }
    return decide({ tries, ...claim }, Math.random);
  }

  private async try(route: Route, message: object, call: SendCall): Promise<ProviderTry> {
    const begun = performance.now();
    const outcome = await this.sender.send(route, message, call);
    return { outcome, providerId: route.providerId, durationMs: Math.round(performance.now() - begun) };
  }
}

const NOTHING: DeliveryResult = { status: 'queued', reason: null, providerRef: null, tries: [] };
