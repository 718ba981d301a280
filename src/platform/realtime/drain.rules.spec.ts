import { describe, expect, it } from '@jest/globals';
import { leaveTimes } from './drain.rules.js';

describe('the times at which sockets leave', () => {
  it('are one in each part of the window', () => {
    const times = leaveTimes(50, 20_000, Math.random).sort((a, b) => a - b);

    times.forEach((time, part) => {
      expect(time).toBeGreaterThanOrEqual(part * 400);
      expect(time).toBeLessThan((part + 1) * 400);
    });
  });

  it('do not follow the order of the sockets', () => {
    const times = leaveTimes(50, 20_000, Math.random);

    expect(times).not.toEqual([...times].sort((a, b) => a - b));
  });

  it('are none for none', () => {
    expect(leaveTimes(0, 20_000, Math.random)).toEqual([]);
  });
});
