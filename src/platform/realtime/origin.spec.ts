import { describe, expect, it } from '@jest/globals';
import { assertOrigin } from './origin.js';

const allows = (allowed: string[], origin: string | undefined): boolean => {
  try {
    assertOrigin(allowed, origin);
    return true;
  } catch {
    return false;
  }
};

describe('an origin', () => {
  it.each([
    [[], 'https://anywhere.example', true],
    [['https://shop.example'], undefined, true],
    [['https://shop.example'], 'https://shop.example', true],
    [['https://Shop.example:443/'], 'https://shop.example', true],
    [['https://a.example', 'http://localhost:3000'], 'http://localhost:3000', true],
    [['*'], 'https://anywhere.example', true],
    [['https://shop.example'], 'http://shop.example', false],
    [['https://shop.example'], 'https://shop.example:8443', false],
    [['https://shop.example'], 'https://shop.example.evil.example', false],
    [['https://shop.example'], 'https://evil.example', false],
    [['https://shop.example'], 'null', false],
  ])('with %j allowed, %s', (allowed, origin, expected) => {
    expect(allows(allowed, origin)).toBe(expected);
  });
});
