import { expect, it } from '@jest/globals';
import { retryAfterOf } from './http-outcome.js';

it.each<[string | undefined, number | undefined]>([
  ['120', 120],
  [' 7 ', 7],
  ['Fri, 27 Nov 2026 10:00:30 GMT', 30],
  ['Fri, 27 Nov 2026 09:00:00 GMT', 0],
  ['99999999', 86_400],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After: %j is %j seconds', (value, seconds) => {
  const headers: Record<string, string> = value === undefined ? {} : { 'retry-after': value };

  expect(retryAfterOf({ status: 429, headers, text: '' }, () => Date.UTC(2026, 10, 27, 10))).toBe(seconds);
});

/** A date of the year 5 for `Date.parse`. */
it('Retry-After: a negative number asks for no wait', () => {
  expect([undefined, 0]).toContain(retryAfterOf({ status: 429, headers: { 'retry-after': '-5' }, text: '' }));
});
