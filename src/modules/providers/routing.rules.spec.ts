import { describe, expect, it } from '@jest/globals';
import type { ProviderRole } from './provider.entity.js';
import { byRole, DEFAULT_ROUTING, type Ranked, ranked } from './routing.rules.js';

const one = (providerId: string, wish: Partial<Ranked> = {}): Ranked => ({
  ...{ providerId, role: 'any', priority: 100, weight: 1 },
  ...wish,
});
const ids = (providers: readonly Ranked[]) => providers.map(({ providerId }) => providerId);
const roles = (...given: ProviderRole[]) => given.map((role) => one(role, { role }));

describe('roles', () => {
  it.each<[number, readonly Ranked[], string[], string[]]>([
    [1, roles('any', 'transactional', 'bulk'), ['any', 'transactional'], ['bulk']],
    [49, roles('bulk', 'transactional'), ['transactional'], ['bulk']],
    [50, roles('bulk', 'transactional'), ['bulk'], ['transactional']],
    [10_000, roles('any', 'transactional', 'bulk'), ['any', 'bulk'], ['transactional']],
    [1, roles('bulk'), ['bulk'], []],
    [50, roles('transactional'), ['transactional'], []],
    [1, [], [], []],
  ])('%d recipients of %j', (recipients, providers, fit, others) => {
    const split = byRole(providers, recipients, DEFAULT_ROUTING);

    expect({ fit: ids(split.fit), others: ids(split.others) }).toEqual({ fit, others });
  });
});

describe('the order by priority', () => {
  it('is lower first, and as they came where it is the same', () => {
    const given = [one('a', { priority: 20 }), one('b', { priority: 10 }), one('c', { priority: 20 })];

    expect(ids(ranked(given, DEFAULT_ROUTING, 'delivery'))).toEqual(['b', 'a', 'c']);
  });
});

describe('the draw by weight', () => {
  const weighted = { bulkThreshold: 50, strategy: 'weighted' } as const;
  const three = [one('a', { weight: 1 }), one('b', { weight: 3 }), one('c', { weight: 6 })];
  const seeds = Array.from({ length: 5_000 }, (_, n) => `delivery ${n}`);

  it('is a delivery’s own, and the same each time, however the providers come', () => {
    for (const seed of seeds.slice(0, 50))
      expect(ids(ranked([...three].reverse(), weighted, seed))).toEqual(ids(ranked(three, weighted, seed)));
  });

  it('takes each as often as it weighs, first and next', () => {
    const orders = seeds.map((seed) => ids(ranked(three, weighted, seed)));
    const shareOf = (order: string, of = orders) =>
      of.filter((drawn) => drawn.join('').startsWith(order)).length / of.length;

    expect(shareOf('a')).toBeCloseTo(0.1, 1);
    expect(shareOf('b')).toBeCloseTo(0.3, 1);
    expect(shareOf('c')).toBeCloseTo(0.6, 1);
    // Of the rest again by weight: 1 to 3.
    expect(
      shareOf(
        'ca',
        orders.filter(([first]) => first === 'c'),
      ),
    ).toBeCloseTo(0.25, 1);
  });

  it('names everybody once', () => {
    for (const seed of seeds.slice(0, 50)) expect(ids(ranked(three, weighted, seed)).sort()).toEqual(['a', 'b', 'c']);
  });

  it('is of the likeliest where there is no delivery yet', () => {
    expect(ids(ranked(three, weighted, null))).toEqual(['c', 'b', 'a']);
  });
});
