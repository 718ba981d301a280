import { Injectable } from '@nestjs/common';
import type { ClientId } from '../../platform/database/index.js';
import { type BreakerState, quantileMs, stateOf } from './breaker.rules.js';
import { ProviderHealthRepository } from './provider-health.repository.js';
import { ProviderQuotas } from './provider-quotas.js';
import { ProvidersService } from './providers.service.js';
import { type Period, PERIOD_SECONDS } from '../../platform/quotas/index.js';
import { limitOf } from './quota.rules.js';

export const HEALTH_SECONDS = 300;

export interface ProviderHealth {
  readonly breaker: {
    readonly state: BreakerState;
    readonly changedAt: Date | null;
    /** Until a probe may go through. */
    readonly opensForSeconds: number | null;
    readonly lastFault: string | null;
  };
  readonly windowSeconds: number;
  readonly calls: number;
  readonly faults: number;
  /** Null without calls. */
  readonly errorRate: number | null;
  readonly p95Ms: number | null;
  readonly quotas: readonly QuotaUse[];
}

export interface QuotaUse {
  readonly period: Period;
  readonly limit: number;
  readonly used: number;
  readonly resetsAt: Date;
}

/** Says how a provider does. */
@Injectable()
export class ProviderHealthService {
  constructor(
    private readonly providers: ProvidersService,
    private readonly health: ProviderHealthRepository,
    private readonly quotas: ProviderQuotas,
  ) {}

  /** Over all processes, at most two seconds behind. @throws NotFound */
  async of(clientId: ClientId, providerId: string): Promise<ProviderHealth> {
    const { limits } = await this.providers.get(clientId, providerId);
    const [breaker, slots, counts] = await Promise.all([
      this.health.breaker(clientId, providerId),
      this.health.recent(clientId, providerId, HEALTH_SECONDS),
      this.quotas.used({ clientId, providerId }, limits),
    ]);
    const [calls, faults] = [sum(slots.map((slot) => slot.calls)), sum(slots.map((slot) => slot.faults))];
    const times = slots[0]?.times.map((_, n) => sum(slots.map((slot) => slot.times[n] ?? 0))) ?? [];
    const { isOpen = false, secondsLeft = 0, changedAt = null, lastFault = null } = breaker ?? {};
    return {
      breaker: {
        ...{ state: stateOf(isOpen, secondsLeft), changedAt, lastFault },
        opensForSeconds: isOpen ? Math.max(0, secondsLeft) : null,
      },
      windowSeconds: HEALTH_SECONDS,
      ...{ calls, faults, errorRate: calls === 0 ? null : faults / calls, p95Ms: quantileMs(times, 0.95) },
      quotas: counts.map(({ period, used, beganAt }) => ({
        ...{ period, used, limit: limitOf(limits, period) ?? 0 },
        resetsAt: new Date((beganAt + PERIOD_SECONDS[period]) * 1_000),
      })),
    };
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
