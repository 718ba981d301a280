import { describe, expect, it } from '@jest/globals';
import { isKeptBack } from './suppressions.rules.js';

describe('what a suppression keeps back', () => {
  it.each([
    ['hard_bounce', ['critical', 'transactional', 'marketing']],
    ['manual', ['critical', 'transactional', 'marketing']],
    ['complaint', ['transactional', 'marketing']],
    ['unsubscribe', ['marketing']],
  ] as const)('%s: %s', (reason, kept) => {
    const all = ['critical', 'transactional', 'marketing'] as const;
    expect(all.filter((category) => isKeptBack([reason], category))).toEqual(kept);
  });

  it('of several, the strictest', () => {
    expect(isKeptBack(['unsubscribe', 'complaint'], 'transactional')).toBe(true);
    expect(isKeptBack([], 'marketing')).toBe(false);
  });
});
