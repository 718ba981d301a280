import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Hub } from '../../src/platform/realtime/hub.js';
import { aClient, aRoom } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import {
  RawTestSocket,
  SocketIoTestSocket,
  type TestSocket,
  type TransportName,
  TRANSPORTS,
} from '../support/sockets.js';

let app: TestApp;
let elsewhere: TestApp;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  elsewhere = await app.another();
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

/** A socket that is let in, or closed with a code. */
async function attempt(transport: TransportName, url: string, apiKey: string): Promise<TestSocket> {
  const socket = sockets.keep(
    transport === 'raw' ? new RawTestSocket(url, apiKey) : new SocketIoTestSocket(url, apiKey),
  );
  await eventually(() => socket.of('ready').length > 0 || socket.closed !== null);
  return socket;
}

const countIn = (attempts: TestSocket[]): number => attempts.filter(({ closed }) => closed === null).length;

describe.each(TRANSPORTS)('connections over %s', (transport) => {
  it('are so many per user over all nodes, however many ask at once, and one that ends makes room', async () => {
    const client = await aClient(app, { settings: { limits: { connectionsPerUser: 4 } } });
    const [ann, bob] = [await client.login('ann'), await client.login('bob')];

    const attempts = await Promise.all(
      Array.from({ length: 12 }, (_, n) => attempt(transport, (n % 2 ? app : elsewhere).url, ann.apiKey)),
    );
    const other = await attempt(transport, app.url, bob.apiKey);
    const refused = attempts.filter(({ closed }) => closed !== null);
    attempts.find(({ closed }) => closed === null)?.close();
    const next = await eventually(async () => {
      const socket = await attempt(transport, elsewhere.url, ann.apiKey);
      return socket.closed === null && socket;
    });

    expect(refused.map(({ closed }) => closed?.code)).toEqual(Array.from({ length: 8 }, () => 4005));
    expect(await next.command('ping')).toHaveProperty('ok');
    expect(countIn([other])).toBe(1);
  });

  it('are so many per client over all nodes, master keys’ included', async () => {
    const client = await aClient(app, { settings: { limits: { connections: 3 } } });
    const [ann, bob] = [await client.login('ann'), await client.login('bob')];

    const attempts = [
      await attempt(transport, app.url, ann.apiKey),
      await attempt(transport, elsewhere.url, bob.apiKey),
      await attempt(transport, elsewhere.url, client.masterKey),
      await attempt(transport, app.url, ann.apiKey),
      await attempt(transport, elsewhere.url, client.masterKey),
    ];

    expect(attempts.map(({ closed }) => closed?.code ?? 'open')).toEqual(['open', 'open', 'open', 4005, 4005]);
  });
});

describe.each(TRANSPORTS)('commands over %s', (transport) => {
  it('past the limit are refused, and who never stops is closed with 4105', async () => {
    const client = await aClient(app, { settings: { limits: { commandsPerSecond: 10 } } });
    const socket = await attempt(transport, app.url, (await client.login('ann')).apiKey);

    const burst = await Promise.all(Array.from({ length: 30 }, () => socket.command('ping')));
    const stillOpen = socket.closed === null;
    for (let times = 0; times < 600; times++) void socket.command('ping');

    const refused = burst.flatMap(({ error }) => error ?? []);
    expect(refused.length).toBeGreaterThanOrEqual(10);
    expect(refused[0]).toMatchObject({ code: 'rate_limited', temporary: true, retryAfterMs: expect.any(Number) });
    expect(stillOpen).toBe(true);
    expect(await socket.ends()).toMatchObject({ code: 4105 });
  });
});

describe.each(TRANSPORTS)('a reader that is too slow, over %s', (transport) => {
  const MESSAGES = 160;
  const FRAME_BYTES = 70_000;
  const text = '€'.repeat(20_000);

  it('is closed with 4102 within its buffer, and a sync brings what it missed, once', async () => {
    const client = await aClient(app, { settings: { limits: { requestsPerSecond: 10_000 } } });
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    const { apiKey } = await client.login('bob');
    const bob = await attempt(transport, app.url, apiKey);
    const [connection] = app.part(Hub).ofUser(client.id, 'bob');
    const peer = wireOf(bob);
    peer.pause();
    let most = 0;
    const send = async (): Promise<void> => {
      await client.master.as('ann').post('/messages', { roomId, content: text });
      most = Math.max(most, connection?.buffered ?? 0);
    };

    for (let sent = 0; sent < MESSAGES; sent += 10) await Promise.all(Array.from({ length: 10 }, send));
    peer.resume();
    const end = await bob.ends();
    const heard = bob.of('message.created').map(({ offset }) => offset ?? 0);
    const again = await attempt(transport, app.url, apiKey);
    const { ok } = await again.command('sync', { rooms: [{ roomId, offset: heard.at(-1) ?? 1 }] });

    const fetched = ok.rooms[0].events.map(({ offset }: { offset: number }) => offset) as number[];
    expect(end).toMatchObject({ code: 4102, reason: 'slow_consumer' });
    expect(most).toBeGreaterThan(1024 * 1024);
    expect(most).toBeLessThan(1024 * 1024 + 11 * FRAME_BYTES);
    expect(fetched.length).toBeGreaterThan(0);
    expect([...heard, ...fetched]).toEqual(Array.from({ length: MESSAGES }, (_, n) => n + 2));
  }, 60_000);
});

/** The WebSocket below a client's socket. */
function wireOf(socket: TestSocket): { pause(): void; resume(): void } {
  if (socket instanceof RawTestSocket) return socket.ws;
  const { transport } = (socket as SocketIoTestSocket).socket.io.engine;
  return (transport as unknown as { ws: { pause(): void; resume(): void } }).ws;
}
