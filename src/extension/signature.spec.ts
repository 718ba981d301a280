import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isSameText, isSignedByOne, isTimely, macOf } from './signature.js';

const NOW = new Date('2026-11-29T12:00:00.900Z');
const SECONDS = Math.floor(NOW.getTime() / 1_000);

describe('a signature', () => {
  it.each([
    ['sha1', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
    ['sha256', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
    [
      'sha512',
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ],
  ] as const)('by %s is that of RFC 2202 and 4231', (algorithm, expected) => {
    expect(macOf('Jefe', ['what do ya want ', Buffer.from('for nothing?')], { algorithm })).toBe(expected);
  });

  it('is believed by whichever key made it, and among others', () => {
    const made = macOf('new', ['body']);

    expect(isSignedByOne(['old', 'new'], [undefined, 'x', made], ['body'])).toBe(true);
    expect(isSignedByOne(['old'], [made], ['body'])).toBe(false);
    expect(isSignedByOne(['new'], [], ['body'])).toBe(false);
    expect(isSignedByOne([], [made], ['body'])).toBe(false);
  });

  it('is never believed by an empty key, which everybody has', () => {
    for (const key of ['', Buffer.alloc(0)]) expect(isSignedByOne([key], [macOf(key, ['body'])], ['body'])).toBe(false);
  });

  it('is one text: what a decoder would pass over makes it another', () => {
    for (const encoding of ['hex', 'base64'] as const) {
      const made = macOf('key', ['body'], { encoding });
      for (const other of [`${made}x`, ` ${made}`, `${made} `, made.replaceAll('=', ''), made.slice(0, -1), ''])
        expect([other, other !== made && isSignedByOne(['key'], [other], ['body'], { encoding })]).toEqual([
          other,
          false,
        ]);
    }
  });

  it('compares as === does', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (one, other) => isSameText(one, other) === (one === other)));
    fc.assert(fc.property(fc.string(), (text) => isSameText(text, text)));
  });
});

describe('a signed time', () => {
  const limits = { now: NOW, toleranceSeconds: 300 };

  it.each([
    [0, true],
    [-300, true],
    [300, true],
    [-301, false],
    [301, false],
  ])('that is %i s from now is near enough: %s', (distance, isNear) => {
    expect(isTimely(String(SECONDS + distance), limits)).toBe(isNear);
  });

  it.each([undefined, '', ' ', 'now', `${SECONDS}.0`, `${SECONDS}e0`, ` ${SECONDS}`, `+${SECONDS}`, `${SECONDS}\n`])(
    'is no %j',
    (text) => {
      expect(isTimely(text, limits)).toBe(false);
    },
  );

  it('is digits alone, so that nothing of what follows it can pass for its end', () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }), (rest) => !isTimely(`${SECONDS}${rest}`, limits)));
  });
});
