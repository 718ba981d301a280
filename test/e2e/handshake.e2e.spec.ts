import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { Heartbeat } from '../../src/platform/realtime/heartbeat.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import type { Meant } from '../support/frame-watch.js';
import { OpenSockets } from '../support/open-sockets.js';
import { RawTestSocket, SocketIoTestSocket, TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let client: TestClient;
let annsKey: string;
let roomId: string;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app);
  annsKey = (await client.login('ann')).apiKey;
  roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

/** A raw socket whose first frame is still to come. */
async function aKeylessSocket(): Promise<RawTestSocket> {
  const socket = sockets.keep(new RawTestSocket(app.url));
  await once(socket.ws, 'open');
  return socket;
}

const inHeaders = (key: string): Record<string, string>[] => [{ Authorization: `Bearer ${key}` }, { 'X-API-Key': key }];

async function refusedUpgrade(url: string, headers: Record<string, string>) {
  const ws = new WebSocket(url.replace(/^http/, 'ws'), { headers });
  const [, response] = (await once(ws, 'unexpected-response')) as [unknown, IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text };
}

describe.each(TRANSPORTS)('ready, over %s', (transport) => {
  it('says who is connected, where each room stands and what the limits are', async () => {
    const eve = await client.login(`eve-${transport}`);
    const quiet = await aRoom(client, { type: 'group', members: [eve.userId] });
    const busy = await aRoom(client, { type: 'channel', members: [eve.userId, { userId: 'bob', role: 'owner' }] });
    for (const content of ['1', '2']) await client.master.as('bob').post('/messages', { roomId: busy, content });

    const socket = await sockets.open(transport, app.url, eve.apiKey);

    expect(socket.heard).toHaveLength(1);
    const { data, ts } = socket.heard[0]!;
    expect(data).toEqual({
      connectionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ...{ userId: eve.userId, clientId: client.id, rooms: expect.any(Array) },
      limits: expect.objectContaining({ frameBytes: 65_536, commandsInFlight: 32, commandsPerSecond: 50 }),
    });
    expect(data.rooms).toHaveLength(2);
    expect(data.rooms).toContainEqual({ roomId: quiet, head: 1, lastSeq: 0, unreadCount: 0 });
    expect(data.rooms).toContainEqual({ roomId: busy, head: 3, lastSeq: 2, unreadCount: 2 });
    expect(Date.parse(ts)).not.toBeNaN();
  });

  it('of a master key is nobody’s: it hears what it subscribes to, and stops when it unsubscribes', async () => {
    const socket = await sockets.open(transport, app.url, client.masterKey);
    const watched = await aRoom(client, { type: 'group', members: ['bob'] });
    const say = (content: string) => client.master.as('bob').post('/messages', { roomId: watched, content });

    expect(socket.heard[0]?.data).toMatchObject({ userId: null, clientId: client.id, rooms: [] });
    await say('unheard');
    expect(await socket.command('room.subscribe', { roomId: watched })).toMatchObject({
      ok: { roomId: watched, head: 2, lastSeq: 1 },
    });
    await say('heard');
    await socket.hears('message.created');
    await socket.command('room.unsubscribe', { roomId: watched });
    await say('unheard again');
    await socket.command('ping');

    expect(socket.of('message.created').map(({ data }) => data.content)).toEqual(['heard']);
    expect(await socket.command('message.send', { roomId, content: 'x' })).toMatchObject({
      error: { code: 'user_required' },
    });
    expect(await socket.command('receipt.read', { roomId, seq: 0 })).toMatchObject({
      error: { code: 'user_required' },
    });
  });
});

describe('a bad key', () => {
  const bad = () => [annsKey.slice(0, -1), 'nonsense', `ck_scoped_${'A'.repeat(12)}_${'A'.repeat(43)}`];

  it('is HTTP 401 on a raw upgrade, with a problem document', async () => {
    for (const key of bad()) {
      for (const headers of inHeaders(key)) {
        const refused = await refusedUpgrade(`${app.url}/api/v1/websocket/open`, headers);

        expect(refused.status).toBe(401);
        expect(refused.headers['content-type']).toMatch(/problem\+json/);
        expect(JSON.parse(refused.text)).toMatchObject({ status: 401, code: 'unauthenticated' });
      }
    }
  });

  it('is close 4001 in a first frame, after its answer', async () => {
    for (const key of bad()) {
      const socket = await aKeylessSocket();

      expect(await socket.command('connect', { apiKey: key })).toMatchObject({ error: { code: 'unauthenticated' } });
      expect(await socket.ends()).toMatchObject({ code: 4001 });
    }
  });

  it.each([{}, { apiKey: 7 }, { apiKey: null }, { apiKey: {} }])('is close 4001 for %j too', async (data) => {
    const socket = await aKeylessSocket();

    socket.send(JSON.stringify({ id: 1, cmd: 'connect', data }), 'invalid');

    expect(await socket.ends()).toMatchObject({ code: 4001 });
  });

  it('is connect_error with code and message on Socket.IO', async () => {
    for (const auth of [...bad().map((apiKey) => ({ apiKey })), {}, { apiKey: 7 }]) {
      const socket = io(app.url, {
        path: '/sockets',
        transports: ['websocket'],
        auth,
        reconnection: false,
        forceNew: true,
      });
      const [error] = (await once(socket as never, 'connect_error')) as [Error & { data: unknown }];
      socket.disconnect();

      expect(error.data).toMatchObject({ code: 'unauthenticated', message: expect.any(String) });
    }
  });
});

