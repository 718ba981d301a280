import { describe, expect, it } from '@jest/globals';
import { faultsOfHeaders, literalOf } from './endpoint.rules.js';

describe('the headers of an endpoint', () => {
  it('may be any that are not ours', () => {
    expect(faultsOfHeaders({ authorization: 'Bearer abc', 'X-Team': 'grün', 'x-empty': '' })).toEqual([]);
  });

  it.each([
    ['webhook-id', 'reserved_header'],
    ['Webhook-Signature', 'reserved_header'],
    ['x-chatapi-hops', 'reserved_header'],
    ['X-ChatAPI-Anything', 'reserved_header'],
    ['Host', 'reserved_header'],
    ['content-length', 'reserved_header'],
    ['Content-Type', 'reserved_header'],
    ['connection', 'reserved_header'],
    ['Transfer-Encoding', 'reserved_header'],
    ['with space', 'header_name'],
    ['line\r\nbreak', 'header_name'],
    ['', 'header_name'],
  ])('are not %j', (name, code) => {
    expect(faultsOfHeaders({ [name]: 'x' })).toMatchObject([{ code }]);
  });

  it.each(['a\r\nb: c', 'a\nb', 'a\0b', 'x'.repeat(2_001), '👍', 7, null, { a: 'b' }])('do not say %j', (value) => {
    expect(faultsOfHeaders({ 'x-a': value })).toMatchObject([{ pointer: '/headers/x-a', code: 'header_value' }]);
  });

  it('are few, and each is there once', () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`x-${n}`, 'x']));
    expect(faultsOfHeaders(many)).toMatchObject([{ pointer: '/headers', code: 'max_size' }]);
    expect(faultsOfHeaders({ 'x-a': '1', 'X-A': '2' })).toMatchObject([{ pointer: '/headers/X-A', code: 'twice' }]);
  });
});

it.each([
  ['http://127.0.0.1:8080/x', '127.0.0.1'],
  ['http://0x7f.1/', '127.0.0.1'],
  ['http://2130706433/', '127.0.0.1'],
  ['https://[::1]/', '::1'],
  ['https://example.com/', null],
  ['https://localhost/', null],
])('%s names the address %j', (url, address) => {
  expect(literalOf(url)).toBe(address);
});
