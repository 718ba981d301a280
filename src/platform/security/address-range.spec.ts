import { describe, expect, it } from '@jest/globals';
import { covers, isAddressRange } from './address-range.js';

describe('a range of addresses', () => {
  it.each([
    '203.0.113.7',
    '203.0.113.0/24',
    '0.0.0.0/0',
    '203.0.113.7/32',
    '2001:db8::',
    '2001:db8::/32',
    '::/0',
    '::1',
  ])('may be %s', (range) => {
    expect(isAddressRange(range)).toBe(true);
  });

  it.each([
    ...['', 'office', '999.0.0.1', '10.1', '010.0.0.1', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1'],
    ...[':::', '2001:db8::/129', '1::2::3', 'fe80::1%eth0/64', ' 10.0.0.1', '10.0.0.1\n', 7, null],
  ])('may not be %j', (range) => {
    expect(isAddressRange(range)).toBe(false);
  });

  it.each([
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['203.0.113.0/29', '203.0.113.7', true],
    ['203.0.113.0/29', '203.0.113.8', false],
    ['203.0.113.7', '::ffff:203.0.113.7', true],
    ['0.0.0.0/0', '198.51.100.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '198.51.100.1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['203.0.113.7', '', false],
    ['203.0.113.7', 'unknown', false],
    ['not a range', '203.0.113.7', false],
  ])('%s covers %s: %s', (range, address, expected) => {
    expect(covers(range, address)).toBe(expected);
  });
});
