import { describe, expect, it } from '@jest/globals';
import { bodyOfAnswer, bodyOfForward, faultOfHeaders, isWorthAnotherTry } from './forward.rules.js';

describe('headers of a call', () => {
  it.each([
    [{}],
    [{ 'X-Order': '4711', Authorization: 'Bearer x' }],
    [{ 'X-Order': { $: 'payload.id' } }],
    [{ $: 'payload.headers' }],
  ])('may be %j', (headers) => {
    expect(faultOfHeaders(headers)).toBeNull();
  });

  it.each([
    [null],
    [{ 'X Order': '1' }],
    [{ host: 'x' }],
    [{ 'Webhook-Signature': 'x' }],
    [{ 'x-chatapi-hops': '0' }],
    [{ 'X-Order': 'a\nb' }],
    [{ 'X-Order': 7 }],
    [{ a: '1', A: '2' }],
    [Object.fromEntries(Array.from({ length: 31 }, (_none, n) => [`x-${n}`, '1']))],
  ])('may not be %j', (headers) => {
    expect(faultOfHeaders(headers)).toEqual(expect.any(String));
  });
});

it.each([
  [{ method: 'POST' as const }, { text: '{"a":1}', contentType: 'application/json' }],
  [
    { method: 'PUT' as const, body: [1] },
    { text: '[1]', contentType: 'application/json' },
  ],
  [
    { method: 'POST' as const, body: 'Hello' },
    { text: 'Hello', contentType: 'text/plain; charset=utf-8' },
  ],
  [{ method: 'GET' as const, body: 'Hello' }, null],
])('the body of %j', (params, body) => {
  expect(bodyOfForward(params, { a: 1 })).toEqual(body);
});

it.each([
  ['{"a":1}', { a: 1 }],
  ['no json', 'no json'],
  ['"a\\u0000b"', '"a\\u0000b"'],
  ['a\0b\ud800', 'ab\ufffd'],
  ['['.repeat(50) + ']'.repeat(50), '['.repeat(50) + ']'.repeat(50)],
  ['', ''],
])('the answer %j can be stored', (text, body) => {
  expect(bodyOfAnswer(text)).toEqual(body);
});

it.each([
  [404, false],
  [410, false],
  [302, false],
  [408, true],
  [425, true],
  [429, true],
  [500, true],
  [503, true],
])('%i is worth another try: %j', (status, isWorth) => {
  expect(isWorthAnotherTry(status)).toBe(isWorth);
});
