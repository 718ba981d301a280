import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Coalescer } from './coalescer.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('what is coalesced', () => {
  it('runs at once, then the last of those that came, and once in the time', () => {
    const coalescer = new Coalescer(1_000);
    const ran: number[] = [];
    const run = (n: number) => coalescer.run('ann', () => ran.push(n));

    [1, 2, 3].forEach(run);
    expect(ran).toEqual([1]);
    jest.advanceTimersByTime(999);
    run(4);
    expect(ran).toEqual([1]);
    jest.advanceTimersByTime(1);
    expect(ran).toEqual([1, 4]);
    run(5);
    expect(ran).toEqual([1, 4]);
    jest.advanceTimersByTime(1_000);
    expect(ran).toEqual([1, 4, 5]);
  });

  it('runs at once again after a quiet time', () => {
    const coalescer = new Coalescer(1_000);
    const ran: number[] = [];

    coalescer.run('ann', () => ran.push(1));
    jest.advanceTimersByTime(1_000);
    coalescer.run('ann', () => ran.push(2));

    expect(ran).toEqual([1, 2]);
  });

  it('does not wait for others', () => {
    const coalescer = new Coalescer(1_000);
    const ran: string[] = [];

    for (const name of ['ann', 'bob']) coalescer.run(name, () => ran.push(name));

    expect(ran).toEqual(['ann', 'bob']);
  });
});
