import { describe, expect, it } from '@jest/globals';
import { pointerInto } from './expression-places.rules.js';

describe('a pointer into what was given', () => {
  it.each([
    [{ to: { email: 'x' } }, '/to/0/email', '/to/email'],
    [{ to: [{ email: 'x' }] }, '/to/0/email', '/to/0/email'],
    [{ to: { 0: 'x' } }, '/to/0', '/to/0'],
    [{ 'a/b': { c: 1 } }, '/a~1b/0/c', '/a~1b/c'],
    [{ to: 'x' }, '/to/0', '/to/0'],
    [undefined, '/to/0', '/to/0'],
    [{}, '', ''],
  ])('of %j: %s is %s', (given, pointer, is) => {
    expect(pointerInto(given, pointer)).toBe(is);
  });
});
