import fc from 'fast-check';

/** Where private networks begin, and how many addresses they have: what is in them is what nobody outside should reach. */
const NETWORKS: readonly (readonly [string, number])[] = [
  ...([
    ['0.0.0.0', 24],
    ['10.0.0.0', 24],
    ['100.64.0.0', 22],
    ['127.0.0.0', 24],
    ['169.254.0.0', 16],
  ] as const),
  ...([
    ['172.16.0.0', 20],
    ['192.0.0.0', 8],
    ['192.0.2.0', 8],
    ['192.168.0.0', 16],
    ['198.18.0.0', 17],
  ] as const),
  ...([
    ['198.51.100.0', 8],
    ['203.0.113.0', 8],
    ['224.0.0.0', 28],
    ['240.0.0.0', 28],
  ] as const),
];

const partsOf = (n: number): [number, number, number, number] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const dotted = (n: number): string => partsOf(n).join('.');
const numberOf = (text: string): number => text.split('.').reduce((n, part) => n * 256 + Number(part), 0);
const hex = (n: number): string => n.toString(16);
const words = (n: number): string => `${hex(n >>> 16)}:${hex(n & 0xffff)}`;
const inDigits = (text: string, zero: number): string =>
  text.replaceAll(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

/** The ways in which one IPv4 address may be written where a host is. */
const WRITINGS: readonly ((n: number) => string)[] = [
  dotted,
  (n) => `${n}`,
  (n) => `0x${hex(n)}`,
  (n) => `0X${hex(n).toUpperCase()}`,
  (n) => `0${n.toString(8)}`,
  (n) => `000${n.toString(8)}`,
  (n) =>
    partsOf(n)
      .map((part) => `0x${hex(part)}`)
      .join('.'),
  (n) =>
    partsOf(n)
      .map((part) => `0${part.toString(8)}`)
      .join('.'),
  (n) => `${n >>> 24}.${n & 0xffffff}`,
  (n) => `${n >>> 24}.${(n >>> 16) & 255}.${n & 0xffff}`,
  (n) => `0x${hex(n >>> 24)}.${(n >>> 16) & 255}.0${(n & 0xffff).toString(8)}`,
  (n) => `${dotted(n)}.`,
  (n) => inDigits(dotted(n), 0xff10), // full-width
  (n) => inDigits(dotted(n), 0x1d7d8), // double-struck
  (n) => dotted(n).replaceAll('.', '。'),
  (n) => dotted(n).replaceAll('.', '．'),
  (n) => dotted(n).replace(/\d/, (digit) => `%3${digit}`),
];

/** The forms of IPv6 that hold an IPv4 address. */
const EMBEDDINGS: readonly ((n: number, more: string) => string)[] = [
  (n) => `::ffff:${dotted(n)}`,
  (n) => `::ffff:${words(n)}`,
  (n) => `0:0:0:0:0:FFFF:${words(n)}`,
  (n) => `::${words(n)}`,
  (n) => `::ffff:0:${words(n)}`,
  (n) => `64:ff9b::${words(n)}`,
  (n, more) => `64:ff9b:1:${more}::${words(n)}`,
  (n, more) => `2002:${words(n)}:${more}::1`,
  (n, more) => `2001:0:${words(n)}:0:${more}:0:0`,
  (n, more) => `2001:0:${more}:1:0:0:${words(~n >>> 0)}`,
  (n, more) => `2606:4700:${more}::5efe:${words(n)}`,
  (n, more) => `2606:4700:${more}::200:5efe:${words(n)}`,
  (n) => `fe80::5efe:${words(n)}`,
];

/** Written down, so that these are tried every time. */
const ALWAYS = [
  ...[
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0x7f000001',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
    '0',
    '0.0.0.0',
  ],
  ...[
    '①②⑦.0.0.1',
    '１２７.0.0.1',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    'localhost',
    'localhost.',
    'LOCALHOST',
    'ｌocalhost',
  ],
  ...['10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254', '100.64.0.1', '100.100.100.200', '198.18.0.1'],
  ...[
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '192.88.99.1',
    '127.0.0.53',
  ],
  ...[
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[::127.0.0.1]',
    '[::7f00:1]',
    '[64:ff9b::a9fe:a9fe]',
  ],
  ...[
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '[fe80::1]',
    '[fe80::1%25lo]',
    '[fe80::1%lo]',
    '[::1%25lo]',
  ],
  ...['[fc00::1]', '[fd00:ec2::254]', '[fec0::1]', '[ff02::1]', '[2001:db8::1]', '[3fff::1]', '[100::1]', '[5f00::1]'],
];

const address = fc
  .constantFrom(...NETWORKS)
  .chain(([network, bits]) => fc.nat(2 ** bits - 1).map((n) => numberOf(network) + n));
const more = fc.integer({ min: 1, max: 0xffff }).map(hex);
/** Half of them is this machine itself, which is what a connection would reach. */
const target = fc.oneof(
  address,
  fc.nat(0xffff).map((n) => numberOf('127.0.0.0') + n),
);
const written = fc.tuple(target, fc.constantFrom(...WRITINGS)).map(([n, write]) => write(n));
const embedded = fc
  .tuple(target, fc.constantFrom(...EMBEDDINGS), more)
  .map(([n, embed, rest]) => `[${embed(n, rest)}]`);

/**
 * Hosts of URLs that lead to no public address: those that are always tried, and as many by chance.
 * @param seed the same gives the same
 * @param except the one address that may be reached
 */
export function privateHosts(count: number, { seed, except }: { seed: number; except: string }): string[] {
  const allowed = numberOf(except);
  const isOther = (host: string): boolean =>
    !WRITINGS.some((write) => write(allowed) === host) && !host.includes(words(allowed));
  const sampled = fc.sample(fc.oneof(written, embedded), { seed, numRuns: count }).filter(isOther);
  return [...new Set([...ALWAYS, ...sampled])];
}
