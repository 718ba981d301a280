import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import type { Meant } from '../support/frame-watch.js';
import { OpenSockets } from '../support/open-sockets.js';
import { RawTestSocket, SocketIoTestSocket, TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let client: TestClient;
let apiKey: string;
let roomId: string;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app, { settings: { limits: { commandsPerSecond: 1_000, connectionsPerUser: 100 } } });
  apiKey = (await client.login('ann')).apiKey;
  roomId = await aRoom(client, { type: 'group', members: ['ann'] });
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

async function aRawSocket(): Promise<RawTestSocket> {
  const socket = sockets.keep(new RawTestSocket(app.url, apiKey));
  await socket.hears('ready');
  return socket;
}

const lastSeq = async () => Number((await client.master.get(`/rooms/${roomId}`)).body.lastSeq);
const frame = (bytes: number): string => {
  const empty = JSON.stringify({ id: 1, cmd: 'ping', pad: '' });
  return JSON.stringify({ id: 1, cmd: 'ping', pad: 'x'.repeat(bytes - empty.length) });
};

describe('a bad frame closes the socket with 4004', () => {
  it.each<[string, string | Buffer, Meant?]>([
    ['no JSON', 'hello'],
    ['cut short', '{"id":1,"cmd":"pi'],
    ['empty', ''],
    ['a list', '[{"id":1,"cmd":"ping"}]'],
    ['a text', '"ping"'],
    ['a number', '1'],
    ['null', 'null'],
    ['binary', Buffer.from('{"id":1,"cmd":"ping"}')],
    ['without a command', '{"id":1}'],
    ['with a command that is no text', '{"id":1,"cmd":["ping"]}'],
    ['with an id that is no number', '{"id":"one","cmd":"ping"}'],
    ['with a negative id', '{"id":-1,"cmd":"ping"}'],
    ['with half an id', '{"id":1.5,"cmd":"ping"}'],
    ['a byte over 64 KiB', frame(65_537), 'beyond the schema'],
    ['far over 64 KiB', frame(900_000), 'beyond the schema'],
  ])('%s', async (_what, text, meant = 'invalid') => {
    const socket = await aRawSocket();

    socket.send(text, meant);

    expect(await socket.ends()).toEqual({ code: 4004, reason: 'bad_frame' });
  });

  it('and nothing that came with it is done', async () => {
    const socket = await aRawSocket();
    const before = await lastSeq();

    socket.send('hello', 'invalid');
    socket.send(JSON.stringify({ id: 2, cmd: 'message.send', data: { roomId, content: 'Too late' } }));
    await socket.ends();

    expect(await lastSeq()).toBe(before);
  });

  it('on Socket.IO after server.close says why: binary, and over 64 KiB in bytes, not letters', async () => {
    for (const content of [Buffer.from('x'), 'x'.repeat(66_000), '安'.repeat(30_000)]) {
      const socket = sockets.keep(new SocketIoTestSocket(app.url, apiKey));
      await socket.hears('ready');

      socket.tell('message.send', [{ roomId, content }], 'invalid');

      expect(await socket.ends()).toEqual({ code: 4004, reason: 'bad_frame' });
    }
  });

  it('but is not one of 64 KiB exactly, nor one in fragments', async () => {
    const socket = await aRawSocket();
    socket.send(frame(65_536));
    const text = JSON.stringify({ id: 9, cmd: 'message.send', data: { roomId, content: 'In two parts' } });
    socket.sendInParts(text);

    expect((await socket.hears('message.created')).data.content).toBe('In two parts');
    expect(socket.closed).toBeNull();
  });

  it('nor one far over what the library takes harms others: it is cut off', async () => {
    const [socket, other] = [await aRawSocket(), await aRawSocket()];

    socket.send(frame(3_000_000), 'beyond the schema');

    expect([1009, 1006, 4004]).toContain((await socket.ends()).code);
    expect(await other.command('ping')).toHaveProperty('ok');
  });
});

