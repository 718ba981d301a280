import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { aProcess } from '../support/processes.js';
import { type TestSocket, type TransportName, TRANSPORTS } from '../support/sockets.js';

const GRACE_MS = 10_000;

let app: TestApp;
let elsewhere: TestApp;
let client: TestClient;
/** The one who watches, and who watches in vain. */
let bob: TestSocket;
let stranger: TestSocket;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  elsewhere = await app.another();
}, 60_000);

const as = async (userId: string): Promise<string> => (await client.login(userId, { device: randomUUID() })).apiKey;
const open = async (transport: TransportName, userId: string, at = app): Promise<TestSocket> =>
  sockets.open(transport, at.url, await as(userId));
const about = (socket: TestSocket, userId: string): string[] =>
  socket.of('presence.changed').flatMap(({ data }) => (data.userId === userId ? [String(data.status)] : []));
const ask = async (socket: TestSocket, userId: string): Promise<unknown> =>
  (await socket.command('presence.get', { userIds: [userId] })).ok?.users[0];

/** Whatever was said of others before has come once the coming of one more has. */
async function heardAll(socket: TestSocket): Promise<void> {
  const userId = randomUUID();
  await aRoom(client, { type: 'group', members: [userId, socket === stranger ? 'stranger' : 'bob'] });
  await open('raw', userId, elsewhere);
  await eventually(() => about(socket, userId).length > 0);
}

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

describe.each(TRANSPORTS)('presence over %s', (transport) => {
  beforeEach(async () => {
    client = await aClient(app);
    await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    bob = await open(transport, 'bob', elsewhere);
    stranger = await open(transport, 'stranger', elsewhere);
  });

  it('is told once per user: at the first socket of any node, and to those who share a room, once', async () => {
    await open(transport, 'ann');
    await eventually(() => about(bob, 'ann').length > 0);
    await open(transport, 'ann', elsewhere);
    await open(transport, 'ann');
    await Promise.all([heardAll(bob), heardAll(stranger)]);

    expect(about(bob, 'ann')).toEqual(['online']);
    expect(about(stranger, 'ann')).toEqual([]);
  });

  it('survives a change of socket and node within the grace, and ends 10 s after the last', async () => {
    const first = await open(transport, 'ann');
    await eventually(() => about(bob, 'ann').length > 0);
    first.close();
    const second = await open(transport, 'ann', elsewhere);
    second.close();
    const leftAt = Date.now();

    const during = await ask(bob, 'ann');
    await eventually(() => about(bob, 'ann').includes('offline'), { withinMs: 25_000 });
    const goneAt = Date.now();
    const after = (await ask(bob, 'ann')) as { lastSeenAt: string };

    expect(during).toMatchObject({ userId: 'ann', status: 'online', lastSeenAt: expect.any(String) });
    expect(goneAt - leftAt).toBeGreaterThan(GRACE_MS - 200);
    expect(about(bob, 'ann')).toEqual(['online', 'offline']);
    expect(after).toMatchObject({ userId: 'ann', status: 'offline' });
    expect(Math.abs(Date.parse(after.lastSeenAt) - leftAt)).toBeLessThan(5_000);
  }, 60_000);

  it('can be set, for all devices at once, and is told to the user’s own other devices too', async () => {
    const [phone, laptop] = [await open(transport, 'ann'), await open(transport, 'ann', elsewhere)];

    expect((await phone.command('presence.set', { status: 'away' })).ok).toEqual({ status: 'away' });
    await phone.command('presence.set', { status: 'away' });
    await eventually(() => about(bob, 'ann').includes('away'));
    await eventually(() => about(laptop, 'ann').length > 0);
    await heardAll(bob);

    expect(await ask(bob, 'ann')).toMatchObject({ status: 'away' });
    expect(about(bob, 'ann').filter((status) => status === 'away')).toHaveLength(1);
    expect((await phone.command('presence.set', { status: 'gone fishing' }, 'invalid')).error).toMatchObject({
      code: 'validation_failed',
    });
  });

  it('says of whom one shares no room with what it says of nobody', async () => {
    await open(transport, 'ann');
    await eventually(() => about(bob, 'ann').length > 0);

    const of = async (socket: TestSocket, userId: string) => ({
      ...((await ask(socket, userId)) as object),
      userId: '',
    });

    expect(await ask(bob, 'ann')).toMatchObject({ status: 'online' });
    expect(await of(stranger, 'ann')).toEqual({ userId: '', status: 'offline', lastSeenAt: null });
    expect(await of(stranger, 'ann')).toEqual(await of(stranger, randomUUID()));
  });

  it('never crosses clients that have the same user ids', async () => {
    const other = await aClient(app);
    await aRoom(other, { type: 'group', members: ['ann', 'bob'] });
    const namesake = await sockets.open(transport, elsewhere.url, (await other.login('bob')).apiKey);

    await open(transport, 'ann');
    await eventually(() => about(bob, 'ann').length > 0);
    await sockets.open(transport, app.url, (await other.login('dave')).apiKey);

    expect(await ask(namesake, 'ann')).toMatchObject({ status: 'offline', lastSeenAt: null });
    expect(about(namesake, 'ann')).toEqual([]);
  });

  it('reaches a master key’s socket in the rooms it subscribed to', async () => {
    const master = await sockets.open(transport, app.url, client.masterKey);
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'erin'] });
    await aRoom(client, { type: 'group', members: ['bob', 'frank'] });
    await master.command('room.subscribe', { roomId });

    await open(transport, 'frank');
    await open(transport, 'ann', elsewhere);
    await eventually(() => about(master, 'ann').length > 0);
    await eventually(() => about(bob, 'frank').length > 0);

    expect(about(master, 'frank')).toEqual([]);
    expect(await ask(master, 'frank')).toMatchObject({ status: 'online' });
    expect((await master.command('presence.set', { status: 'away' })).error).toMatchObject({ code: 'user_required' });
  });
});

it('leaves no ghosts when a node is killed', async () => {
  client = await aClient(app, { settings: { limits: { connectionsPerUser: 1 } } });
  await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
  bob = await open('raw', 'bob');
  const doomed = await aProcess(app.environment);
  const key = await as('ann');
  await sockets.open('raw', doomed.url, key);
  await eventually(() => about(bob, 'ann').length > 0);

  await doomed.kill();

  await eventually(() => about(bob, 'ann').includes('offline'), { withinMs: 30_000 });
  const gone = await eventually(async () => {
    const found = (await ask(bob, 'ann')) as { status: string; lastSeenAt: string | null };
    return found.lastSeenAt !== null && found;
  });
  expect(gone.status).toBe('offline');
  expect(await sockets.open('raw', app.url, key)).toMatchObject({ closed: null });
}, 90_000);
