import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generateKey, type KeyType, parseKey } from './api-key.js';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const aKey = fc.constantFrom<KeyType>('master', 'scoped').map(generateKey);

describe('an API key', () => {
  it('is read back from what is shown', () => {
    fc.assert(
      fc.property(aKey, (made) => {
        expect(made.key).toMatch(/^ck_(master|scoped)_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}$/);
        expect(parseKey(made.key)).toEqual(made);
      }),
    );
  });

  it('is refused with any one character changed, left out, doubled or swapped with its neighbour', () => {
    fc.assert(
      fc.property(aKey, fc.nat(), fc.constantFrom(...BASE62, '_', '-', ' ', 'é'), ({ key }, place, other) => {
        const at = place % key.length;
        const [before, here = '', after] = [key.slice(0, at), key[at], key.slice(at + 1)];
        const next = after[0] ?? '';
        const mistyped = [before + other + after, before + after, before + here + here + after];
        if (next) mistyped.push(before + next + here + after.slice(1));
        for (const wrong of mistyped) if (wrong !== key) expect(parseKey(wrong)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('is refused for every other character in each of its places', () => {
    const { key } = generateKey('master');

    for (let at = 'ck_master_'.length; at < key.length; at++)
      for (const other of BASE62)
        if (other !== key[at]) expect(parseKey(key.slice(0, at) + other + key.slice(at + 1))).toBeNull();
  });

  it.each(['', 'ck', 'ck_master__', `ck_master_${'0'.repeat(12)}_${'0'.repeat(43)}`, `${generateKey('scoped').key}\n`])(
    'is not %j',
    (text) => {
      expect(parseKey(text)).toBeNull();
    },
  );

  it('is never the same twice', () => {
    const keys = Array.from({ length: 1_000 }, () => generateKey('scoped'));

    expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(1_000);
    expect(new Set(keys.map(({ secret }) => secret)).size).toBe(1_000);
  });
});