describe.each(TRANSPORTS)('an error frame, over %s', (transport) => {
  it.each<[string, object | undefined, string, string[], Meant?]>([
    ['message.send', {}, 'validation_failed', ['/roomId']],
    [
      'message.send',
      { roomId: 'x', content: '', colour: 'red' },
      'validation_failed',
      ['/roomId', '/content', '/colour'],
    ],
    ['message.send', { roomId: randomUUID(), content: 'a\0b' }, 'validation_failed', ['/content'], 'beyond the schema'],
    [
      'message.send',
      { roomId: randomUUID(), metadata: { a: ['\ud800'] } },
      'validation_failed',
      ['/metadata/a/0'],
      'beyond the schema',
    ],
    ['message.send', { roomId: randomUUID() }, 'validation_failed', ['/content'], 'beyond the schema'],
    ['message.send', undefined, 'validation_failed', ['/roomId']],
    ['sync', { rooms: [] }, 'validation_failed', ['/rooms']],
    ['sync', { rooms: [{ roomId: randomUUID(), offset: -1 }] }, 'validation_failed', ['/rooms/0/offset']],
    ['sync', { rooms: [[]] }, 'validation_failed', ['/rooms']],
    ['sync', { rooms: 'all' }, 'validation_failed', ['/rooms']],
    ['receipt.read', { roomId: randomUUID(), seq: '1' }, 'validation_failed', ['/seq']],
    ['receipt.read', { roomId: randomUUID(), seq: 1 }, 'not_found', [], 'valid'],
    ['message.send', { roomId: randomUUID(), content: 'x' }, 'not_found', [], 'valid'],
    ['no.such.command', {}, 'unknown_command', []],
    ['toString', {}, 'unknown_command', []],
    ['__proto__', {}, 'unknown_command', []],
    ['ping', { extra: 1 }, 'validation_failed', ['/extra']],
  ])('to %s %j is %s, and the socket stays', async (name, data, code, pointers, meant = 'invalid') => {
    const socket = await sockets.open(transport, app.url, apiKey);

    const { error } = await socket.command(name, data, meant);

    expect(error).toMatchObject({ code, message: expect.any(String), temporary: false });
    const named = ((error.details?.errors ?? []) as { pointer: string }[]).map(({ pointer }) => pointer);
    expect(named).toEqual(expect.arrayContaining(pointers));
    expect(await socket.command('ping')).toHaveProperty('ok');
  });

  it('tells a temporary fault from a lasting one', async () => {
    const limited = await aClient(app, { settings: { limits: { commandsPerSecond: 1 } } });
    const socket = await sockets.open(transport, app.url, (await limited.login('ann')).apiKey);

    const answers = await Promise.all(Array.from({ length: 5 }, () => socket.command('ping')));

    expect(answers.map(({ error }) => error)).toContainEqual(
      expect.objectContaining({ code: 'rate_limited', temporary: true, retryAfterMs: 1_000 }),
    );
  });
});

describe.each(TRANSPORTS)('message.send, over %s', (transport) => {
  it('answers what is stored when it answers, and a repeat with the same', async () => {
    const socket = await sockets.open(transport, app.url, apiKey);
    const wish = { roomId, content: 'Once', clientMessageId: randomUUID() };

    const { ok } = await socket.command('message.send', wish);
    const stored = await client.master.get(`/messages/${ok.message.id}`);
    const again = await socket.command('message.send', wish);
    const other = await socket.command('message.send', { ...wish, content: 'Twice' });

    expect(ok).toEqual({ message: stored.body, duplicate: false });
    expect(again).toMatchObject({ ok: { message: ok.message, duplicate: true } });
    expect(other).toMatchObject({ error: { code: 'idempotency_mismatch', temporary: false } });
    await socket.hears('message.created');
    expect(socket.of('message.created').filter(({ data }) => data.id === ok.message.id)).toHaveLength(1);
  });

  it('is the same on REST and sockets: a retry may change the transport', async () => {
    const socket = await sockets.open(transport, app.url, apiKey);
    const wish = { roomId, content: 'Anywhere', clientMessageId: randomUUID() };

    const { ok } = await socket.command('message.send', wish);
    const { status, body } = await app.api(apiKey).post('/messages', wish);

    expect([status, body]).toEqual([200, ok.message]);
  });
});
