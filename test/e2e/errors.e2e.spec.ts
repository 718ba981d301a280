import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import type { Api, Reply } from '../support/api.js';
import { HttpAdapterHost } from '@nestjs/core';
import { anApp, type TestApp } from '../support/app.js';
import { type Route, routesOf } from '../support/routes.js';

let app: TestApp;
let client: TestClient;
let ann: Api;
let roomId: string;

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app, { settings: { limits: { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000 } } });
  ann = (await client.login('ann')).api;
  roomId = await aRoom(client, { type: 'group', members: ['ann'] });
}, 60_000);

afterAll(() => app.close());

const JSON_TYPE = { 'Content-Type': 'application/json' };
/** A body as bytes, which {@link Api} would encode. */
async function raw(path: string, body: Buffer | string, headers: Record<string, string>): Promise<Reply> {
  const response = await fetch(`${app.url}/api/v1${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${client.masterKey}`, 'X-User-Id': 'ann', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const PROBLEM = {
  type: expect.stringMatching(/^urn:chatapi:problem:\w+$/),
  title: expect.any(String),
  status: expect.any(Number),
  detail: expect.any(String),
  code: expect.stringMatching(/^[a-z_]+$/),
  requestId: expect.any(String),
};
/** What must never be in an answer. */
const INNARDS =
  /\bat .*\.[jt]s:\d|node_modules|SELECT |INSERT |UPDATE |pg_|violates|QueryFailed|TypeError|bcrypt|\$2b\$/;

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

describe('a body', () => {
  it.each<[string, string | Buffer, Record<string, string>, number, string]>([
    ['cut short', '{"roomId":', JSON_TYPE, 400, 'validation_failed'],
    ['of single quotes', "{'a':1}", JSON_TYPE, 400, 'validation_failed'],
    ['that is a list', '[]', JSON_TYPE, 400, 'validation_failed'],
    ['that is a text', '"x"', JSON_TYPE, 400, 'validation_failed'],
    ['that is null', 'null', JSON_TYPE, 400, 'validation_failed'],
    ['that is a number', '7', JSON_TYPE, 400, 'validation_failed'],
    ['that is not there', '', JSON_TYPE, 400, 'validation_failed'],
    ['of bytes that are no text', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), JSON_TYPE, 400, 'validation_failed'],
    ['as plain text', '{}', { 'Content-Type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['as a form', 'a=1', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['of an unheard-of type', '{}', { 'Content-Type': ';;;' }, 415, 'unsupported_media_type'],
    ['in Latin-1', '{}', { 'Content-Type': 'application/json; charset=iso-8859-1' }, 415, 'unsupported_media_type'],
    ['packed as nobody does', '{}', { ...JSON_TYPE, 'Content-Encoding': 'lzma' }, 415, 'unsupported_media_type'],
    ['said to be gzip', '{}', { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, 400, 'validation_failed'],
    [
      'cut short in gzip',
      gzipSync(JSON.stringify({ a: 'x'.repeat(1_000) })).subarray(0, 20),
      { ...JSON_TYPE, 'Content-Encoding': 'gzip' },
      400,
      'validation_failed',
    ],
    ['over the limit', JSON.stringify({ content: 'x'.repeat(262_144) }), JSON_TYPE, 413, 'payload_too_large'],
    [
      'over the limit once unpacked',
      gzipSync(Buffer.alloc(50_000_000, ' ')),
      { ...JSON_TYPE, 'Content-Encoding': 'gzip' },
      413,
      'payload_too_large',
    ],
    ['with a NUL', `{"roomId":"${randomUUID()}","content":"a\\u0000b"}`, JSON_TYPE, 400, 'validation_failed'],
    ['with half a surrogate pair', '{"content":"\\ud83d"}', JSON_TYPE, 400, 'validation_failed'],
    ['with the other half', '{"metadata":{"a":["\\uDE00"]}}', JSON_TYPE, 400, 'validation_failed'],
    ['with a NUL in a name', '{"metadata":{"a\\u0000":1}}', JSON_TYPE, 400, 'validation_failed'],
    ['with __proto__', '{"__proto__":{"type":"system"}}', JSON_TYPE, 400, 'validation_failed'],
    ['with __proto__ further in', '{"metadata":{"a":{"__proto__":{}}}}', JSON_TYPE, 400, 'validation_failed'],
    ['with an escaped __proto__', '{"\\u005f_proto__":{"type":"system"}}', JSON_TYPE, 400, 'validation_failed'],
    ['nested deep', JSON.stringify({ metadata: nested(40) }), JSON_TYPE, 400, 'validation_failed'],
    [
      'nested very deep',
      `{"metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      JSON_TYPE,
      400,
      'validation_failed',
    ],
    ['with a list that no route takes', `{"metadata":[${'1,'.repeat(10_000)}1]}`, JSON_TYPE, 400, 'validation_failed'],
    [
      'of more objects than anybody waits for',
      `{"a":[${'{},'.repeat(60_000)}{}]}`,
      JSON_TYPE,
      400,
      'validation_failed',
    ],
  ])('%s is refused', async (_what, body, headers, status, code) => {
    const reply = await raw('/messages', body, headers);

    expect([reply.status, reply.body.code]).toEqual([status, code]);
    expect(reply.body).toEqual(expect.objectContaining(PROBLEM));
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.stringify(reply.body)).not.toMatch(INNARDS);
    if (status === 413) expect(reply.body.limitBytes).toBe(262_144);
  });

  it.each([
    ['with the limit exactly', { metadata: { a: 'x'.repeat(16_000) }, content: 'x'.repeat(20_000) }],
    [
      'with words that look like JavaScript’s own',
      { metadata: { toString: 1, then: 2, hasOwnProperty: 3, length: 4 } },
    ],
    ['with numbers at the edge', { metadata: { a: 1e308, b: -0, c: 2 ** 53, d: 1e-320 } }],
    ['nested as deep as allowed', { metadata: nested(20) }],
    ['with emoji of surrogate pairs', { content: '😀 \ud83d\ude00', metadata: { '😀': '😀' } }],
  ])('%s is taken', async (_what, wish) => {
    const { status, body } = await ann.post('/messages', { roomId, content: 'x', ...wish });

    expect(status).toBe(201);
    expect(body).toMatchObject(JSON.parse(JSON.stringify(wish)) as object);
  });

  it('packed with gzip is taken', async () => {
    const packed = gzipSync(JSON.stringify({ roomId, content: 'Packed' }));

    const { status, body } = await raw('/messages', packed, { ...JSON_TYPE, 'Content-Encoding': 'gzip' });

    expect([status, body.content]).toEqual([201, 'Packed']);
  });

  it.each([
    ['10,001 in a list', { a: Array(10_001).fill(1) }],
    ['100,001 values', { a: Array.from({ length: 11 }, () => Array(9_100).fill(1)) }],
    ['30,001 objects and lists', { a: Array.from({ length: 8 }, () => Array(4_000).fill([])) }],
    ['400,001 commas', { a: ','.repeat(400_001) }],
  ])('with %s is refused before it is checked', async (_what, content) => {
    const { status, body } = await client.master.post('/notifications/send', content);

    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ pointer: '', code: 'too_many_values' })]]);
  });

  it('with thousands of faults is told of a thousand', async () => {
    const { body } = await ann.post(
      '/messages',
      Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, 1])),
    );

    expect(body.errors).toHaveLength(1_000);
  });

  it.each([
    ['without a key', {}],
    ['with a wrong one', { Authorization: 'Bearer ck_nobody' }],
  ])('is not waited for when it comes %s: 401 is said while it is still coming', async (_what, headers) => {
    const asking = request(`${app.url}/api/v1/messages`, { method: 'POST', headers: { ...JSON_TYPE, ...headers } });
    asking.write('{"content":"'); // and no end

    const [{ statusCode }] = (await once(asking, 'response')) as [IncomingMessage];

    expect(statusCode).toBe(401);
    asking.on('error', () => undefined).destroy();
  });

  it('is not read for a stranger: 401 comes first', async () => {
    const { status } = await app.api('ck_nobody').post('/messages', '{"broken":');

    expect(status).toBe(401);
  });
});

describe('a slow body', () => {
  it('is refused whose client was suspended while it came', async () => {
    const its = await aClient(app);
    const call = request(`${app.url}/api/v1/rooms`, {
      method: 'POST',
      headers: { ...JSON_TYPE, 'X-API-Key': its.masterKey, 'Content-Length': 2 },
    });
    const answered = new Promise<number>((resolve, reject) => {
      call.on('response', ({ statusCode = 0 }) => resolve(statusCode)).on('error', reject);
    });
    await new Promise<void>((resolve) => call.write('{', () => resolve()));
    expect((await its.master.get('/rooms/all')).status).toBe(200);
    await app.operator.patch(`/clients/${its.id}`, { status: 'suspended' });
    expect((await its.master.get('/rooms/all')).status).toBe(403);
    call.end('}');

    expect(await answered).toBe(403);
  });
});

describe('a 404', () => {
  it.each([
    ...['/rooms/ID', '/messages/ID', '/rooms/ID/members', '/rooms/ID/events', '/messages?roomId=ID'].map((path) => [
      'GET',
      path,
    ]),
    ...['/rooms/ID/members', '/rooms/ID/read', '/rooms/ID/activate', '/rooms/ID/deactivate'].map((path) => [
      'POST',
      path,
    ]),
    ['DELETE', '/rooms/ID/members/ann'],
    ['DELETE', '/clients/me/keys/ID'],
  ])('%s %s is the same for a foreign thing and for nothing, byte for byte', async (method, path) => {
    const foreign = await aClient(app);
    const foreignRoom = await aRoom(foreign, { type: 'group', members: ['ann'] });
    const message = await foreign.master.as('ann').post('/messages', { roomId: foreignRoom, content: 'x' });
    const key = foreign.masterKey.split('_')[2] ?? '';
    const [real, random] = path.includes('/keys/')
      ? [key, 'A'.repeat(12)]
      : [path.startsWith('/messages/') ? String(message.body.id) : foreignRoom, randomUUID()];
    const api = client.master.as('ann');
    const body = method === 'POST' ? { userId: 'bob', seq: 1 } : undefined;
    const ask = async (id: string) => {
      const wish = path.endsWith('/read') ? { seq: 1 } : path.endsWith('/members') ? { userId: 'bob' } : undefined;
      const reply = await api.call(method, path.replace('ID', id), body && wish);
      return { status: reply.status, text: JSON.stringify(reply.body).replace(reply.body.requestId, '') };
    };

    const [first, second] = [await ask(real), await ask(random)];

    expect(first.status).toBe(404);
    expect(first).toEqual(second);
  });

  it('answers an address that is none', async () => {
    for (const path of ['/nowhere', '/rooms/all/x', '/messages/x/y/z', '/..', '/rooms//']) {
      const { status, body } = await client.master.get(path);
      expect([path, status, body.code]).toEqual([path, 404, 'not_found']);
    }
    expect((await client.master.call('PUT', '/messages', {})).body.code).toBe('not_found');
  });
});

describe('nothing is a 500', () => {
  const ODD = [
    '%00',
    '%ZZ',
    '%',
    '%E0%A4%A',
    '%F0%9F%98%80',
    '%C0%AF',
    '..%2F..%2Fetc%2Fpasswd',
    "'%20OR%201=1--",
    'x'.repeat(10_000),
    '9'.repeat(400),
    '-1',
    'null',
    'undefined',
    '__proto__',
    '%0d%0aSet-Cookie:a=b',
    '%EF%BF%BF',
    randomUUID().toUpperCase(),
  ];

  it('for odd things in every place of every path', async () => {
    const paths = routesOf(app).filter(({ path }) => path.includes(':'));
    const bad: string[] = [];
    const check = async ({ method, path }: Route, odd: string) => {
      const address = path.replace(/:\w+/, odd).replace(/:\w+/g, randomUUID());
      const api = path.startsWith('/clients/:') ? app.operator : client.master.as('ann');
      const { status, body } = await api.call(method, address, method === 'GET' ? undefined : {});
      const isProblem = status < 400 || typeof body.code === 'string';
      if (status >= 500 || !isProblem || INNARDS.test(JSON.stringify(body)))
        bad.push(`${method} ${address}: ${status}`);
    };
    for (const route of paths) await Promise.all(ODD.map((odd) => check(route, odd)));

    expect(bad).toEqual([]);
  }, 60_000);

  it('for odd things in every field of every query', async () => {
    const values = [
      '',
      '%00',
      '%ZZ',
      '%F0%9F',
      '[]',
      '{}',
      'NaN',
      '1e999',
      '-0',
      '9'.repeat(30),
      'x'.repeat(5_000),
      "'",
    ];
    const names = [
      'limit',
      'cursor',
      'before',
      'after',
      'around',
      'roomId',
      'type',
      'memberId',
      'createdBy',
      'q',
      'a[b]',
      '__proto__',
    ];
    const lists = [
      '/rooms',
      '/rooms/all',
      `/messages?roomId=${roomId}`,
      `/rooms/${roomId}/events`,
      `/rooms/${roomId}/members`,
      '/clients/me/keys',
    ];
    const bad: string[] = [];
    for (const path of lists) {
      const ask = async (query: string) => {
        const { status } = await client.master.as('ann').get(`${path}${path.includes('?') ? '&' : '?'}${query}`);
        if (status !== 200 && status !== 400) bad.push(`${path} ${query}: ${status}`);
      };
      await Promise.all(names.flatMap((name) => values.map((value) => ask(`${name}=${value}`))));
      const cursors = [
        null,
        [],
        [null],
        ['x'],
        [1],
        ['2026-01-01', 'x'],
        ['2026-01-01', randomUUID()],
        ['\u0000', 'x'],
        [{}, {}],
      ];
      await Promise.all(
        cursors.map((values) => ask(`cursor=${Buffer.from(JSON.stringify(values)).toString('base64url')}`)),
      );
    }

    expect(bad).toEqual([]);
  }, 60_000);

  it('for odd values in every field of every body', async () => {
    const values = [null, true, 0, -1, 1e308, '', 'x', '\u202e', [], [[]], {}, { a: 1 }, [null], 'x'.repeat(30_000)];
    const bodies: [string, object][] = [
      [
        '/rooms',
        { type: 'group', name: 'x', description: 'x', members: [], maxMembers: 5, settings: {}, metadata: {} },
      ],
      [`/rooms/${roomId}/members`, { userId: 'bob', role: 'member' }],
      [`/rooms/${roomId}/read`, { seq: 1 }],
      [
        '/messages',
        {
          roomId,
          content: 'x',
          contentType: 'x',
          attachments: [],
          replyTo: null,
          mentions: [],
          metadata: {},
          clientMessageId: 'x',
          type: 'user',
        },
      ],
      ['/clients/me/keys', { name: 'x', type: 'none', userId: 'x', scopes: [], expiresAt: null, allowedIps: [] }],
      [
        '/auth/login',
        {
          userId: '',
          displayName: 'x',
          email: 'x',
          phone: 'x',
          metadata: {},
          scopes: [],
          device: 'x',
          expiresInSeconds: 5,
        },
      ],
    ];
    const bad: string[] = [];
    for (const [path, good] of bodies) {
      const ask = async (body: unknown) => {
        const { status } = await client.master.as('ann').post(path, body);
        if (status >= 500) bad.push(`${path} ${JSON.stringify(body).slice(0, 200)}: ${status}`);
      };
      await Promise.all(Object.keys(good).flatMap((name) => values.map((value) => ask({ ...good, [name]: value }))));
    }

    expect(bad).toEqual([]);
  }, 60_000);

  it.each([
    ['two kinds of key', { 'X-API-Key': 'nonsense' }],
    ['a strange user', { 'X-User-Id': '\u00ff\u00fe' }],
    ['an empty user', { 'X-User-Id': '' }],
    ['a very long user', { 'X-User-Id': 'x'.repeat(5_000) }],
    ['a very long request id', { 'X-Request-Id': 'x'.repeat(5_000) }],
    ['a very long idempotency key', { 'Idempotency-Key': 'x'.repeat(5_000) }],
    ['a strange idempotency key', { 'Idempotency-Key': '\u00ff' }],
    ['nothing to accept', { Accept: 'image/webp' }],
    ['odd ranges and dates', { Range: 'bytes=0-1', 'If-Modified-Since': 'yesterday', 'If-None-Match': '*' }],
    ['another method in a header', { 'X-HTTP-Method-Override': 'DELETE' }],
    [
      'a made-up proxy',
      { 'X-Forwarded-For': "'; --", 'X-Forwarded-Proto': 'gopher', 'X-Forwarded-Host': 'evil.example' },
    ],
  ])('for %s in the headers', async (_what, headers) => {
    const { status } = await client.master.as('ann').with(headers).post('/messages', { roomId, content: 'x' });

    expect(status).toBeLessThan(500);
  });

  it.each([
    ['a bad request line', 'GET\r\n\r\n'],
    ['a bad header', 'GET /api/v1/utils/live HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n'],
    ['two lengths', 'POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['a chunk that is none', 'POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['a NUL in a header', 'GET /api/v1/utils/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\0b\r\n\r\n'],
  ])('for %s: the connection is answered 400 and closed', async (_what, text) => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(text);

    await once(socket, 'close');

    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});

it('nobody holds a connection without end: each is let go who does not ask, or does not listen', () => {
  const server = app.part(HttpAdapterHost).httpAdapter.getHttpServer() as object;

  const within = {
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    timeout: 60_000,
    connectionsCheckingInterval: 5_000,
  };
  expect(server).toMatchObject(within);
});

describe('a request id', () => {
  it('is taken from the caller, or made, and said in every answer and problem', async () => {
    const given = await ann.with({ 'X-Request-Id': 'trace-4711.a:b_c' }).get('/rooms/x');
    const made = await ann.get('/rooms/x');
    const odd = await ann.with({ 'X-Request-Id': 'a b' }).get('/rooms');

    expect([given.headers.get('x-request-id'), given.body.requestId]).toEqual(['trace-4711.a:b_c', 'trace-4711.a:b_c']);
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.body.requestId).toBe(made.headers.get('x-request-id'));
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
