import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readEnv } from '../../config/index.js';
import { SecretBox } from './secret-box.js';

const OLD = 'the first secret key of all';
const NEW = 'the secret key that follows it';
const boxOf = (...ring: string[]): SecretBox =>
  new SecretBox(
    readEnv({ DATABASE_URL: 'postgres://nowhere/none', REDIS_URL: 'redis://nowhere', SECRET_KEY: ring.join(',') }),
  );

describe('a sealed secret', () => {
  const box = boxOf(OLD);

  it('opens as what it was, where it was sealed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (plain, place) => {
        expect(box.open(box.seal(plain, place), place)).toBe(plain);
      }),
    );
  });

  it('shows nothing of what it was, and never looks the same twice', () => {
    const [one, two] = [box.seal('hunter2hunter2', 'here'), box.seal('hunter2hunter2', 'here')];

    expect(JSON.stringify(one)).not.toMatch(/hunter2/);
    expect(Buffer.from(one.data, 'base64').toString('latin1')).not.toMatch(/hunter2/);
    expect(one.data).not.toBe(two.data);
    expect(one.dek).not.toBe(two.dek);
  });

  it('does not open anywhere else: not for another client, nor another record', () => {
    const sealed = box.seal('secret', 'client-a|provider-1');

    expect(() => box.open(sealed, 'client-b|provider-1')).toThrow();
    expect(() => box.open(sealed, 'client-a|provider-2')).toThrow();
    expect(() =>
      box.open({ ...sealed, data: box.seal('x', 'client-a|provider-1').data }, 'client-a|provider-1'),
    ).toThrow();
  });

  it('does not open with one bit of it changed', () => {
    const sealed = box.seal('secret', 'here');
    for (const part of ['data', 'dek'] as const) {
      const bytes = Buffer.from(sealed[part], 'base64');
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 1;
        expect(() => box.open({ ...sealed, [part]: changed.toString('base64') }, 'here')).toThrow();
      }
    }
  });
});

describe('a rotated SECRET_KEY', () => {
  it('opens what the old one sealed, and seals with the new one', () => {
    const old = boxOf(OLD).seal('secret', 'here');
    const both = boxOf(NEW, OLD);

    expect(both.open(old, 'here')).toBe('secret');
    expect(boxOf(NEW).open(both.seal('newer', 'here'), 'here')).toBe('newer');
  });

  it('wraps what the old one sealed anew: the text stays, and the old key is not needed any more', () => {
    const old = boxOf(OLD).seal('secret', 'here');
    const both = boxOf(NEW, OLD);
    const anew = both.rewrapped(old, 'here');

    expect(anew).toMatchObject({ data: old.data, kid: both.kids[0] });
    expect(boxOf(NEW).open(anew, 'here')).toBe('secret');
    expect(() => boxOf(OLD).open(anew, 'here')).toThrow();
    expect(() => both.rewrapped(old, 'elsewhere')).toThrow();
    expect(() => boxOf(NEW).rewrapped(old, 'here')).toThrow();
  });

  it('says which key is missing, and nothing of it, once the old one is gone', () => {
    const old = boxOf(OLD).seal('secret', 'here');

    expect(() => boxOf(NEW).open(old, 'here')).toThrow(new RegExp(`${old.kid}.*SECRET_KEY`));
    expect(old.kid).toMatch(/^[0-9a-f]{8}$/);
  });
});
