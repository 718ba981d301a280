import { describe, expect, it } from '@jest/globals';
import { formsOf, MASK, masked, unmasked } from './secrets.rules.js';

const headers = { authorization: 'Bearer t0ken-0123456789', 'x-account': 'shop' };

it.each([
  ['secret', MASK],
  [4711, MASK],
  [['a', 'b'], MASK],
  [headers, { authorization: MASK, 'x-account': MASK }],
  [{ a: { b: 'c' } }, { a: { b: MASK } }],
  [{}, {}],
  [undefined, undefined],
  [null, null],
])('%j is shown as %j', (secret, shown) => expect(masked(secret)).toEqual(shown));

it.each([
  ['all as it was', { authorization: MASK, 'x-account': MASK }, headers],
  ['the whole as it was', MASK, headers],
  ['one as it was and one new', { authorization: MASK, 'x-account': 'x' }, { ...headers, 'x-account': 'x' }],
  ['what is left out: gone', { 'x-account': MASK }, { 'x-account': 'shop' }],
  ['what never was: nothing', { 'x-key': MASK, constructor: MASK }, {}],
  ['something else', 'new', 'new'],
  ['nothing', null, null],
])('sent back is %s', (_what, sent, after) => expect(unmasked(sent, headers)).toEqual(after));

describe('of what a provider says is taken out', () => {
  const redacted = (text: string, ...secrets: unknown[]) =>
    formsOf(secrets).reduce((said, form) => said.replaceAll(form, MASK), text);

  it.each([
    ['a value', 'no: Bearer t0ken-0123456789', 'no: ••••'],
    ['a word of a value', 'no such token t0ken-0123456789', 'no such token ••••'],
    ['another value', 'who is shop?', 'who is ••••?'],
    [
      'a value in base64',
      `no: ${Buffer.from('t0ken-0123456789').toString('base64')}`,
      expect.not.stringMatching(/dDBrZW4t/),
    ],
  ])('%s', (_what, said, left) => expect(redacted(said, headers)).toEqual(left));

  it('the longer of two secrets of which one begins as the other', () => {
    expect(redacted('abcdefgh', 'abcd', 'abcdefgh')).toBe(MASK);
  });

  it('nothing where there is none, nor words of a password', () => {
    expect(redacted('the staples', undefined, null, 'a staples b', 12_345, {})).toBe('the staples');
  });
});