describe('a key', () => {
  it('may come in the header of either transport', async () => {
    const options = { path: '/sockets', transports: ['websocket'], reconnection: false, forceNew: true };
    for (const extraHeaders of inHeaders(annsKey)) {
      const socket = io(app.url, { ...options, extraHeaders });
      const [ready] = (await once(socket as never, 'ready')) as [{ userId: string }];
      socket.disconnect();
      expect(ready.userId).toBe('ann');

      const ws = new WebSocket(`${app.url.replace(/^http/, 'ws')}/api/v1/websocket/open`, { headers: extraHeaders });
      const [frame] = (await once(ws, 'message')) as [Buffer];
      ws.terminate();
      expect(JSON.parse(frame.toString())).toMatchObject({ ev: 'ready', data: { userId: 'ann' } });
    }
  });

  it('is never taken from the address, which proxies log', async () => {
    const ws = new WebSocket(`${app.url.replace(/^http/, 'ws')}/api/v1/websocket/open?apiKey=${annsKey}`);
    await once(ws, 'open');
    ws.send('{"id":1,"cmd":"ping"}');

    const [code] = (await once(ws, 'close')) as [number];

    expect(code).toBe(4004);
  });

  it('in a first frame lets in, and what is sent right behind it waits its turn', async () => {
    const socket = await aKeylessSocket();

    const answers = await Promise.all([
      socket.command('connect', { apiKey: annsKey }),
      socket.command('message.send', { roomId, content: 'First' }),
      socket.command('message.send', { roomId, content: 'Second' }),
    ]);

    expect(answers).toMatchObject([
      { ok: {} },
      { ok: { message: { content: 'First' } } },
      { ok: { message: { content: 'Second' } } },
    ]);
    await socket.hears('ready');
  });
});

describe('a first frame', () => {
  it.each<[string, string | Buffer, Meant?]>([
    ['another command', '{"id":1,"cmd":"ping"}', 'valid'],
    ['no JSON', 'hello'],
    ['a list', '[]'],
    ['a ping', '{}', 'valid'],
    ['null', 'null'],
    ['binary', Buffer.from('{"id":1,"cmd":"connect"}')],
  ])('that is %s closes with 4004', async (_what, frame, meant = 'invalid') => {
    const socket = await aKeylessSocket();

    socket.send(frame, meant);

    expect(await socket.ends()).toMatchObject({ code: 4004 });
  });

  it('that never comes closes with 4002 after 5 s, and not before', async () => {
    const began = Date.now();
    const socket = await aKeylessSocket();

    expect(await socket.ends()).toMatchObject({ code: 4002 });
    expect(Date.now() - began).toBeGreaterThanOrEqual(4_900);
  });

  it('is not needed with a key in the header: the socket stays', async () => {
    const socket = await sockets.open('raw', app.url, annsKey);

    expect(await socket.command('ping')).toHaveProperty('ok');
  });
});

describe('pings', () => {
  const aMuteSocket = async () => {
    const ws = new WebSocket(`${app.url.replace(/^http/, 'ws')}/api/v1/websocket/open`, {
      headers: { Authorization: `Bearer ${annsKey}` },
    });
    const frames: string[] = [];
    ws.on('message', (data: Buffer) => frames.push(data.toString()));
    await eventually(() => frames.length > 0);
    return { ws, frames };
  };
  const beats = (count: number) => {
    for (let n = 0; n < count; n++) app.part(Heartbeat).beat();
  };

  it('are {} within 25 s, and answered with {}', async () => {
    const { ws, frames } = await aMuteSocket();

    beats(25);
    await eventually(() => frames.includes('{}'));
    ws.send('{}');
    ws.send('{}'); // of our own: answered
    await eventually(() => frames.filter((frame) => frame === '{}').length === 2);

    beats(12);
    ws.send('{"id":1,"cmd":"ping"}');
    await eventually(() => frames.some((frame) => frame.startsWith('{"id":1,"ok"')));
    ws.terminate();
  });

  it('that are not answered within 10 s end the socket with 4104', async () => {
    const { ws, frames } = await aMuteSocket();
    const ends = once(ws, 'close') as Promise<[number]>;

    beats(25);
    await eventually(() => frames.includes('{}'));
    beats(10);

    expect((await ends)[0]).toBe(4104);
  });

  it('of the command’s kind are answered on both transports', async () => {
    for (const transport of TRANSPORTS) {
      const socket = await sockets.open(transport, app.url, annsKey);
      expect(await socket.command('ping')).toMatchObject({ ok: { ts: expect.any(String) } });
    }
  });
});

