import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Clock } from '../../src/platform/database/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';
import { TRANSPORTS } from '../support/sockets.js';

const DAY_SECONDS = 86_400;
/** The agreed days of each type. */
const DAYS = { support: 7, group: 30, direct: 90, channel: 180 } as const;
type RoomType = keyof typeof DAYS;
const TYPES = Object.keys(DAYS) as RoomType[];

let app: TestApp;
/** Another process of the installation. */
let elsewhere: TestApp;
const sockets = new OpenSockets();

beforeAll(async () => {
  // Both sweep, so that a room swept twice would show.
  app = await anApp({ ROOM_SWEEP_SECONDS: '1' });
  elsewhere = await app.another();
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

/** As if a room had been left alone for days. */
const leaveAlone = (roomId: string, days: number) =>
  rows(app, `UPDATE rooms SET last_activity_at = now() - make_interval(secs => $2) WHERE id = $1`, [
    roomId,
    days * DAY_SECONDS,
  ]);

async function statusOf(client: TestClient, roomId: string): Promise<unknown> {
  const { status, deactivatedReason } = (await client.master.get(`/rooms/${roomId}`)).body;
  return deactivatedReason === null ? status : `${status}: ${deactivatedReason}`;
}

const sleeps = (client: TestClient, roomId: string) =>
  eventually(async () => (await statusOf(client, roomId)) === 'inactive: inactivity');

/** Resolves when a whole sweep has run that began after the call. */
async function aSweep(): Promise<void> {
  // One under way moves its `started_at`, to say that it goes on: of two that end in a row the second began after the call.
  for (let ends = 0; ends < 2; ends++) {
    const [now] = await rows<{ at: Date }>(app, `SELECT clock_timestamp() AS at`);
    await eventually(async () => {
      const [run] = await rows(
        app,
        `SELECT 1 FROM recurring_runs WHERE name = 'rooms.sweep' AND finished_at > $1 AND outcome = 'ok'`,
        [now?.at],
      );
      return run !== undefined;
    });
  }
}

describe('deactivation runs by itself, not when somebody lists rooms', () => {
  it('when the injected clock says that the days are over, and not before', async () => {
    const client = await aClient(app);
    const roomId = await aRoom(client, { type: 'support', members: ['ann'] });
    const clocks = [app.part(Clock), elsewhere.part(Clock)];

    clocks.forEach((clock) => clock.advance(7 * DAY_SECONDS - 60));
    await aSweep();
    expect(await statusOf(client, roomId)).toBe('active');
    clocks.forEach((clock) => clock.advance(61));
    await sleeps(client, roomId);

    clocks.forEach((clock) => clock.advance(-7 * DAY_SECONDS - 1));
    const { body: feed } = await client.master.get(`/rooms/${roomId}/events`);
    expect(feed.data.map(({ ev, offset }: { ev: string; offset: number }) => [ev, offset])).toEqual([
      ['room.created', 1],
      ['room.deactivated', 2],
    ]);
  });

  it('after the days of its type, or the client’s, or the room’s own, and never when it is to be kept active', async () => {
    const [plain, impatient] = await Promise.all([aClient(app), aClient(app)]);
    await impatient.master.patch('/clients/me', { settings: { inactivityDays: { support: 2, group: 400 } } });
    const cases: [sleeps: boolean, client: TestClient, type: RoomType, days: number, settings?: object][] = [
      ...TYPES.flatMap((type): [boolean, TestClient, RoomType, number][] => [
        [false, plain, type, DAYS[type] - 0.01],
        [true, plain, type, DAYS[type] + 0.01],
      ]),
      [false, impatient, 'support', 1.99],
      [true, impatient, 'support', 2.01],
      [false, impatient, 'group', 399],
      [true, impatient, 'group', 401],
      [true, impatient, 'direct', 91],
      [false, plain, 'support', 49, { inactivityDays: 50 }],
      [true, plain, 'support', 51, { inactivityDays: 50 }],
      [true, impatient, 'group', 4, { inactivityDays: 3 }],
      [false, plain, 'support', 3_000, { keepActive: true }],
      [true, plain, 'support', 8, { keepActive: false }],
    ];
    const rooms = await Promise.all(
      cases.map(([, client, type, , settings = {}], n) =>
        aRoom(client, { type, members: [`ann${n}`, `bob${n}`], settings }),
      ),
    );
    await Promise.all(cases.map(([, , , days], n) => leaveAlone(rooms[n] ?? '', days)));

    await aSweep();

    const found = await Promise.all(cases.map(([, client], n) => statusOf(client, rooms[n] ?? '')));
    expect(cases.map(([, , type, days], n) => [type, days, found[n]])).toEqual(
      cases.map(([sleeping, , type, days]) => [type, days, sleeping ? 'inactive: inactivity' : 'active']),
    );
  });

  it('in batches, each room once: 450 rooms that are due at once', async () => {
    const client = await aClient(app);
    await rows(
      app,
      `INSERT INTO rooms (client_id, id, type, head, last_activity_at)
       SELECT $1, gen_random_uuid(), 'group', 1, now() - interval '31 days' FROM generate_series(1, 450)`,
      [client.id],
    );

    await eventually(async () => {
      const [left] = await rows(app, `SELECT 1 FROM rooms WHERE client_id = $1 AND status = 'active'`, [client.id]);
      return left === undefined;
    });

    const [counted] = await rows<{ events: number; heads: number }>(
      app,
      `SELECT (SELECT count(*) FROM room_events WHERE client_id = $1)::int AS events, sum(head)::int AS heads FROM rooms WHERE client_id = $1`,
      [client.id],
    );
    expect(counted).toEqual({ events: 450, heads: 900 });
  });
});

describe.each(TRANSPORTS)('revival reaches who connected meanwhile, over %s', (transport) => {
  async function aSleepingRoom() {
    const client = await aClient(app);
    const roomId = await aRoom(client, { type: 'support', members: ['ann', 'bob'] });
    await client.master.as('ann').post('/messages', { roomId, content: 'Good night' });
    await leaveAlone(roomId, 8);
    await sleeps(client, roomId);
    return { client, roomId };
  }

  it('tells members of every node room.reactivated, and then the message that woke the room', async () => {
    const { client, roomId } = await aSleepingRoom();
    const [ann, bob] = await Promise.all([client.login('ann'), client.login('bob')]);
    const members = [
      await sockets.open(transport, app.url, ann.apiKey),
      await sockets.open(transport, app.url, bob.apiKey),
      await sockets.open(transport, elsewhere.url, bob.apiKey),
    ];

    const { ok } = (await members[0]?.command('message.send', { roomId, content: 'Good morning' })) ?? {};
    await Promise.all(members.map((socket) => socket.hears('message.created')));

    expect(ok.message).toMatchObject({ seq: 2, offset: 5 });
    for (const socket of members) {
      expect(socket.durable).toMatchObject([
        { ev: 'room.reactivated', roomId, offset: 4, data: { id: roomId, status: 'active', head: 4, lastSeq: 1 } },
        { ev: 'message.created', roomId, offset: 5, data: { content: 'Good morning', seq: 2 } },
      ]);
    }
    expect(await statusOf(client, roomId)).toBe('active');
  });

  it('wakes a room once for many messages at once', async () => {
    const { client, roomId } = await aSleepingRoom();
    const ann = await client.login('ann');
    const socket = await sockets.open(transport, elsewhere.url, ann.apiKey);
    const send = (n: number) =>
      (n % 2 ? app : elsewhere)
        .api(client.masterKey)
        .as('bob')
        .post('/messages', { roomId, content: `${n}` });

    await Promise.all(Array.from({ length: 10 }, (_, n) => send(n)));
    await socket.hears('message.created', 10);

    expect(socket.durable.map(({ ev }) => ev)).toEqual([
      'room.reactivated',
      ...Array.from({ length: 10 }, () => 'message.created'),
    ]);
    expect(socket.durable.map(({ offset }) => offset)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });

  it('is not for a system message, which sleeps along', async () => {
    const { client, roomId } = await aSleepingRoom();

    const sent = await client.master.post('/messages', { roomId, content: 'Maintenance', type: 'system' });

    expect(sent.status).toBe(201);
    expect(sent.body).toMatchObject({ senderId: null, seq: 2, offset: 4 });
    expect(await statusOf(client, roomId)).toBe('inactive: inactivity');
  });

  it('is not for a room closed by hand: 409 until it is activated', async () => {
    const client = await aClient(app);
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const ann = await client.login('ann');
    const socket = await sockets.open(transport, app.url, ann.apiKey);
    await client.master.post(`/rooms/${roomId}/deactivate`);

    const refused = await socket.command('message.send', { roomId, content: 'Hello?' });
    const system = await client.master.post('/messages', { roomId, content: 'Closed', type: 'system' });
    await client.master.post(`/rooms/${roomId}/activate`);
    const sent = await socket.command('message.send', { roomId, content: 'Hello!' });

    expect(refused).toMatchObject({ error: { code: 'room_inactive', temporary: false } });
    expect([system.status, system.body.code]).toEqual([409, 'room_inactive']);
    expect(sent).toMatchObject({ ok: { message: { seq: 1, offset: 4 } } });
  });
});

it('activation by hand counts as activity', async () => {
  const client = await aClient(app);
  const roomId = await aRoom(client, { type: 'support', members: ['ann'] });
  await leaveAlone(roomId, 8);
  await sleeps(client, roomId);

  await client.master.post(`/rooms/${roomId}/activate`);
  await aSweep();

  expect(await statusOf(client, roomId)).toBe('active');
});
