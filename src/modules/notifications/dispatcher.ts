import { Inject, Injectable } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import type { Beside, Claim } from '../../platform/work/index.js';
import { type PassedOver, ProviderRouter, ProviderSender } from '../providers/index.js';
import { mayFailOver, type ProviderTry } from './delivery.rules.js';
import { type Gathered, Gatherer } from './gatherer.js';
import type { DeliveryInHand } from './notifications.repository.js';

/** All providers of a message together have so long, and half the lease: the outcome is written while that is ours. */
const TOGETHER_MS = 30_000;

/** A delivery that is to go out now, under its claim. */
export interface Dispatch {
  readonly delivery: DeliveryInHand;
  readonly message: object;
  readonly claim: Claim;
  readonly beside: Beside;
}

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
    private readonly gatherer: Gatherer,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  async dispatch({ delivery, claim, ...rest }: Dispatch, signal: AbortSignal): Promise<Dispatched> {
    const { routes, passedOver } = await this.router.choose(delivery.clientId, delivery);
    const tries: ProviderTry[] = [];
    const endsAt = performance.now() + Math.min(TOGETHER_MS, this.halfLeaseMs);
    for (const [n, route] of routes.entries()) {
      const own = this.deadline(signal, this.sender.deadlineMs(route), { endsAt, left: routes.length - n });
      const call = { deliveryId: delivery.id, attempt: claim.attempts + 1, signal: own };
      const last = await this.try({ ...rest, delivery, route, call });
      tries.push(last);
      if (!mayFailOver(last.outcome) || signal.aborted) break;
    }
    return { tries, passedOver, isUnserved: routes.length + passedOver.length === 0 };
  }

  private async try(one: Gathered): Promise<ProviderTry> {
    const { route } = one;
    const begun = performance.now();
    const outcome = await this.gatherer.send(one);
    return {
      outcome,
      providerId: route.providerId,
      providerName: route.name,
      durationMs: Math.round(performance.now() - begun),
      confirms: this.sender.confirms(route),
    };
  }

  /** Each has its part of the time; the last one until the work's own deadline, where that comes as soon. */
  private deadline(
    signal: AbortSignal,
    ownMs: number,
    { endsAt, left }: { readonly endsAt: number; readonly left: number },
  ): AbortSignal {
    if (left === 1 && this.halfLeaseMs <= ownMs) return signal;
    const partMs = Math.floor((endsAt - performance.now()) / left);
    return AbortSignal.any([signal, AbortSignal.timeout(Math.max(0, Math.min(partMs, ownMs)))]);
  }

  private get halfLeaseMs(): number {
    return (this.env.WORK_LEASE_SECONDS * 1_000) / 2;
  }
}
