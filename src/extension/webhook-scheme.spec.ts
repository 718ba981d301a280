import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newSigningSecret, onceByBytes, onceById, shownText } from './webhook-scheme.js';

const KEY = /^[\x21-\x7e]{1,200}$/;

describe('the key under which an event counts once', () => {
  it('is of a kind that can be kept, whatever the id is made of', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (id) => KEY.test(onceById(id, []))));
    expect(onceById('evt_1', [])).toBe('id:evt_1');
    expect(onceById('x'.repeat(9_000), [])).toMatch(/^id-sha256:[0-9a-f]{64}$/);
  });

  it('is another for each id, and never one of bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        expect(onceById(one, ['']) === onceById(other, [''])).toBe(one === other);
        expect(onceById(`${one}.`, [''])).not.toBe(onceByBytes([other]));
      }),
    );
  });

  it.each([undefined, null, '', 7, {}])('is of the bytes where %j stands for the id', (id) => {
    expect(onceById(id, ['a', 'b'])).toBe(onceByBytes(['a', 'b']));
  });

  it('of bytes is of all of them, in their order', () => {
    expect(onceByBytes(['a.', Buffer.from('b')])).toBe(onceByBytes(['a.b']));
    expect(onceByBytes(['a'])).not.toBe(onceByBytes(['b']));
  });
});

describe('a text of somebody else’s', () => {
  it.each([
    ['evt_1', 'evt_1'],
    ['', undefined],
    [4711, undefined],
    [null, undefined],
    [{}, undefined],
    ['a\0b', undefined],
    ['a\ud800', undefined],
    ['x'.repeat(201), undefined],
  ])('is shown when it can be kept: %j', (value, shown) => {
    expect(shownText(value)).toBe(shown);
  });
});

it('makes secrets that differ', () => {
  expect(newSigningSecret()).toMatch(/^[0-9a-f]{64}$/);
  expect(newSigningSecret()).not.toBe(newSigningSecret());
});
