import { expect, it } from '@jest/globals';
import { TokenBucket } from './token-bucket.js';

it('gives so many at once, then so many a second, and never saves up more', () => {
  const bucket = new TokenBucket(2, 3);
  const taken = (at: number): number => Array.from({ length: 10 }, () => bucket.take(at)).filter(Boolean).length;

  expect(taken(1_000_000)).toBe(3);
  expect(taken(1_000_400)).toBe(0);
  expect(taken(1_000_600)).toBe(1);
  expect(taken(9_000_000)).toBe(3);
});
