import { Inject, Injectable } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import type { ClientId } from '../../platform/database/index.js';
import { anySignal } from '../../platform/signals/index.js';
import type { Beside, Claim } from '../../platform/work/index.js';
import { type PassedOver, ProviderRouter, ProviderSender, type Route } from '../providers/index.js';
import { mayFailOver, type ProviderTry } from './delivery.rules.js';
import { type Gathered, Gatherer, type Sent } from './gatherer.js';
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
    const { clientId, id: deliveryId } = delivery;
    const choice = await this.router.choose(clientId, { ...delivery, deliveryId });
    const { routes } = choice;
    const tries: ProviderTry[] = [];
    const passedOver = [...choice.passedOver];
    const endsAt = performance.now() + Math.min(TOGETHER_MS, this.halfLeaseMs);
    for (const [n, route] of routes.entries()) {
      const admitted = await this.router.admit(clientId, route);
      if ('reason' in admitted) {
        passedOver.push(admitted);
        continue;
      }
      const own = this.deadline(signal, this.sender.deadlineMs(route), { endsAt, left: routes.length - n });
      const call = { deliveryId, attempt: claim.attempts + 1, signal: own };
      const one = { ...rest, delivery, route, call, isAlone: admitted.isProbe };
      const last = await this.reported(clientId, route, { ...admitted, signal }, () => this.try(one));
      tries.push(last);
      if (!mayFailOver(last.outcome) || signal.aborted) break;
    }
    return { tries, passedOver, isUnserved: routes.length + passedOver.length === 0 };
  }

  /** Tells the provider's breaker how a call ended, once; a call that we cut off ourselves tells nothing. */
  private async reported(
    clientId: ClientId,
    route: Route,
    { isProbe, signal }: { readonly isProbe: boolean; readonly signal: AbortSignal },
    call: () => Promise<ProviderTry & Pick<Sent, 'isShared'>>,
  ): Promise<ProviderTry> {
    try {
      const { isShared, ...tried } = await call();
      const { outcome, durationMs } = tried;
      if (isCut(signal)) await this.router.abandon(clientId, route, { isProbe });
      else if (!isShared) await this.router.report(clientId, route, { outcome, durationMs, isProbe });
      return tried;
    } catch (error) {
      await this.router.abandon(clientId, route, { isProbe });
      throw error;
    }
  }

  private async try(one: Gathered): Promise<ProviderTry & Pick<Sent, 'isShared'>> {
    const { route } = one;
    const begun = performance.now();
    const sent = await this.gatherer.send(one);
    return {
      ...sent,
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
    return anySignal(signal, AbortSignal.timeout(Math.max(0, Math.min(partMs, ownMs))));
  }

  private get halfLeaseMs(): number {
    return (this.env.WORK_LEASE_SECONDS * 1_000) / 2;
  }
}

/** By the end of this process; a deadline that is over is the provider's own doing. */
function isCut({ aborted, reason }: AbortSignal): boolean {
  const why: unknown = reason;
  return aborted && !(typeof why === 'object' && why !== null && 'name' in why && why.name === 'TimeoutError');
}
