import fc, { type Arbitrary } from 'fast-check';

/** JSON that `JSON.stringify` would not write: it stands in a body as it is. */
export const RAW = '@raw:';
const asIs = (json: string): string => `${RAW}${json}`;
const LONG = 30_000;
const MANY = 10_000;
/** Beyond what a stack holds, if anything here were recursive. */
const DEEP = 5_000;

const TEXTS: readonly string[] = [
  ...['', ' ', '\0', 'a\0b', '\ud83d', 'x\udc00', '\u202egnp.exe', '\ufeff', '\uffff', 'İ', 'ﬃ', '👩‍👩‍👧‍👦', 'e\u0301'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'null',
    'undefined',
    'true',
    'NaN',
    '-0',
    '0x10',
    '1e999',
  ],
  ...["' OR '1'='1", "'; SELECT pg_sleep(9)--", '$$', '%', '_', '\\', '%00', '..', '../../etc/passwd', '..%2f..%2f'],
  ...[
    '<script>alert(1)</script>',
    '{{7*7}}',
    '${7*7}',
    '$(id)',
    'a\r\nSet-Cookie: a=b',
    'a\u2028b',
    '*',
    '.*',
    '(a+)+$',
  ],
  ...[
    '2026-02-30T25:61:00Z',
    '0000-00-00',
    '+275760-09-13T00:00:00.001Z',
    '-271821-04-19T23:59:59Z',
    '10000-01-01T00:00:00Z',
  ],
  ...['1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999+14:00', 'P1Y', 'now', '7d', '-1d', '99999999999999999999d'],
  ...['x'.repeat(255), 'x'.repeat(256), 'x'.repeat(5_000), '安'.repeat(LONG / 3), '9'.repeat(400), ' '.repeat(5_000)],
  ...[
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '0192F0C4-7D1E-7CC1-9A51-6F2F6B7A1C11',
  ],
  ...['a@b', 'a@[127.0.0.1]', '"a b"@x.test', 'a@x.test\nBcc: b@x.test', 'file:///etc/passwd', 'javascript:alert(1)'],
  ...[
    'http://127.0.0.1:9/',
    'http://127.1:9/',
    'http://[::1]:9/',
    'gopher://127.0.0.1:9/',
    'http://127.0.0.1:99999/',
    'http://',
  ],
];

const NUMBERS: readonly unknown[] = [
  ...[0, 1, -1, 0.1, 1.5, -1.5, 255, 256, 32_767, 32_768, 65_536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32],
  ...[2 ** 53 - 1, 2 ** 53, 2 ** 63, -(2 ** 63), 1e21, 1e308, 5e-324],
  ...[asIs('-0'), asIs('1e999'), asIs('-1e999'), asIs('1'.repeat(400)), asIs('0.1e-400')],
];

/** An own field of that name, which a literal would not make. */
const own = (name: string, value: unknown): object => Object.fromEntries([[name, value]]);
const nested = (depth: number): string => asIs(`${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`);

const STRUCTURES: readonly unknown[] = [
  ...[null, true, false, [], {}, [[]], [null], [{}], { a: 1 }, { length: 5 }, { toString: 1 }, { then: 1 }],
  ...[
    own('__proto__', { isAdmin: true }),
    own('constructor', { prototype: { isAdmin: true } }),
    own('', 1),
    own('a\0', 1),
  ],
  ...[
    { $gt: '' },
    { toJSON: 'x' },
    Array.from({ length: MANY }, (_, n) => n),
    Array(MANY).fill('x'),
    Array(MANY).fill({}),
  ],
  ...[Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`k${n}`, n]))],
  ...[nested(8), nested(17), nested(DEEP), asIs('{"a":1,"a":2}'), asIs('{"a":{"b":1},"a":{"__proto__":{}}}')],
];

export const hostileText: Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);
export const hostileNumber: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.double(),
  fc.maxSafeInteger(),
);
export const hostileValue: Arbitrary<unknown> = fc.oneof(
  hostileText,
  hostileNumber,
  { weight: 2, arbitrary: fc.constantFrom(...STRUCTURES) },
  fc.jsonValue({ maxDepth: 3 }),
);

