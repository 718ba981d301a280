import { describe, expect, it } from '@jest/globals';
import { readEnv } from '../../config/index.js';
import { TokenBox } from './token-box.js';

const boxWith = (secrets: string): TokenBox =>
  new TokenBox(readEnv({ DATABASE_URL: 'postgres://db/x', REDIS_URL: 'redis://r', SECRET_KEY: secrets }));
const OLD = 'the-old-secret-key';
const NEW = 'the-new-secret-key';
const TEXT = '["ann@example.com","grüße"]';

describe('a token', () => {
  it('gives back its text, for its purpose alone, and shows nothing of it', () => {
    const box = boxWith(OLD);
    const token = box.seal('a', TEXT);

    expect(box.open('a', token)).toBe(TEXT);
    expect(box.open('b', token)).toBeNull();
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('ann');
    expect(box.seal('a', TEXT)).not.toBe(token);
  });

  it('opens with the key that sealed it, wherever that stands in the ring', () => {
    const token = boxWith(OLD).seal('a', TEXT);

    expect(boxWith(`${NEW},${OLD}`).open('a', token)).toBe(TEXT);
    expect(boxWith(NEW).open('a', token)).toBeNull();
  });

  it('that was changed in any place is none', () => {
    const box = boxWith(OLD);
    const token = box.seal('a', TEXT);
    const changed = [...token].map((sign, at) => token.slice(0, at) + (sign === 'A' ? 'B' : 'A') + token.slice(at + 1));

    // The last sign has bits that stand for nothing.
    expect(changed.slice(0, -1).filter((one) => box.open('a', one) !== null)).toEqual([]);
  });

  it.each(['', 'x', 'A'.repeat(44), 'A'.repeat(3_000), '%00'.repeat(20), 'ä'.repeat(50)])('%# is none', (token) => {
    expect(boxWith(OLD).open('a', token)).toBeNull();
  });
});
