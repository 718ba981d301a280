import { describe, expect, it } from '@jest/globals';
import { delivered, type Outcome, providerFault, rejected, retryLater, sent, unknown } from '../../extension/index.js';
import {
  boundOf,
  faultText,
  pauseSeconds,
  quantileMs,
  stateOf,
  TIME_BOUNDS_MS,
  trips,
  verdictOf,
} from './breaker.rules.js';

describe('a breaker', () => {
  it.each([
    [4, 4, false],
    [5, 5, true],
    [10, 5, true],
    [11, 5, false],
    [1_000, 10, false],
    [0, 0, false],
  ])('of %d calls with %d faults opens: %s', (calls, faults, opens) => expect(trips({ calls, faults }, 0)).toBe(opens));

  it.each([
    [19, false],
    [20, true],
  ])('that was long well opens after %d faults in a row: %s', (inARow, opens) =>
    expect(trips({ calls: 100_000, faults: inARow }, inARow)).toBe(opens),
  );

  it('is left alone for longer each time its probe fails, to five minutes', () => {
    expect([1, 2, 3, 4, 5, 50].map(pauseSeconds)).toEqual([30, 60, 120, 240, 300, 300]);
  });

  it.each([
    [false, 5, 'closed'],
    [true, 5, 'open'],
    [true, 0, 'half_open'],
    [true, -1, 'half_open'],
  ])('that is open: %s, for %d s more, is %s', (isOpen, left, state) => expect(stateOf(isOpen, left)).toBe(state));
});

it.each<[Outcome, 'well' | 'fault' | null]>([
  [sent(), 'well'],
  [delivered(), 'well'],
  [rejected('hard_bounce'), 'well'],
  [rejected('provider_rejected'), 'well'],
  [retryLater(), 'well'],
  [rejected('ssrf_blocked'), null],
  [unknown(), 'fault'],
  [providerFault(), 'fault'],
  [providerFault('', { timedOut: true }), 'fault'],
])('%j says of its provider: %s', (outcome, verdict) => expect(verdictOf(outcome)).toBe(verdict));

it.each([
  [undefined, null],
  ['connect ECONNREFUSED 127.0.0.1:25', 'connect ECONNREFUSED 127.0.0.1:25'],
  ['421 4.7.0 <ann@example.com>: try later', '421 4.7.0 <•••>: try later'],
  ['503 no route to +49 151 1234-5678', '503 no route to •••'],
  ['x'.repeat(2_000), 'x'.repeat(1_000)],
])('of a fault it is kept what was said, not of whom: %s', (said, kept) => expect(faultText(said)).toBe(kept));

describe('the time within which most calls ended', () => {
  const timesOf = (...durations: number[]) => {
    const times = TIME_BOUNDS_MS.map(() => 0).concat(0);
    for (const duration of durations) times[boundOf(duration)]! += 1;
    return times;
  };

  it.each([
    [[], null],
    [[8], 10],
    [Array.from({ length: 100 }, () => 30), 34],
    [[...Array.from({ length: 94 }, () => 3), ...Array.from({ length: 6 }, () => 4_000)], 3_333],
    [[60_000], 30_000],
  ])('of %j is about %s ms', (durations, expected) => expect(quantileMs(timesOf(...durations), 0.95)).toBe(expected));
});
