import { brotliCompressSync, gzipSync } from 'node:zlib';
import { type Attack, Tally } from './attack.js';
import { endlessChunks, exchange, head, piecesOf } from './raw.js';

const MB = 1024 * 1024;
const AT_ONCE = 24;
/** The service's own thirty seconds, and the five in which it looks. */
const OPEN_MS = 37_000;

interface Kind {
  readonly name: string;
  readonly body: () => Iterable<Buffer>;
  readonly headers: Readonly<Record<string, string | number>>;
  /** To where the limit is high enough that it is read. */
  readonly path?: string;
  /** Has no end, or is given up in the middle: with a key it is let go when the time for a request is over. */
  readonly isOpen?: true;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

function whole(
  name: string,
  bytes: Buffer,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
  path?: string,
): Kind {
  const kind = { name, body: () => piecesOf(bytes), headers: { ...headers, 'Content-Length': bytes.length } };
  return path === undefined ? kind : { ...kind, path };
}

/** The body parser stops unpacking at the limit, and may answer only when the time for a request is over. */
const bomb = (...what: Parameters<typeof whole>): Kind => ({ ...whole(...what), isOpen: true });

const SEND = '/notifications/send';
const packed = (encoding: string) => ({ ...JSON_TYPE, 'Content-Encoding': encoding });
const repeated = (text: string, bytes: number): Buffer => Buffer.alloc(bytes, text);

/** Bodies are made once: what is measured is what they cost the one who gets them. */
function kinds(): Kind[] {
  const zeros = gzipSync(Buffer.alloc(1_000 * MB, ' '));
  const manyKeys = Buffer.from(`{${Array.from({ length: 500_000 }, (_, n) => `"k${n}":1`).join()}}`);
  const manyObjects = Buffer.from(`{"to":[${'{},'.repeat(2_500_000)}{}]}`);
  return [
    whole('10 MB of text', Buffer.from(`{"content":"${'x'.repeat(10 * MB)}"}`)),
    whole('10 MB of text, to where 8 are read', Buffer.from(`{"content":"${'x'.repeat(10 * MB)}"}`), JSON_TYPE, SEND),
    whole('10 MB of [', repeated('[', 10 * MB)),
    whole('7.9 MB of [', repeated('[', 7.9 * MB), JSON_TYPE, SEND),
    whole('7.9 MB of {"a":', Buffer.concat([repeated('{"a":', 7.9 * MB - ((7.9 * MB) % 5))]), JSON_TYPE, SEND),
    whole(
      '3 MB of lists in lists, closed',
      Buffer.from(`{"to":${'['.repeat(1.5 * MB)}${']'.repeat(1.5 * MB)}}`),
      JSON_TYPE,
      SEND,
    ),
    whole('7 MB of empty objects', manyObjects, JSON_TYPE, SEND),
    whole('6 MB of keys', manyKeys, JSON_TYPE, SEND),
    whole('7.9 MB of spaces', Buffer.concat([repeated(' ', 7.9 * MB), Buffer.from('{}')]), JSON_TYPE, SEND),
    bomb('1 GB in gzip', zeros, packed('gzip'), SEND),
    bomb('1 GB in gzip, to where little is read', zeros, packed('gzip')),
    bomb('200 MB in brotli', brotliCompressSync(Buffer.alloc(200 * MB, ' ')), packed('br'), SEND),
    whole(
      '10 MB of multipart',
      Buffer.from(`--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n${'x'.repeat(10 * MB)}\r\n--x--`),
      {
        'Content-Type': 'multipart/form-data; boundary=x',
      },
    ),
    whole(
      '10 MB of CSV',
      repeated('email,a@x.test,manual\n', 10 * MB),
      { 'Content-Type': 'text/csv' },
      '/suppressions/import',
    ),
    whole('10 MB for a webhook', repeated('{"a":1}', 10 * MB), JSON_TYPE, '/webhooks/nobody/nothing'),
    {
      name: 'chunks without end',
      isOpen: true,
      body: endlessChunks,
      headers: { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' },
    },
    {
      name: 'chunks without end, to where 8 MB are read',
      isOpen: true,
      body: endlessChunks,
      headers: { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' },
      path: SEND,
    },
  ];
}

/** Bodies that are too large, too deep, too many, or larger than they look: of strangers, and of one with a key. */
export const bodies: Attack = {
  name: 'bodies',
  probeMs: 1_000,
  async run({ port, one }, { seconds }) {
    const all = kinds();
    const tally = new Tally();
    const faults = new Set<string>();
    const until = Date.now() + seconds * 1_000;
    let next = 0;
    const one_after_the_other = async (): Promise<void> => {
      while (Date.now() < until || next < 2 * all.length) {
        const kind = all[next % all.length]!;
        const isKnown = Math.floor(next++ / all.length) % 2 === 0;
        const key: Record<string, string> = isKnown ? { Authorization: `Bearer ${one.client.masterKey}` } : {};
        const start = head(`POST /api/v1${kind.path ?? '/messages'}`, { ...kind.headers, ...key });
        const end = await exchange(port, start, kind.body(), kind.isOpen && isKnown ? OPEN_MS : undefined);
        tally.add(end);
        if (!/^(400|401|404|408|413|415|cut off)$/.test(end))
          faults.add(`${kind.name}, ${isKnown ? 'with' : 'without'} a key: ${end}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one_after_the_other));
    return {
      sent: `${tally.total.toLocaleString('en')} bodies of ${all.length} kinds, ${AT_ONCE} at once`,
      came: tally.toString(),
      faults: [...faults],
    };
  },
};
