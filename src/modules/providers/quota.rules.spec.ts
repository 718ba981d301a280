import { describe, expect, it } from '@jest/globals';
import type { ProviderLimits } from './provider.entity.js';
import { type Period, PERIOD_SECONDS, PERIODS } from '../../platform/quotas/index.js';
import { type Count, limitOf, take } from './quota.rules.js';

/** Half past ten and a quarter second, of a day. */
const DAY = 1_764_201_600;
const NOW = DAY + 10.5 * 3_600 + 0.25;

const count = (period: Period, beganAt: number, used: number, waiting = 0): Count => ({
  ...{ period, beganAt, used, waiting, told: 0 },
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

describe('what is told of a limit', () => {
  const stages = (limits: ProviderLimits, counts: readonly Count[], wanted: number, now = NOW) =>
    take(limits, counts, { wanted, now }).news.map(({ stage, window, limit, used }) => [stage, window, limit, used]);
  const hour = (used: number, told: 0 | 1 | 2) => ({ ...count('hour', DAY + 36_000, used), told });

  it.each<[string, ProviderLimits, readonly Count[], number, unknown[]]>([
    ['nothing below four fifths', { perHour: 10 }, [hour(6, 0)], 1, []],
    ['a warning at four fifths', { perHour: 10 }, [hour(7, 0)], 1, [[1, 'hour', 10, 8]]],
    ['no second one', { perHour: 10 }, [hour(8, 1)], 1, []],
    ['that it is spent', { perHour: 10 }, [hour(9, 1)], 1, [[2, 'hour', 10, 10]]],
    ['both at once', { perHour: 10 }, [hour(1, 0)], 20, [1, 2].map((stage) => [stage, 'hour', 10, 10])],
    ['nothing of what is refused', { perHour: 10 }, [hour(10, 2)], 5, []],
    ['both of a limit of one', { perDay: 1 }, [], 1, [1, 2].map((stage) => [stage, 'day', 1, 1])],
    ['nothing of seconds', { perSecond: 1 }, [], 1, []],
    ['each window by itself', { perHour: 5, perDay: 10 }, [], 4, [[1, 'hour', 5, 4]]],
    ['that one that was lowered is spent', { perHour: 10 }, [hour(20, 1)], 1, [[2, 'hour', 10, 20]]],
    ['again of the next window', { perHour: 10 }, [{ ...hour(10, 2), beganAt: DAY }], 8, [[1, 'hour', 10, 8]]],
  ])('%s', (_what, limits, counts, wanted, expected) => expect(stages(limits, counts, wanted)).toEqual(expected));

  it('is kept, until a limit is raised past it', () => {
    const spent = take({ perHour: 10 }, [], { wanted: 10, now: NOW });
    const raised = take({ perHour: 100 }, spent.counts, { wanted: 1, now: NOW });

    expect(spent.counts).toMatchObject([{ told: 2 }]);
    expect(raised.counts).toMatchObject([{ told: 0 }]);
    expect(stages({ perHour: 100 }, raised.counts, 70)).toEqual([[1, 'hour', 100, 81]]);
  });

  it('with when its window ends', () => {
    expect(take({ perHour: 1 }, [], { wanted: 1, now: NOW }).news[0]?.resetsAt).toBe(DAY + 11 * 3_600);
  });
});

/** Numbers from 0 to 1 that are the same each time: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function sequence(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}
