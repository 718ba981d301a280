import { describe, expect, it } from '@jest/globals';
import { PATTERN, patternsOf, unknownPatterns } from './event-types.rules.js';

describe('the patterns that an event fits', () => {
  it.each([
    ['message.created', ['message.created', 'message.*', '*']],
    ['a.b.c', ['a.b.c', 'a.*', 'a.b.*', '*']],
    ['single', ['single', '*']],
  ])('of %s', (type, patterns) => {
    expect(patternsOf(type)).toEqual(patterns);
  });

  it('are not those of a neighbour whose name begins alike', () => {
    expect(patternsOf('messages.created')).not.toContain('message.*');
    expect(patternsOf('message.created')).not.toContain('message.created.*');
  });
});

it('a pattern that no type fits is found by its place', () => {
  const types = ['message.created', 'room.created'];
  expect(unknownPatterns(['*', 'message.*', 'mesage.*', 'room.created', 'room.gone', 'message'], types)).toEqual([
    2, 4, 5,
  ]);
});

it.each([
  ['*', true],
  ['message.*', true],
  ['message.created', true],
  ['a.b.*', true],
  ['*.created', false],
  ['message.*.x', false],
  ['message.', false],
  ['', false],
  ['.*', false],
  ['mess age', false],
])('%j is a pattern: %s', (text, is) => {
  expect(PATTERN.test(text)).toBe(is);
});
