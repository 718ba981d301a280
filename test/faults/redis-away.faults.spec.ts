import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis as Connection } from 'ioredis';
import { Redis } from '../../src/platform/redis/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aFaultCollector } from '../support/fault-collector.js';
import { OpenSockets } from '../support/open-sockets.js';
import { aProcess } from '../support/processes.js';
import { type PrivateServer, startRedis } from '../support/servers.js';
import { type Heard, TRANSPORTS } from '../support/sockets.js';

let redis: PrivateServer;
let app: TestApp;
/** A second node on the same Redis. */
let elsewhere: TestApp;
let client: TestClient;
let keys: { ann: string; bob: string };
const sockets = new OpenSockets();

beforeAll(async () => {
  redis = await startRedis();
  app = await anApp({ REDIS_URL: redis.url, ROOM_HEAD_SECONDS: '1' });
  elsewhere = await app.another();
  client = await aClient(app);
  const [ann, bob] = await Promise.all([client.login('ann'), client.login('bob')]);
  keys = { ann: ann.apiKey, bob: bob.apiKey };
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(async () => {
  await app.close();
  await redis.remove();
});

const bothSee = (up: boolean) => eventually(() => [app, elsewhere].every((node) => node.part(Redis).isUp === up));

describe.each(TRANSPORTS)('with Redis away, over %s', (transport) => {
  let roomId: string;
  beforeEach(async () => {
    roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
  });
  afterEach(async () => {
    if (!app.part(Redis).isUp) await redis.start();
    await bothSee(true);
  });

  it('local sockets go on, others see the gap by room.head and catch up by sync, and all is well when it is back', async () => {
    const ann = await sockets.open(transport, app.url, keys.ann);
    const bobHere = await sockets.open(transport, app.url, keys.bob);
    const bobThere = await sockets.open(transport, elsewhere.url, keys.bob);
    await ann.command('message.send', { roomId, content: 'Before' });
    await bobThere.hears('message.created');

    await redis.kill();
    await bothSee(false);
    const sent = await ann.command('message.send', { roomId, content: 'Meanwhile' });
    const overRest = await client.master.as('ann').post('/messages', { roomId, content: 'Also meanwhile' });
    const opened = await sockets.open(transport, elsewhere.url, keys.ann);

    expect(sent).toHaveProperty('ok');
    expect(overRest.status).toBe(201);
    expect((await bobHere.hears('message.created', 3)).data.content).toBe('Also meanwhile');
    await eventually(() => bobThere.of('room.head').some((push) => push.roomId === roomId && push.data.head === 4));
    expect(bobThere.of('message.created')).toHaveLength(1);
    const { ok } = await bobThere.command('sync', { rooms: [{ roomId, offset: 2 }] });
    expect(ok.rooms[0].events.map(({ data }: Heard) => data.content)).toEqual(['Meanwhile', 'Also meanwhile']);

    await redis.start();
    await bothSee(true);
    await eventually(async () => {
      await ann.command('message.send', { roomId, content: 'After' });
      return [bobThere, opened].every((socket) => socket.of('message.created').at(-1)?.data.content === 'After');
    });
    const offsets = bobHere.of('message.created').map(({ offset }) => offset ?? 0);
    expect(offsets).toEqual(offsets.map((_, n) => n + 2));
  });

  it('keys are revoked and sockets closed all the same, and the service says it is degraded', async () => {
    const eve = await client.login(`eve-${transport}`);
    const there = await sockets.open(transport, elsewhere.url, eve.apiKey);
    await redis.kill();
    await bothSee(false);

    await client.master.delete(`/clients/me/keys/${eve.keyId}`);

    expect(await there.ends()).toMatchObject({ code: 4003 });
    expect((await app.api().get('/utils/health-check')).body).toMatchObject({
      ...{ status: 'degraded', checks: { database: 'up', redis: 'down', queues: 'down' } },
    });
    expect((await client.login('late')).apiKey).toMatch(/^ck_scoped_/);
  });
});

it('a Redis that takes commands and does not answer holds nobody up, and counts again once it does', async () => {
  const frozen = new Connection(redis.url);
  await frozen.client('PAUSE', 6_000, 'ALL');
  let hasThawed = false;
  const thaw = frozen.ping().then(() => (hasThawed = true));
  const limits = async () => (await client.master.get('/auth/me')).headers.get('RateLimit-Remaining');
  const remaining: (string | null)[] = [];
  for (let n = 0; n < 30; n++) remaining.push(await limits());
  const wasFrozen = !hasThawed;
  await thaw;
  frozen.disconnect();

  expect(remaining.every((left) => left !== null)).toBe(true);
  expect(wasFrozen).toBe(true);
  const counted = () => app.part(Redis).quick(() => app.part(Redis).commands.ping());
  await eventually(async () => (await counted()) === 'PONG');
});

it('with Redis away quotas hold to the last one over both nodes, and each node counts calls and failures for itself', async () => {
  const limited = await aClient(app, { settings: { limits: { messagesPerDay: 9, notificationsPerDay: 7 } } });
  const slow = await aClient(app, { settings: { limits: { requestsPerMinute: 4 } } });
  const roomId = await aRoom(limited, { type: 'group', members: ['ann'] });
  const inbox = { to: { userId: 'ann' }, channels: { websocket: { body: 'Hello' } } };
  const statuses = async (count: number, ask: (node: TestApp) => Promise<{ status: number }>) =>
    (await Promise.all(Array.from({ length: count }, (_, n) => ask(n % 2 ? app : elsewhere)))).map(
      ({ status }) => status,
    );
  const one = (of: readonly number[], status: number) => of.filter((each) => each === status).length;
  await redis.kill();
  await bothSee(false);

  const messages = await statuses(32, (node) =>
    node.api(limited.masterKey).as('ann').post('/messages', { roomId, content: 'Hello' }),
  );
  const notifications = await statuses(32, (node) => node.api(limited.masterKey).post('/notifications/send', inbox));
  const calls = await statuses(32, (node) => node.api(slow.masterKey).get('/clients/me'));
  const guesses = await statuses(402, (node) => node.api(`${limited.masterKey.slice(0, -1)}!`).get('/clients/me'));
  await redis.start();
  await bothSee(true);
  // It is empty, and this process has just begun: what was used is still used.
  const begun = await app.another();
  const used = (await begun.api(limited.masterKey).get('/analytics/usage')).body.quotas as Record<string, unknown>[];
  const later = [
    await begun.api(limited.masterKey).as('ann').post('/messages', { roomId, content: 'Hello' }),
    await begun.api(limited.masterKey).post('/notifications/send', inbox),
  ];
  await begun.close();

  expect(used.filter(({ limit }) => limit !== null)).toMatchObject([
    { what: 'messages', window: 'day', used: 9, limit: 9 },
    { what: 'notifications', window: 'day', used: 7, limit: 7 },
  ]);
  expect(later.map(({ body }) => body.code)).toEqual(['quota_exceeded', 'quota_exceeded']);
  expect([one(messages, 201), one(messages, 429)]).toEqual([9, 23]);
  expect([one(notifications, 202), one(notifications, 429)]).toEqual([7, 25]);
  expect([one(calls, 200), one(calls, 429)]).toEqual([8, 24]);
  expect([one(guesses, 401), one(guesses, 429)]).toEqual([400, 2]);
});

it('a process that saw Redis go and come back stops when it is told to', async () => {
  const process = await aProcess({ ...app.environment });
  const said = (what: string) => process.output().split(what).length - 1;

  for (let outage = 1; outage <= 3; outage++) {
    await redis.kill();
    await eventually(() => said('Redis (commands) is out of reach') === outage);
    await redis.start();
    await eventually(() => said('Redis (commands) is back') === outage);
  }
  const toldAt = Date.now();

  expect(await process.stop()).toBe(0);
  expect(Date.now() - toldAt).toBeLessThan(10_000);
}, 60_000);

it('what breaks unheard while a process stops does not cut its stopping short, and is reported before it ends', async () => {
  const sentry = await aFaultCollector();
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const deaf = `http://public@127.0.0.1:${(silent.address() as AddressInfo).port}/1`;
  const breaks = 'process.once("SIGTERM", () => setImmediate(() => Promise.reject(new Error("broke meanwhile"))))';
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(breaks)}`;
  const processes = await Promise.all(
    [sentry.dsn, deaf].map((SENTRY_DSN) => aProcess({ ...app.environment, NODE_OPTIONS, SENTRY_DSN })),
  );

  // A Sentry that says nothing holds nobody up.
  expect(await Promise.all(processes.map((process) => process.stop()))).toEqual([0, 0]);

  for (const process of processes) expect(process.output()).toContain('broke meanwhile');
  expect(sentry.reports.map(({ exception }) => exception.values[0]?.value)).toContain('broke meanwhile');
  silent.closeAllConnections();
  silent.close();
  await sentry.close();
}, 60_000);
