import { describe, expect, it } from '@jest/globals';
import { faultsOf, resolved } from './matcher.js';

describe('what fits', () => {
  it.each([
    ['a number', 1, 1],
    ['null', null, null],
    ['an object with more fields than expected', { a: 1, b: 2 }, { a: 1 }],
    ['the same within it', { a: { b: 1, c: 2 } }, { a: { b: 1 } }],
    ['a list with its items in order', [{ a: 1, b: 1 }, { a: 2 }], [{ a: 1 }, { a: 2 }]],
    ['an empty list', [], []],
    ['a list in any order', [{ a: 2 }, { a: 1 }], { $unordered: [{ a: 1 }, { a: 2 }] }],
    ['an object with exactly the fields expected', { a: 1 }, { $exactly: { a: 1 } }],
    ['anything', 0, '$any'],
    ['a field that is not there', {}, { a: '$absent' }],
    ['a time', '2026-11-24T09:30:00.000Z', '$time'],
  ])('%s', (_what, actual, expected) => {
    expect(faultsOf(actual, expected)).toEqual([]);
  });
});

describe('what does not', () => {
  it.each<[string, unknown, unknown, string]>([
    ['another value', { a: 1 }, { a: 2 }, '/a is 1, not 2'],
    ['a text for a number', { a: '1' }, { a: 1 }, '/a is "1", not 1'],
    ['a field that is missing', {}, { a: 1 }, '/a is absent, not 1'],
    ['null for a field that is absent', { a: null }, { a: '$absent' }, '/a is null, not "$absent"'],
    ['absent for null', {}, { a: null }, '/a is absent, not null'],
    ['null for anything', { a: null }, { a: '$any' }, '/a is null, not "$any"'],
    ['nothing for anything', {}, { a: '$any' }, '/a is absent, not "$any"'],
    ['a time without milliseconds', { a: '2026-11-24T09:30:00Z' }, { a: '$time' }, '/a is "2026-'],
    ['an item too many', { a: [1, 2] }, { a: [1] }, '/a has 2 items, not 1'],
    ['an item too few', { a: [1] }, { a: [1, 2] }, '/a has 1 items, not 2'],
    ['an item out of its place', [1, 2], [2, 2], '/0 is 1, not 2'],
    ['a field too many, where that matters', { a: { b: 1, c: 2 } }, { a: { $exactly: { b: 1 } } }, '/a/c should not'],
    ['a field too few, there', { a: {} }, { a: { $exactly: { b: 1 } } }, '/a/b is absent'],
    ['an item that is not among them', { a: [1, 1] }, { a: { $unordered: [1, 2] } }, '/a has no item 2'],
    ['an item too many among them', { a: [1, 2] }, { a: { $unordered: [1] } }, '/a has 2 items'],
    ['a text for an object', { a: 'b' }, { a: { b: 1 } }, '/a is "b"'],
    ['an object for a list', { a: {} }, { a: [] }, '/a is {}'],
    ['a value, where there is only one', 1, 2, 'the answer is 1, not 2'],
  ])('%s', (_what, actual, expected, fault) => {
    expect(faultsOf(actual, expected)).toEqual([expect.stringContaining(fault)]);
  });

  it('each fault is named', () => {
    expect(faultsOf({ a: 1, b: [3] }, { a: 2, b: [4] })).toHaveLength(2);
  });
});

describe('names', () => {
  const names = new Map<string, unknown>([
    ['ana', 'x-ana'],
    ['room', { id: 'r1', settings: { open: false }, list: ['first'] }],
  ]);

  it('stand for what was kept, or a part of it, wherever they are', () => {
    expect(resolved({ userIds: ['$ana'], in: { roomId: '$room.id' } }, names)).toEqual({
      userIds: ['x-ana'],
      in: { roomId: 'r1' },
    });
    expect(resolved(['$room.settings', '$room.settings.open', '$room.list.0'], names)).toEqual([
      { open: false },
      false,
      'first',
    ]);
  });

  it('leave matchers and other texts alone', () => {
    const value = { a: '$any', b: '$absent', c: '$time', d: 'costs 5 $', e: 7, f: null };
    expect(resolved(value, names)).toEqual(value);
  });

  it.each(['$ben', '$room.name', '$ana.id'])('%s must stand for something', (name) => {
    expect(() => resolved({ a: name }, names)).toThrow(`${name} stands for nothing`);
  });
});
