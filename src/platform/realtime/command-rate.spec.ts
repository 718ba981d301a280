import { describe, expect, it } from '@jest/globals';
import { CommandRate } from './command-rate.js';

const PER_SECOND = 5;
const at = (seconds: number): number => 1_800_000_000_000 + seconds * 1_000;
const times = <T>(count: number, run: () => T): T[] => Array.from({ length: count }, run);

describe('the commands of a socket', () => {
  it('are taken up to so many a second, and again in the next', () => {
    const rate = new CommandRate();

    expect(times(6, () => rate.take(PER_SECOND, at(0)))).toEqual([...times(5, () => 'taken'), 'refused']);
    expect(rate.take(PER_SECOND, at(1))).toBe('taken');
  });

  it('are abuse once ten seconds’ worth were refused within ten seconds', () => {
    const rate = new CommandRate();

    const refusals = times(51, () => rate.refuse(PER_SECOND, at(3)));

    expect(refusals.slice(0, 50)).toEqual(times(50, () => 'refused'));
    expect(refusals[50]).toBe('abusive');
  });

  it('are no abuse when the refusals are spread over more', () => {
    const rate = new CommandRate();

    times(50, () => rate.refuse(PER_SECOND, at(0)));

    expect(times(50, () => rate.refuse(PER_SECOND, at(10)))).toEqual(times(50, () => 'refused'));
  });
});
