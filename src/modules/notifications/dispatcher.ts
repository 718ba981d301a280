import { Inject, Injectable } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import type { Claim } from '../../platform/work/index.js';
import { type PassedOver, ProviderRouter, ProviderSender, type Route, type SendCall } from '../providers/index.js';
import { mayFailOver, type ProviderTry } from './delivery.rules.js';
import type { DeliveryInHand } from './notifications.repository.js';

/** A provider's call is over at its total deadline, and at half the lease: the outcome is written while that is ours. */
const DEADLINE_MS: Readonly<Record<string, number>> = { email: 30_000 };
const HTTP_DEADLINE_MS = 15_000;

/** What came of handing a message to the providers of its channel. */
export interface Dispatched {
  /** The providers that were called, one after the other. */
  readonly tries: readonly ProviderTry[];
  readonly passedOver: readonly PassedOver[];
  /** There is no provider at all, well or not. */
  readonly isUnserved: boolean;
}

/** Hands a message to the providers of its channel, one after the other, until one is not itself at fault. */
@Injectable()
export class Dispatcher {
  constructor(
    private readonly router: ProviderRouter,
    private readonly sender: ProviderSender,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  async dispatch(
    delivery: DeliveryInHand,
    message: object,
    { attempts }: Claim,
    signal: AbortSignal,
  ): Promise<Dispatched> {
    const { clientId } = delivery;
    const { routes, passedOver } = await this.router.choose(clientId, delivery);
    const left = [...passedOver];
    const tries: ProviderTry[] = [];
    const deadline = this.deadline(delivery.channel);
    for (const [n, route] of routes.entries()) {
      const refusal = await this.router.admit(clientId, route);
      if (refusal) {
        left.push(refusal);
        continue;
      }
      // Each has its part of the time; the last one until the work's own deadline, where that is as short.
      const part = deadline.partMs(routes.length - n);
      const own = part === null ? signal : AbortSignal.any([signal, AbortSignal.timeout(part)]);
      const call = { deliveryId: delivery.id, attempt: attempts + 1, signal: own };
      const last = await this.try(clientId, route, message, call);
      tries.push(last);
      if (!mayFailOver(last.outcome) || signal.aborted) break;
    }
    return { tries, passedOver: left, isUnserved: routes.length === 0 && left.length === 0 };
  }

  private async try(clientId: string, route: Route, message: object, call: SendCall): Promise<ProviderTry> {
    const begun = performance.now();
    const outcome = await this.sender.send(route, message, call);
    const durationMs = Math.round(performance.now() - begun);
    this.router.report(clientId, route, { outcome, durationMs });
    return {
      outcome,
      providerId: route.providerId,
      providerName: route.name,
      durationMs,
      confirms: this.sender.confirms(route),
    };
  }

  private deadline(channel: string): { partMs: (left: number) => number | null } {
    const ownMs = DEADLINE_MS[channel] ?? HTTP_DEADLINE_MS;
    const halfLeaseMs = (this.env.WORK_LEASE_SECONDS * 1_000) / 2;
    const endsAt = performance.now() + Math.min(ownMs, halfLeaseMs);
    return {
      partMs: (left) => {
        if (left === 1 && halfLeaseMs <= ownMs) return null;
        return Math.max(0, Math.floor((endsAt - performance.now()) / left));
      },
    };
  }
}
