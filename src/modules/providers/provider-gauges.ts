import { Injectable } from '@nestjs/common';
import { Metrics, SharedReadings } from '../../platform/observability/index.js';
import { ProviderHealthRepository } from './provider-health.repository.js';

/** By kind, not by provider: there are as many providers as clients make, and only so many kinds as plugins. */
@Injectable()
export class ProviderGauges {
  constructor(health: ProviderHealthRepository, readings: SharedReadings, metrics: Metrics) {
    const labels = ['kind', 'state'] as const;
    metrics.gauge('provider_breakers', 'Providers whose breaker is not closed', labels, async (gauge) => {
      gauge.reset();
      const breakers = await readings.of('provider.breakers', () => health.allOpen());
      for (const { kind, state, count } of breakers ?? []) gauge.set({ kind, state }, count);
    });
  }
}
