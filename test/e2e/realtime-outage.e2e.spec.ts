import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { type PrivateServer, startRedis } from '../support/servers.js';
import { type TestSocket, TRANSPORTS } from '../support/sockets.js';

let redis: PrivateServer;
let app: TestApp;
let elsewhere: TestApp;
let client: TestClient;
const sockets = new OpenSockets();

beforeAll(async () => {
  redis = await startRedis();
  app = await anApp({ REDIS_URL: redis.url });
  elsewhere = await app.another({ REDIS_URL: redis.url });
}, 60_000);

beforeEach(async () => {
  client = await aClient(app);
});

afterEach(() => sockets.closeAll());
afterAll(async () => {
  await app.close();
  await redis.remove();
});

const redisOn = async (node: TestApp): Promise<string> =>
  (await node.api().get('/utils/health-check')).body.checks.redis as string;
const redisIs = (state: string) =>
  eventually(async () => (await redisOn(app)) === state && (await redisOn(elsewhere)) === state);

describe.each(TRANSPORTS)('while Redis is away, over %s', (transport) => {
  const open = async (userId: string, at: TestApp): Promise<TestSocket> =>
    sockets.open(transport, at.url, (await client.login(userId, { device: randomUUID() })).apiKey);
  const send = async (roomId: string, content: string): Promise<string> =>
    (await client.master.as('ann').post('/messages', { roomId, content })).body.id as string;

  it('each node goes on; back, its sockets hear their rooms of now and are told what they may have missed', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob', 'carol'] });
    const [bob, carol, dave, nearby] = [
      await open('bob', elsewhere),
      await open('carol', elsewhere),
      await open('dave', elsewhere),
      await open('bob', app),
    ];
    const master = await sockets.open(transport, elsewhere.url, client.masterKey);
    await master.command('room.subscribe', { roomId });
    await bob.hearsMessage(await send(roomId, 'Before'));

    await redis.kill();
    await redisIs('down');
    await nearby.hearsMessage(await send(roomId, 'Meanwhile'));
    await client.master.post(`/rooms/${roomId}/members`, { userId: 'dave' });
    await client.master.delete(`/rooms/${roomId}/members/carol`);
    await redis.start();
    const told = await bob.hears('sync.required');
    await Promise.all([carol, dave, master].map((socket) => socket.hears('sync.required')));
    const offset = bob.of('message.created').at(-1)?.offset ?? 0;
    const { ok } = await bob.command('sync', { rooms: [{ roomId, offset }] });
    const after = await send(roomId, 'After');
    await Promise.all([bob, dave, master].map((socket) => socket.hearsMessage(after)));

    const position = { roomId, head: offset + 3, lastSeq: 2, unreadCount: 2 };
    expect(told.data).toEqual({ rooms: [position] });
    expect(master.of('sync.required')[0]?.data.rooms).toEqual([
      { roomId: position.roomId, head: position.head, lastSeq: position.lastSeq },
    ]);
    expect(carol.of('sync.required')[0]?.data).toEqual({ rooms: [] });
    expect(ok.rooms[0].events.map(({ ev }: { ev: string }) => ev)).toEqual([
      'message.created',
      'member.joined',
      'member.removed',
    ]);
    expect(bob.of('message.created').at(-1)).toMatchObject({ offset: offset + 4 });
    await carol.command('ping');
    expect(carol.of('message.created').map(({ data }) => data.content)).toEqual(['Before']);
  }, 60_000);

  it('presence and limits are this node’s, and are all nodes’ again after it, though Redis forgot everything', async () => {
    await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    const bob = await open('bob', app);
    const ann = await open('ann', elsewhere);
    const statusOf = async (userId: string): Promise<string> =>
      (await bob.command('presence.get', { userIds: [userId] })).ok.users[0].status as string;
    await eventually(async () => (await statusOf('ann')) === 'online');
    await ann.command('presence.set', { status: 'busy' });

    await redis.kill();
    await redisIs('down');
    const away = [await statusOf('ann'), await statusOf('bob')];
    const near = await open('ann', app);
    const withHerNear = await statusOf('ann');
    near.close();
    await redis.start();
    await redisIs('up');

    expect(away).toEqual(['offline', 'online']);
    expect(withHerNear).toBe('online');
    await eventually(async () => (await statusOf('ann')) === 'busy');
  }, 60_000);
});
