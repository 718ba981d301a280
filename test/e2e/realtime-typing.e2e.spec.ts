import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { type TestSocket, type TransportName, TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let elsewhere: TestApp;
let client: TestClient;
let roomId: string;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  elsewhere = await app.another();
}, 60_000);

beforeEach(async () => {
  client = await aClient(app);
  roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob', 'carol'] });
});

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const open = async (transport: TransportName, userId: string, at = app): Promise<TestSocket> =>
  sockets.open(transport, at.url, (await client.login(userId, { device: randomUUID() })).apiKey);

/** Once a message has come, all that was told before it has come too. */
async function heardAll(...listeners: TestSocket[]): Promise<void> {
  const { body } = await client.master.as('carol').post('/messages', { roomId, content: 'That is all' });
  await Promise.all(listeners.map((socket) => socket.hearsMessage(body.id as string)));
}

describe.each(TRANSPORTS)('typing over %s', (transport) => {
  it('is told to the others on every node, and to no socket of who types', async () => {
    const ann = await open(transport, 'ann');
    const bob = await open(transport, 'bob', elsewhere);
    const tab = await open(transport, 'ann', elsewhere);

    expect(await ann.command('typing.start', { roomId })).toHaveProperty('ok');
    const started = await bob.hears('typing.started');
    await ann.command('typing.stop', { roomId });
    const stopped = await bob.hears('typing.stopped');
    await heardAll(ann, tab);

    for (const push of [started, stopped]) expect(push).toMatchObject({ roomId, data: { userId: 'ann' } });
    expect(started).not.toHaveProperty('offset');
    for (const own of [ann, tab]) expect([...own.of('typing.started'), ...own.of('typing.stopped')]).toEqual([]);
  });

  it('is not told again for a repeat at once', async () => {
    const [ann, bob] = [await open(transport, 'ann'), await open(transport, 'bob')];

    for (let times = 0; times < 5; times++) await ann.command('typing.start', { roomId });
    await heardAll(bob);

    expect(bob.of('typing.started')).toHaveLength(1);
  });

  it('ends with the next message, whichever node takes it, and once', async () => {
    const [ann, bob, carol] = [
      await open(transport, 'ann'),
      await open(transport, 'bob'),
      await open(transport, 'carol', elsewhere),
    ];
    await ann.command('typing.start', { roomId });
    await Promise.all([bob, carol].map((socket) => socket.hears('typing.started')));

    await elsewhere.api(client.masterKey).as('ann').post('/messages', { roomId, content: 'Done' });
    for (const socket of [bob, carol])
      expect(await socket.hears('typing.stopped')).toMatchObject({ data: { userId: 'ann' } });
    await ann.command('typing.stop', { roomId });
    await heardAll(bob, carol);

    for (const socket of [bob, carol]) expect(socket.of('typing.stopped')).toHaveLength(1);
  });

  it('begins anew after a message, without waiting', async () => {
    const [ann, bob] = [await open(transport, 'ann'), await open(transport, 'bob')];

    await ann.command('typing.start', { roomId });
    await ann.command('message.send', { roomId, content: 'Done' });
    await bob.hears('typing.stopped');
    await ann.command('typing.start', { roomId });

    expect(await bob.hears('typing.started', 2)).toMatchObject({ data: { userId: 'ann' } });
  });

  it('ends with the socket it began on', async () => {
    const [ann, bob] = [await open(transport, 'ann'), await open(transport, 'bob', elsewhere)];
    await ann.command('typing.start', { roomId });
    await bob.hears('typing.started');

    ann.close();

    expect(await bob.hears('typing.stopped')).toMatchObject({ roomId, data: { userId: 'ann' } });
  });

  it('is refused alike in a room of others and in none, and needs a user', async () => {
    const dave = await open(transport, 'dave');
    const master = await sockets.open(transport, app.url, client.masterKey);

    const foreign = await dave.command('typing.start', { roomId });
    const random = await dave.command('typing.start', { roomId: randomUUID() });

    expect(foreign.error).toMatchObject({ code: 'not_found' });
    expect(foreign.error).toEqual(random.error);
    expect((await master.command('typing.start', { roomId })).error).toMatchObject({ code: 'user_required' });
  });
});

it('ends by itself after 12 s, on every node and transport', async () => {
  const ann = await open('raw', 'ann');
  const listeners = [
    await open('raw', 'bob'),
    await open('socket.io', 'bob'),
    await open('raw', 'carol', elsewhere),
    await open('socket.io', 'carol', elsewhere),
  ];
  const startedAt = Date.now();
  await ann.command('typing.start', { roomId });

  await Promise.all(listeners.map((socket) => eventually(() => socket.of('typing.stopped')[0], { withinMs: 25_000 })));

  expect(Date.now() - startedAt).toBeGreaterThan(11_500);
  expect(Date.now() - startedAt).toBeLessThan(25_000);
}, 60_000);
