import { describe, expect, it } from '@jest/globals';
import { CommandRate } from './command-rate.js';

const PER_SECOND = 60;
const at = (seconds: number): number => 1_800_000_000_000 + seconds * 1_000;
const times = <T>(count: number, run: () => T): T[] => Array.from({ length: count }, run);

describe('the commands of a socket', () => {
  it('are taken up to so many a second, and again in the next', () => {
    const rate = new CommandRate();

    expect(times(61, () => rate.take(PER_SECOND, at(0)))).toEqual([...times(60, () => 'taken'), 'refused']);
    expect(rate.take(PER_SECOND, at(1))).toBe('taken');
  });

  it('are abuse once ten seconds’ worth were refused within ten seconds', () => {
    const rate = new CommandRate();

    const refusals = times(601, () => rate.refuse(PER_SECOND, at(3)));

    expect(refusals.slice(0, 600)).toEqual(times(600, () => 'refused'));
    expect(refusals[600]).toBe('abusive');
  });

  it('are no abuse when the refusals are spread over more', () => {
    const rate = new CommandRate();

    times(600, () => rate.refuse(PER_SECOND, at(0)));

    expect(times(600, () => rate.refuse(PER_SECOND, at(10)))).toEqual(times(600, () => 'refused'));
  });

  it('are no abuse where a low limit is asked again and again', () => {
    const rate = new CommandRate();

    expect(times(500, () => rate.refuse(1, at(0)))).toEqual(times(500, () => 'refused'));
    expect(rate.refuse(1, at(0))).toBe('abusive');
  });
});