describe('an upgrade', () => {
  it.each(['/', '/api/v1/websocket', '/api/v1/websocket/open/x', '/sockets', '/sockets-x/', '/api/v1/rooms'])(
    'elsewhere is HTTP 404: %s',
    async (path) => {
      expect((await refusedUpgrade(`${app.url}${path}`, {})).status).toBe(404);
    },
  );

  it('that is no WebSocket handshake harms nobody', async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write('GET /api/v1/websocket/open HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');

    await once(socket, 'close');

    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await app.api(annsKey).get('/auth/me')).status).toBe(200);
  });

  it.each(['/', '/api/v1/websocket/open'])('whose peer is gone before the answer harms nobody: %s', async (path) => {
    const port = Number(new URL(app.url).port);
    await Promise.all(
      Array.from({ length: 50 }, async (_none, n) => {
        const socket = connect(port, '127.0.0.1').on('error', () => undefined);
        await once(socket, 'connect');
        socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
        if (n % 2) await once(socket, 'readable');
        socket.resetAndDestroy();
      }),
    );

    expect((await app.api(annsKey).get('/auth/me')).status).toBe(200);
  });

  it.each(['/', '/api/v1/websocket/open'])('that is refused ends, whether its peer does or not: %s', async (path) => {
    const socket = connect({ port: Number(new URL(app.url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket
      .on('error', () => undefined)
      .write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-API-Key: none\r\n\r\n`);
    socket.resume();
    await once(socket, 'end');
    // Written to one that is gone a reset comes back.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const writing = setInterval(() => socket.write('x'), 20);
    await closed.finally(() => clearInterval(writing));
  });

  it('to anything else than a WebSocket is an ordinary call, as Java and curl make them', async () => {
    const headers = {
      Connection: 'Upgrade, HTTP2-Settings',
      Upgrade: 'h2c',
      'HTTP2-Settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
    };
    const ask = (method: string, path: string, body = '') =>
      new Promise<{ status?: number; text: string }>((resolve, reject) => {
        const type = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
        const asked = request(
          `${app.url}/api/v1${path}`,
          { method, headers: { ...headers, 'X-API-Key': annsKey, ...(body && type) } },
          (response) => {
            let text = '';
            response.on('data', (chunk: Buffer) => (text += chunk.toString()));
            response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
          },
        );
        asked.on('error', reject).end(body);
      });

    expect(await ask('GET', '/auth/me')).toMatchObject({ status: 200, text: expect.stringContaining('"ann"') });
    const said = JSON.stringify({ roomId, content: 'From Java' });
    expect(await ask('POST', '/messages', said)).toMatchObject({
      status: 201,
      text: expect.stringContaining('From Java'),
    });
  });
});

describe('Socket.IO', () => {
  it('speaks WebSocket only, so that no sticky sessions are needed', async () => {
    const response = await fetch(`${app.url}/sockets/?EIO=4&transport=polling`);

    expect(response.status).toBe(400);
  });

  it('knows one namespace', async () => {
    const socket = io(`${app.url}/admin`, {
      ...{ path: '/sockets', transports: ['websocket'], reconnection: false, forceNew: true },
      auth: { apiKey: annsKey },
    });
    const [error] = (await once(socket as never, 'connect_error')) as [Error];
    socket.disconnect();

    expect(error.message).toBe('Invalid namespace');
  });

  it('goes on for a client that does not ask for acknowledgements', async () => {
    const socket = sockets.keep(new SocketIoTestSocket(app.url, annsKey));
    await socket.hears('ready');
    const own = await aRoom(client, { type: 'group', members: ['ann'] });

    await socket.hears('room.created');
    socket.tell('message.send', [{ roomId: own, content: 'No answer needed' }]);
    socket.tell('message.send', [], 'invalid');
    socket.tell('message.send', [null, null, null], 'invalid');

    expect((await socket.hears('message.created')).data.content).toBe('No answer needed');
  });
});
