import { Injectable } from '@nestjs/common';
import { Metrics, SharedReadings } from '../observability/index.js';
import { PausedClients } from './paused-clients.js';
import { WorkStore } from './work.store.js';

/**
 * What is told of work. `accepted` is the sum of all states: what was promised is in one of them. The gauges of one scrape
 * share a reading.
 */
@Injectable()
export class WorkMetrics {
  readonly late;

  constructor(metrics: Metrics, readings: SharedReadings, store: WorkStore, paused: PausedClients) {
    this.late = metrics.counter('work_late_results_total', 'Ends that came after their lease: recorded, not applied');
    const counts = () => readings.of('work.count', () => store.count());
    const kinds = ['kind'] as const;
    metrics.gauge('work_accepted', 'Work that was ever accepted', kinds, async (gauge) => {
      gauge.reset();
      for (const { kind, accepted } of (await counts()) ?? []) gauge.set({ kind }, accepted);
    });
    const states = ['kind', 'state'] as const;
    metrics.gauge('work_items', 'Work by state, all that ever ended included', states, async (gauge) => {
      gauge.reset();
      for (const { kind, accepted: _all, ...byState } of (await counts()) ?? [])
        for (const [state, count] of Object.entries(byState)) gauge.set({ kind, state }, count);
    });
    metrics.gauge('work_oldest_ready_seconds', 'How long the oldest work is due', kinds, async (gauge) => {
      gauge.reset();
      const oldest = await readings.of('work.oldest', () => store.oldest(paused.all()));
      for (const { kind, seconds } of oldest ?? []) gauge.set({ kind }, seconds);
    });
  }
}
