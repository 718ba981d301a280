import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ipOf, isPublic } from './public-address.js';

const isOpen = (address: string): boolean => {
  const ip = ipOf(address);
  return ip !== null && isPublic(ip);
};

/** https://www.iana.org/assignments/iana-ipv4-special-registry and multicast, as numbers: another reading than the library's. */
const SPECIAL = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
].map((cidr) => {
  const [network = '', bits] = cidr.split('/');
  return { network: numberOf(network), size: 2 ** (32 - Number(bits)) };
});

function numberOf(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

const textOf = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
const isSpecial = (number: number): boolean =>
  SPECIAL.some(({ network, size }) => number >= network && number < network + size);
const wordsOf = (number: number): [string, string] => [(number >>> 16).toString(16), (number & 0xffff).toString(16)];

const anyNumber = fc.nat(0xffffffff);
const special = fc.constantFrom(...SPECIAL).chain(({ network, size }) => fc.nat(size - 1).map((n) => network + n));
const word = fc.nat(0xffff).map((n) => n.toString(16));

describe('an IPv4 address', () => {
  it('is public when no registry has another use for it', () => {
    fc.assert(
      fc.property(anyNumber, (n) => isOpen(textOf(n)) === !isSpecial(n)),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(special, (n) => !isOpen(textOf(n))),
      { numRuns: 2_000 },
    );
  });

  it('is told from its neighbours at both ends of each network', () => {
    for (const { network, size } of SPECIAL)
      for (const n of [network - 1, network, network + size - 1, network + size])
        if (n >= 0 && n <= 0xffffffff) expect([textOf(n), isOpen(textOf(n))]).toEqual([textOf(n), !isSpecial(n)]);
  });

  it('is what it is when it is written as IPv6', () => {
    fc.assert(
      fc.property(anyNumber, (n) => {
        const [high, low] = wordsOf(n);
        const forms = [`::ffff:${textOf(n)}`, `::ffff:${high}:${low}`, `0:0:0:0:0:FFFF:${high}:${low}`];
        return forms.every((form) => isOpen(form) === !isSpecial(n));
      }),
    );
  });
});

describe('an IPv4 address within IPv6, to which a gateway may translate it', () => {
  /** Every one of them is refused, whatever it holds: whether there is a gateway nobody here can know. */
  const FORMS: Readonly<Record<string, (high: string, low: string, a: string, b: string) => string>> = {
    compatible: (high, low) => `::${high}:${low}`,
    translated: (high, low) => `::ffff:0:${high}:${low}`,
    NAT64: (high, low) => `64:ff9b::${high}:${low}`,
    'local NAT64': (high, low, a, b) => `64:ff9b:1:${a}:${b}:0:${high}:${low}`,
    '6to4': (high, low, a, b) => `2002:${high}:${low}:${a}::${b}`,
    'Teredo, server': (high, low, a, b) => `2001:0:${high}:${low}:0:${a}:${b}:0`,
    'Teredo, client': (high, low, a) => `2001:0:${a}:1:0:0:${flipped(high)}:${flipped(low)}`,
    ISATAP: (high, low, a, b) => `2606:4700:${a}:${b}:0:5efe:${high}:${low}`,
    'ISATAP, global': (high, low, a, b) => `2a00:${a}:${b}:0:200:5efe:${high}:${low}`,
    'ISATAP, link': (high, low) => `fe80::5efe:${high}:${low}`,
  };
  const flipped = (part: string): string => (Number.parseInt(part, 16) ^ 0xffff).toString(16);

  it.each(Object.entries(FORMS))('is not public: %s', (_name, form) => {
    fc.assert(
      fc.property(fc.oneof(special, anyNumber), word, word, (n, a, b) => !isOpen(form(...wordsOf(n), a, b))),
      { numRuns: 500 },
    );
  });
});

describe('an IPv6 address', () => {
  const address = fc.tuple(word, word, word, word, word, word, word).map((rest) => rest.join(':'));

  it('is never public outside of what is assigned', () => {
    const outside = fc.nat(0xffff).filter((first) => first < 0x2000 || first > 0x3fff);
    fc.assert(
      fc.property(outside, address, (first, rest) => {
        const whole = `${first.toString(16)}:${rest}`;
        return whole.startsWith('0:0:0:0:0:ffff:') || !isOpen(whole);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '2606:4700:4700::1111',
    '2001:4860:4860::8888',
    '2a00:1450:4001:81b::200e',
    '2620:fe::fe',
    '2400:cb00:2048:1::c629:d7a2',
  ])('is public: %s', (text) => {
    expect(isOpen(text)).toBe(true);
  });

  it.each([
    ...['::', '::1', '::2', '100::1', '100:0:0:1::1', '5f00::1', '4000::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1'],
    ...[
      'fec0::1',
      'ff02::1',
      'ff0e::1',
      '2001::1',
      '2001:1::1',
      '2001:2::1',
      '2001:3::1',
      '2001:4:112::1',
      '2001:db8::1',
    ],
    ...['2001:10::1', '2001:20::1', '2001:30::1', '2620:4f:8000::1', '3fff::1', '3fff:fff:ffff::1'],
  ])('is not public: %s', (text) => {
    expect(isOpen(text)).toBe(false);
  });
});

it.each([
  '2606:4700:4700::1111%eth0',
  'fe80::1%1',
  '::1%lo',
  '::ffff:8.8.8.8%lo',
  '',
  'example.com',
  '8.8.8',
  '0x8.8.8.8',
  '[::1]',
])('is no address, or one of a link of this machine: %j', (text) => {
  expect(ipOf(text)).toBeNull();
});
