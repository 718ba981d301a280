import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { payloadOf } from './payload.rules.js';

const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded; charset=utf-8';
const read = (text: string, type = JSON_TYPE): unknown => payloadOf(Buffer.from(text), type);

describe('the payload', () => {
  it.each([
    ['{"a":1}', JSON_TYPE, { a: 1 }],
    ['[1]', '', [1]],
    ['null', JSON_TYPE, null],
    ['{"a":', JSON_TYPE, '{"a":'],
    ['', JSON_TYPE, ''],
    ['{"a":1}', 'text/plain', { a: 1 }],
    ['a=1&b=x+y&a=2', FORM, { a: ['1', '2'], b: 'x y' }],
    ['payload=%7B%22a%22%3A1%7D', FORM, { a: 1 }],
    ['payload=nothing', FORM, { payload: 'nothing' }],
    ['payload=%7B%7D&x=1', FORM, { payload: '{}', x: '1' }],
    ['payload=%7B%7D&payload=1', FORM, {}],
    ['', FORM, {}],
  ])('of %s, as %s', (text, type, payload) => {
    expect(read(text, type)).toEqual(payload);
  });

  it('is a text where it nests too deep, or has too many fields', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(read(nested(64))).toEqual(expect.any(Array));
    expect(read(nested(66))).toBe(nested(66));
    expect(read(nested(100_000))).toBe(nested(100_000));
    const many = Array.from({ length: 1_001 }, (_none, n) => `f${n}=1`).join('&');
    expect(read(many, FORM)).toBe(many);
  });

  it('leaves no prototype changed', () => {
    expect(read('{"__proto__":{"x":1}}')).not.toHaveProperty('x');
    expect(read('__proto__=1', FORM)).toHaveProperty('__proto__', '1');
    expect({}).not.toHaveProperty('x');
  });

  it('is something, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom(JSON_TYPE, FORM, 'x'), (bytes, type) => {
        JSON.stringify(payloadOf(Buffer.from(bytes), type));
      }),
    );
  });
});
