import { expect, it } from '@jest/globals';
import { quantilesOf, rateOf, successRateOf, totalOf } from './figures.rules.js';

/** As the database's triggers do. */
const binOf = (ms: number): number => Math.ceil(Math.log(Math.max(ms, 1)) / Math.log(1.02 / 0.98));

it('has no quantiles of nothing', () => {
  expect(quantilesOf([])).toBeNull();
  expect(quantilesOf([{ bin: 3, n: 0 }])).toBeNull();
});

it.each([[1], [10], [250], [3_600_000]])('is within 2 %% of the true quantiles up to %i ms', (most) => {
  const times = Array.from({ length: 1_000 }, (_none, n) => Math.ceil(((n + 1) * most) / 1_000));
  const counts = new Map<number, number>();
  for (const ms of times) counts.set(binOf(ms), (counts.get(binOf(ms)) ?? 0) + 1);

  const quantiles = quantilesOf([...counts].map(([bin, n]) => ({ bin, n })));

  for (const [name, place] of [
    ['p50', 499],
    ['p95', 949],
    ['p99', 989],
  ] as const) {
    const truth = times[place] ?? 0;
    expect(Math.abs((quantiles?.[name] ?? 0) - truth)).toBeLessThanOrEqual(Math.max(0.5, truth * 0.021));
  }
});

it.each<[Record<string, number>, number | null]>([
  [{}, null],
  [{ queued: 5, skipped: 1, suppressed: 1, cancelled: 1 }, null],
  [{ sent: 1, delivered: 2 }, 1],
  [{ delivered: 2, failed: 1, queued: 9 }, 0.6667],
  [{ bounced: 1, expired: 1 }, 0],
])('of %j the success rate is %s', (statuses, rate) => {
  expect(successRateOf(statuses)).toBe(rate);
});

it('adds up', () => {
  expect(totalOf({ sent: 1, failed: 2 })).toBe(3);
  expect(rateOf(1, 2)).toBe(0.3333);
});
