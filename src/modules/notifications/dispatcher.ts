import { Inject, Injectable } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import type { ClientId } from '../../platform/database/index.js';
import type { Claim } from '../../platform/work/index.js';
import { type PassedOver, ProviderRouter, ProviderSender, type Route, type SendCall } from '../providers/index.js';
import { mayFailOver, type ProviderTry } from './delivery.rules.js';
import type { DeliveryInHand } from './notifications.repository.js';

/** All providers of a message together have so long, and half the lease: the outcome is written while that is ours. */
const TOGETHER_MS = 30_000;

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
      const call = { deliveryId, attempt: attempts + 1, signal: own };
      const last = await this.reported(clientId, route, { ...admitted, signal }, () => this.try(route, message, call));
      tries.push(last);
      if (!mayFailOver(last.outcome) || signal.aborted) break;
    }
    return { tries, passedOver, isUnserved: routes.length + passedOver.length === 0 };
  }

  /** Tells the provider's breaker how a call ended; a call that we cut off ourselves tells nothing. */
  private async reported(
    clientId: ClientId,
    route: Route,
    { isProbe, signal }: { readonly isProbe: boolean; readonly signal: AbortSignal },
    call: () => Promise<ProviderTry>,
  ): Promise<ProviderTry> {
    try {
      const { outcome, durationMs, ...rest } = await call();
      if (isCut(signal)) await this.router.abandon(clientId, route, { isProbe });
      else await this.router.report(clientId, route, { outcome, durationMs, isProbe });
      return { outcome, durationMs, ...rest };
    } catch (error) {
      await this.router.abandon(clientId, route, { isProbe });
      throw error;
    }
  }

  private async try(route: Route, message: object, call: SendCall): Promise<ProviderTry> {
    const begun = performance.now();
    const outcome = await this.sender.send(route, message, call);
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

/** By the end of this process; a deadline that is over is the provider's own doing. */
function isCut({ aborted, reason }: AbortSignal): boolean {
  const why: unknown = reason;
  return aborted && !(typeof why === 'object' && why !== null && 'name' in why && why.name === 'TimeoutError');
}