/** What stands in an address as it is: segments and values, escaped well, badly, and not at all. */
export const hostileSegment: Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: hostileText.map(escaped) },
  fc.constantFrom(
    ...['%00', '%', '%ZZ', '%E0%A4%A', '%C0%AF', '%F0%9F', '%ED%A0%80', '..%2f..%2f', '..%5c', '%2e%2e', '.', '..', ''],
    ...[
      '%0d%0aSet-Cookie:a=b',
      '%EF%BF%BF',
      '\u00e9',
      '\u00ff',
      'x'.repeat(5_000),
      '%41'.repeat(1_500),
      ';a=b',
      '%3F',
      '%23',
    ],
    ...['-1', '0', '1e999', 'all', 'me', 'null', '[]', '__proto__', 'a%20OR%201=1'],
  ),
);

export const hostileQuery: Arbitrary<string> = fc
  .oneof(fc.tuple(fc.constantFrom('=', '[]=', '[a]=', '[a][b]=', '[__proto__]=', '.a=', '', '=='), hostileSegment))
  .map(([sign, value]) => `${sign}${value.replaceAll('#', '%23')}`);

function escaped(text: string): string {
  // Of half a pair nothing can be said in UTF-8 but the bytes that stood for it once.
  return encodeURIComponent(text.toWellFormed()).replaceAll('%EF%BF%BD', '%ED%A0%80');
}

/** Headers that the service reads, and those that others read before it. In latin1, as the wire has them. */
export const hostileHeaders: Arbitrary<readonly (readonly [string, string])[]> = fc.array(
  fc.tuple(
    fc.constantFrom(
      ...[
        'X-User-Id',
        'X-Request-Id',
        'Idempotency-Key',
        'Accept',
        'Accept-Encoding',
        'Range',
        'If-None-Match',
        'Origin',
      ],
      ...[
        'X-Forwarded-For',
        'X-Forwarded-Host',
        'X-Forwarded-Proto',
        'X-HTTP-Method-Override',
        'Cookie',
        'Traceparent',
      ],
      ...[
        'Authorization',
        'X-API-Key',
        'Content-Type',
        'Content-Encoding',
        'Stripe-Signature',
        'Webhook-Id',
        'Forwarded',
      ],
    ),
    fc.oneof(
      fc.constantFrom(
        '',
        ' ',
        '*',
        '-1',
        'null',
        '\u00ff\u00fe',
        'x'.repeat(300),
        'x'.repeat(5_000),
        "'; --",
        '../../x',
      ),
      fc.constantFrom(
        'Bearer',
        'Bearer ',
        'Bearer ck_master_x',
        'Basic OjpA',
        'bytes=0-1',
        'gzip;q=0',
        '__proto__',
        ',',
      ),
      fc.constantFrom(
        '00-00000000000000000000000000000000-0000000000000000-00',
        't=1,v1=zz',
        '127.0.0.1',
        '::1',
        'DELETE',
      ),
    ),
  ),
  { minLength: 1, maxLength: 4 },
);

/** Whole bodies that are not what they say, or that say nothing. */
export const hostileBody: Arbitrary<{ readonly bytes: Buffer; readonly type?: string; readonly encoding?: string }> =
  fc.oneof(
    fc.constantFrom(
      ...[
        '',
        '{',
        '[]',
        '"x"',
        '1',
        'null',
        '{"a":}',
        "{'a':1}",
        '{"a":1}x',
        '\ufeff{}',
        '// {}',
        'NaN',
        '{"a":01}',
      ].map((text) => ({ bytes: Buffer.from(text) })),
      ...[[0x7b, 0xff, 0xfe, 0x7d], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0], []].map((bytes) => ({
        bytes: Buffer.from(bytes),
      })),
      { bytes: Buffer.from('{"a":"\u00ff"}', 'latin1') },
      { bytes: Buffer.from('{}', 'utf16le') },
    ),
    fc
      .tuple(
        fc.constantFrom(
          '{}',
          '[]',
          'a=1&b=2',
          '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        ),
        fc.constantFrom(
          ...[
            'text/plain',
            'application/xml',
            'application/x-www-form-urlencoded',
            'multipart/form-data; boundary=x',
            ';;;',
            '',
          ],
          ...[
            'application/json; charset=iso-8859-1',
            'application/json; charset=utf-7',
            'application/vnd.api+json',
            'text/csv',
          ],
          ...['application/json-patch+json', 'APPLICATION/JSON', 'application/json;charset="', 'multipart/form-data'],
        ),
      )
      .map(([text, type]) => ({ bytes: Buffer.from(text), type })),
    fc
      .constantFrom('gzip', 'deflate', 'br', 'zstd', 'identity', 'gzip, gzip', 'lzma', '')
      .map((encoding) => ({ bytes: Buffer.from('{"a":1}'), encoding })),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ bytes: Buffer.from(bytes) })),
  );
