import { describe, expect, it } from '@jest/globals';
import type { ProviderLimits } from './provider.entity.js';
import { type Count, PERIOD_SECONDS, type Period, PERIODS, limitOf, take } from './quota.rules.js';

/** Half past ten and a quarter second, of a day. */
const DAY = 1_764_201_600;
const NOW = DAY + 10.5 * 3_600 + 0.25;

const count = (period: Period, beganAt: number, used: number, waiting = 0): Count => ({
  ...{ period, beganAt, used, waiting },
});

describe('what is left', () => {
  const hour = (used: number) => count('hour', DAY + 36_000, used);

  it.each<[string, ProviderLimits, readonly Count[], object]>([
    ['all of it at first', { perSecond: 5 }, [], { granted: 3, waits: [] }],
    ['what others left', { perSecond: 5 }, [count('second', NOW - 0.25, 3)], { granted: 2, waits: [0.75] }],
    ['all again in the next second', { perSecond: 5 }, [count('second', NOW - 1.25, 5)], { granted: 3, waits: [] }],
    ['the least of all limits', { perSecond: 5, perHour: 2 }, [], { granted: 2, waits: [1_799.75] }],
    ['nothing, until midnight of UTC', { perDay: 3 }, [count('day', DAY, 3)], { waits: Array(3).fill(48_599.75) }],
    [
      'nothing until the longest is over',
      { perSecond: 3, perHour: 3 },
      [count('second', NOW - 0.25, 3), hour(3)],
      { granted: 0, waits: Array(3).fill(1_799.75) },
    ],
    ['nothing of one that was lowered', { perHour: 3 }, [hour(9)], { granted: 0, waits: Array(3).fill(1_799.75) }],
    [
      'as another process saw it a moment ahead',
      { perSecond: 3 },
      [count('second', NOW + 0.75, 3)],
      { granted: 0, waits: Array(3).fill(1.75) },
    ],
  ])('is %s', (_what, limits, counts, expected) => {
    const { granted, waits } = take(limits, counts, { wanted: 3, now: NOW });

    expect({ granted, waits: waits.map((seconds) => Math.round(seconds * 1_000) / 1_000) }).toMatchObject(expected);
  });
});

describe('who is refused', () => {
  it('has a place in the line: so many each second, one second after the other', () => {
    const first = take({ perSecond: 2 }, [], { wanted: 7, now: DAY });
    const next = take({ perSecond: 2 }, first.counts, { wanted: 2, now: DAY });

    expect(first).toMatchObject({ granted: 2, waits: [1, 1, 2, 2, 3] });
    expect(next).toMatchObject({ granted: 0, waits: [3, 4] });
  });

  it('does not wait for those whose turn has come meanwhile', () => {
    const { counts } = take({ perSecond: 2 }, [], { wanted: 8, now: DAY });
    const full = take({ perSecond: 2 }, counts, { wanted: 3, now: DAY + 2 });

    expect(full).toMatchObject({ granted: 2, waits: [2] });
  });

  it('looks again in an hour when the line is longer', () => {
    const { waits } = take({ perSecond: 1 }, [], { wanted: 10_000, now: DAY });

    expect(Math.max(...waits)).toBe(3_601);
  });
});

describe('whatever is asked for, and when', () => {
  it('no period has more than its limit', () => {
    const random = sequence(42);
    for (let round = 0; round < 30; round++) {
      const limits = { perSecond: 1 + Math.floor(random() * 5), perHour: 1 + Math.floor(random() * 40) };
      const granted = new Map<string, number>();
      let counts: readonly Count[] = [];
      for (let now = DAY, n = 0; n < 60; n++, now += random() < 0.1 ? 1_000 * random() : random()) {
        const taken = take(limits, counts, { wanted: Math.floor(random() * 6), now });
        counts = taken.counts;
        for (const period of PERIODS) {
          const place = `${period} ${Math.floor(now / PERIOD_SECONDS[period])}`;
          granted.set(place, (granted.get(place) ?? 0) + taken.granted);
          expect(granted.get(place)).toBeLessThanOrEqual(limitOf(limits, period) ?? Infinity);
        }
        expect(taken.waits.every((seconds) => seconds > 0)).toBe(true);
      }
    }
  });
});

/** Numbers from 0 to 1 that are the same each time: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function sequence(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}
