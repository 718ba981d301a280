import { describe, expect, it } from '@jest/globals';
import { differenceOf } from './difference.rules.js';

describe('what differs', () => {
  it.each([
    ['nothing', { a: 1, b: [1, 2] }, { a: 1, b: [1, 2] }, null],
    ['a value', { a: 1, b: 2 }, { a: 1, b: 3 }, { before: { b: 2 }, after: { b: 3 } }],
    ['something new', { a: 1 }, { a: 1, b: 2 }, { before: {}, after: { b: 2 } }],
    ['something gone', { a: 1, b: 2 }, { a: 1 }, { before: { b: 2 }, after: {} }],
    ['a list as one', { a: [1, 2] }, { a: [1] }, { before: { a: [1, 2] }, after: { a: [1] } }],
    [
      'what is within',
      { a: { b: 1, c: { d: 1, e: 2 } } },
      { a: { b: 1, c: { d: 1, e: 3 } } },
      { before: { a: { c: { e: 2 } } }, after: { a: { c: { e: 3 } } } },
    ],
    ['an end', { a: null }, { a: new Date(0) }, { before: { a: null }, after: { a: new Date(0) } }],
    ['no time', { a: new Date(0) }, { a: new Date(0) }, null],
  ])('is %s', (_what, before, after, expected) => {
    expect(differenceOf(before, after)).toEqual(expected);
  });
});
