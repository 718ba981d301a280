import { expect, it } from '@jest/globals';
import { quantilesOf, rateOf, successRateOf, totalOf } from './figures.rules.js';

/** As the database's triggers do. */
const binOf = (ms: number): number => Math.ceil(Math.log(Math.max(ms, 1)) / Math.log(1.02 / 0.98));

it.each([[1], [3], [10], [250], [20_000], [3_600_000]])(
  'says of a bin what is within 2 %% of its times: %i ms',
  (ms) => {
    const { p50 } = quantilesOf([binOf(ms), 0, 0]);
    expect(Math.abs(p50 - ms)).toBeLessThanOrEqual(Math.max(0.5, ms * 0.021));
  },
);

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
