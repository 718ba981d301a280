import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Clock } from '../../src/platform/database/index.js';
import { LifecycleService } from '../../src/modules/rooms/index.js';
import { aCast, type Cast, feedOf, gist } from '../builders/casts.js';
import { anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';
import { TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let cast: Cast;
const sockets = new OpenSockets();
const DAY = 86_400;
const HOUR = 3_600;

beforeAll(async () => {
  app = await anApp({ ROOM_SWEEP_SECONDS: '86400' });
  cast = await aCast(app);
}, 60_000);

afterEach(() => {
  sockets.closeAll();
  app.part(Clock).advance(-app.part(Clock).aheadSeconds);
});
afterAll(() => app.close());

/** Moves the time that the sweep sees, and sweeps. */
async function sweepAfter(seconds: number): Promise<void> {
  app.part(Clock).advance(seconds - app.part(Clock).aheadSeconds);
  await app.part(LifecycleService).sweep();
}
const statusOf = async (roomId: string, of = cast) => {
  const { body } = await of.client.master.get(`/rooms/${roomId}`);
  return `${body.status} ${body.deactivatedReason ?? ''}`.trim();
};
const say = (roomId: string, content = 'Hello') => cast.member.api.post('/messages', { roomId, content });
const saySystem = (roomId: string) => cast.client.master.post('/messages', { roomId, content: 'Beep', type: 'system' });
async function expiring(within: string, of = cast): Promise<{ roomId: string; type: string; deactivatesAt: string }[]> {
  const { body } = await of.client.master.get(`/rooms/expiring?within=${within}&limit=100`);
  return body.data;
}
const withinIds = async (within: string, of = cast) => (await expiring(within, of)).map(({ roomId }) => roomId);

describe('a room unused for its days is deactivated', () => {
  it.each([
    ['support', 7],
    ['group', 30],
    ['channel', 180],
  ])('%s after %i days, not before', async (type, days) => {
    const roomId = await cast.room({ type });

    await sweepAfter(days * DAY - HOUR);
    const before = await statusOf(roomId);
    await sweepAfter(days * DAY + HOUR);

    expect([before, await statusOf(roomId)]).toEqual(['active', 'inactive inactivity']);
    expect((await feedOf(cast.member.api, roomId)).at(-1)).toMatchObject({
      ev: 'room.deactivated',
      data: { id: roomId, status: 'inactive', deactivatedReason: 'inactivity' },
    });
  });

  it('direct after 90 days', async () => {
    const { body: room } = await cast.owner.api.post('/rooms', { type: 'direct', members: ['mia'] });

    await sweepAfter(90 * DAY - HOUR);
    const before = await statusOf(room.id);
    await sweepAfter(90 * DAY + HOUR);

    expect([before, await statusOf(room.id)]).toEqual(['active', 'inactive inactivity']);
  });

  it('by the days of its own, before those of its client, before those of its type', async () => {
    const other = await aCast(app);
    await other.client.master.patch('/clients/me', { settings: { inactivityDays: { support: 3 } } });
    const ofClient = await other.room({ type: 'support' });
    const ofRoom = await other.room({ type: 'support', settings: { inactivityDays: 5 } });
    const ofType = await other.room({ type: 'group' });
    const statuses = () => Promise.all([ofClient, ofRoom, ofType].map((roomId) => statusOf(roomId, other)));

    await sweepAfter(3 * DAY + HOUR);
    const third = await statuses();
    await sweepAfter(5 * DAY + HOUR);

    expect(third).toEqual(['inactive inactivity', 'active', 'active']);
    expect(await statuses()).toEqual(['inactive inactivity', 'inactive inactivity', 'active']);
  });

  it('never while it is kept active, and again once it is not', async () => {
    const roomId = await cast.room({ type: 'support', settings: { keepActive: true } });

    await sweepAfter(400 * DAY);
    const kept = await statusOf(roomId);
    await cast.owner.api.patch(`/rooms/${roomId}`, { settings: { keepActive: null } });
    await sweepAfter(400 * DAY);

    expect([kept, await statusOf(roomId)]).toEqual(['active', 'inactive inactivity']);
  });

  it('counting a user’s message, but no system message', async () => {
    const [used, beeped] = [await cast.room({ type: 'support' }), await cast.room({ type: 'support' })];
    const age = `UPDATE rooms SET last_activity_at = now() - interval '6 days' WHERE id = ANY ($1)`;
    await rows(app, age, [[used, beeped]]);

    await say(used);
    await saySystem(beeped);
    await sweepAfter(2 * DAY);

    expect([await statusOf(used), await statusOf(beeped)]).toEqual(['active', 'inactive inactivity']);
  });

  it('once, however often it is swept', async () => {
    const roomId = await cast.room({ type: 'support' });

    app.part(Clock).advance(8 * DAY);
    const lifecycle = app.part(LifecycleService);
    await Promise.all([lifecycle.sweep(), lifecycle.sweep(), lifecycle.sweep()]);
    await lifecycle.sweep();

    expect((await feedOf(cast.member.api, roomId)).map(({ ev }) => ev)).toEqual(['room.created', 'room.deactivated']);
  });

  it('by itself, without anybody asking for a list', async () => {
    const other = await anApp({ ROOM_SWEEP_SECONDS: '1' });
    try {
      const its = await aCast(other);
      const roomId = await its.room({ type: 'support' });
      const socket = await sockets.open('raw', other.url, its.member.apiKey);

      other.part(Clock).advance(8 * DAY);

      expect(await socket.hears('room.deactivated')).toMatchObject({ roomId, offset: 2 });
    } finally {
      await other.close();
    }
  });
});

describe('a room that sleeps', () => {
  it('is woken by a user’s message and by no system message', async () => {
    const roomId = await cast.room({ type: 'support' });
    await sweepAfter(8 * DAY);

    const beep = await saySystem(roomId);
    const asleep = await statusOf(roomId);
    await say(roomId);

    expect(beep.status).toBe(201);
    expect([asleep, await statusOf(roomId)]).toEqual(['inactive inactivity', 'active']);
  });

  it.each(TRANSPORTS)('tells of both in order, to members who connected meanwhile, on %s', async (transport) => {
    const roomId = await cast.room({ type: 'support' });
    await sweepAfter(8 * DAY);
    const socket = await sockets.open(transport, app.url, cast.admin.apiKey);

    await say(roomId, 'Awake?');
    await socket.hears('message.created');

    expect(socket.durable.filter((push) => push.roomId === roomId)).toMatchObject([
      { ev: 'room.reactivated', offset: 3, data: { status: 'active', deactivatedReason: null } },
      { ev: 'message.created', offset: 4, data: { content: 'Awake?' } },
    ]);
    await feedOf(cast.member.api, roomId);
  });

  it('sleeps on for its members when it was closed by hand, until it is opened by hand', async () => {
    const roomId = await cast.room({ type: 'support' });
    await cast.owner.api.post(`/rooms/${roomId}/deactivate`);

    const refused = gist(await say(roomId));
    const closed = await statusOf(roomId);
    await cast.owner.api.post(`/rooms/${roomId}/activate`);

    expect([refused, closed, gist(await say(roomId))]).toEqual(['409 room_inactive', 'inactive manual', '201']);
  });

  it('that was opened by hand has its days before it', async () => {
    const roomId = await cast.room({ type: 'support' });
    await rows(app, `UPDATE rooms SET last_activity_at = now() - interval '6 days' WHERE id = $1`, [roomId]);
    await cast.owner.api.post(`/rooms/${roomId}/deactivate`);
    await cast.owner.api.post(`/rooms/${roomId}/activate`);

    await sweepAfter(6 * DAY);
    const active = await statusOf(roomId);
    await sweepAfter(7 * DAY + HOUR);

    expect([active, await statusOf(roomId)]).toEqual(['active', 'inactive inactivity']);
  });
});

describe('the warning', () => {
  it.each([
    ['support', {}, 7 * 24 - 7 * 2.4, 'a tenth of seven days'],
    ['channel', {}, 180 * 24 - 24, 'a day, of the tenth that is more'],
    ['group', { inactivityDays: 1 }, 24 - 2.4, 'a tenth of the day that the room has'],
  ])('of a %s room with %j comes after %d hours: ahead by %s', async (type, settings, hours, _ahead) => {
    const roomId = await cast.room({ type, settings });
    const socket = await sockets.open('raw', app.url, cast.member.apiKey);
    const warnings = () => socket.of('room.expiring').filter((push) => push.roomId === roomId).length;

    await sweepAfter(hours * HOUR - 600);
    const { body: room } = await cast.member.api.get(`/rooms/${roomId}`);
    await socket.command('ping');
    const early = warnings();
    await sweepAfter(hours * HOUR + 600);
    await socket.command('ping');

    expect([early, warnings(), await statusOf(roomId)]).toEqual([0, 1, 'active']);
    const warning = socket.of('room.expiring').find((push) => push.roomId === roomId);
    expect(warning).toEqual({ ev: 'room.expiring', roomId, ts: expect.any(String), data: room });
  });

  it.each(TRANSPORTS)('comes once a period on %s, takes no offset, and again after use', async (transport) => {
    const roomId = await cast.room({ type: 'support' });
    const socket = await sockets.open(transport, app.url, cast.member.apiKey);
    const warnings = async () => {
      await socket.command('ping');
      return socket.of('room.expiring').filter((push) => push.roomId === roomId).length;
    };

    await sweepAfter(6.5 * DAY);
    await sweepAfter(6.6 * DAY);
    const first = await warnings();
    await rows(app, `UPDATE rooms SET last_activity_at = now() + interval '6.7 days' WHERE id = $1`, [roomId]); // as by use then
    await sweepAfter(7.5 * DAY);
    const used = [await warnings(), await statusOf(roomId)];
    await sweepAfter(13.4 * DAY);
    const second = await warnings();
    await sweepAfter(13.8 * DAY);

    expect([first, ...used, second]).toEqual([1, 1, 'active', 2]);
    expect(await statusOf(roomId)).toBe('inactive inactivity');
    expect((await feedOf(cast.member.api, roomId)).map(({ ev }) => ev)).toEqual(['room.created', 'room.deactivated']);
  });

  it('is not repeated because the room was changed meanwhile, unless the change gave it more days', async () => {
    const roomId = await cast.room({ type: 'support' });
    const socket = await sockets.open('raw', app.url, cast.member.apiKey);
    const patchAndSweep = async (patch: object, days: number) => {
      await cast.owner.api.patch(`/rooms/${roomId}`, patch);
      await sweepAfter(days * DAY);
      await socket.command('ping');
      return socket.of('room.expiring').filter((push) => push.roomId === roomId).length;
    };

    const warned = await patchAndSweep({}, 6.5);
    const renamed = await patchAndSweep({ name: 'New' }, 6.6);
    const longer = await patchAndSweep({ settings: { inactivityDays: 10 } }, 8.9);

    expect([warned, renamed, longer, await patchAndSweep({}, 9.1)]).toEqual([1, 1, 1, 2]);
  });

  it('is not given of rooms that are kept active or closed', async () => {
    const kept = await cast.room({ type: 'support', settings: { keepActive: true } });
    const closed = await cast.room({ type: 'support' });
    const open = await cast.room({ type: 'support' });
    await cast.owner.api.post(`/rooms/${closed}/deactivate`);
    const socket = await sockets.open('raw', app.url, cast.member.apiKey);

    await sweepAfter(6.5 * DAY);
    await socket.command('ping');

    const warned = socket.of('room.expiring').map((push) => push.roomId);
    expect(warned).toContain(open);
    expect(warned).not.toContain(kept);
    expect(warned).not.toContain(closed);
  });
});

describe('the dry run', () => {
  it('names what the sweep then deactivates, soonest first, with the times', async () => {
    const other = await aCast(app);
    const wishes = [
      { type: 'support' },
      { type: 'support', settings: { inactivityDays: 2 } },
      { type: 'group', settings: { inactivityDays: 3 } },
      { type: 'support', settings: { keepActive: true } },
      { type: 'group' },
      { type: 'channel' },
    ];
    const ids: string[] = [];
    for (const wish of wishes) ids.push(await other.room(wish));
    const closed = await other.room({ type: 'support' });
    await other.owner.api.post(`/rooms/${closed}/deactivate`);

    const forecast = await expiring('8d', other);
    await sweepAfter(8 * DAY);
    const { body } = await other.client.master.get('/rooms/all?status=inactive&limit=100');

    expect(forecast.map(({ roomId }) => roomId)).toEqual([ids[1], ids[2], ids[0]]);
    expect(forecast.map(({ type }) => type)).toEqual(['support', 'group', 'support']);
    const asleep = body.data
      .filter(({ deactivatedReason }: { deactivatedReason: string }) => deactivatedReason === 'inactivity')
      .map(({ id }: { id: string }) => id);
    expect(asleep.sort()).toEqual(forecast.map(({ roomId }) => roomId).sort());
    const { body: room } = await other.client.master.get(`/rooms/${ids[1]}`);
    expect(Date.parse(forecast[0]!.deactivatesAt) - Date.parse(room.createdAt)).toBe(2 * DAY * 1_000);
  });

  it('is right at once when days change, of the client or of the room, and the sweep is too', async () => {
    const other = await aCast(app);
    const [a, b] = [await other.room({ type: 'channel' }), await other.room({ type: 'channel' })];
    await sweepAfter(DAY); // has put the next look at them far ahead
    app.part(Clock).advance(-DAY);
    const before = await withinIds('4d', other);

    await other.client.master.patch('/clients/me', { settings: { inactivityDays: { channel: 3 } } });
    const shortened = await withinIds('4d', other);
    await other.owner.api.patch(`/rooms/${a}`, { settings: { inactivityDays: 9 } });
    const lengthened = await withinIds('4d', other);
    await sweepAfter(4 * DAY);

    expect([before, shortened, lengthened]).toEqual([[], [a, b], [b]]);
    expect([await statusOf(a, other), await statusOf(b, other)]).toEqual(['active', 'inactive inactivity']);
    await other.client.master.patch('/clients/me', { settings: { inactivityDays: null } });
    await other.owner.api.patch(`/rooms/${a}`, { settings: { inactivityDays: null } });
    await sweepAfter(20 * DAY);
    expect(await statusOf(a, other)).toBe('active');
  });

  it('and the sweep know new days of a room that was closed when they changed', async () => {
    const other = await aCast(app);
    const roomId = await other.room({ type: 'channel' });
    await sweepAfter(DAY); // has put the next look at it far ahead
    await other.owner.api.post(`/rooms/${roomId}/deactivate`);
    await other.client.master.patch('/clients/me', { settings: { inactivityDays: { channel: 3 } } });
    await sweepAfter(DAY);
    await other.owner.api.post(`/rooms/${roomId}/activate`);

    const forecast = await withinIds('4d', other);
    await sweepAfter(4 * DAY);

    expect([forecast, await statusOf(roomId, other)]).toEqual([[roomId], 'inactive inactivity']);
  });

  it('and the sweep reach every room of a client that has thousands', async () => {
    const other = await aCast(app);
    const make = `INSERT INTO rooms (client_id, id, type, head)
      SELECT $1, gen_random_uuid(), 'channel', 1 FROM generate_series(1, 2300)`;
    await rows(app, make, [other.client.id]);
    await rows(app, `UPDATE rooms SET look_at = now() + interval '100 days' WHERE client_id = $1`, [other.client.id]);
    const asleep = async () => {
      const sql = `SELECT count(*)::int FROM rooms WHERE client_id = $1 AND deactivated_reason = 'inactivity'`;
      return (await rows<{ count: number }>(app, sql, [other.client.id]))[0]?.count;
    };

    await sweepAfter(4 * DAY);
    const before = await asleep();
    await other.client.master.patch('/clients/me', { settings: { inactivityDays: { channel: 3 } } });
    await sweepAfter(4 * DAY);

    expect([before, await asleep()]).toEqual([0, 2_300]);
    expect(await withinIds('400d', other)).toEqual([]);
  });

  it('looks a day ahead unless told, page by page, and changes nothing', async () => {
    const other = await aCast(app);
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push(await other.room({ settings: { inactivityDays: 1 } }));
    const page = async (query: string) => (await other.client.master.get(`/rooms/expiring?limit=2${query}`)).body;

    const none = await other.client.master.get('/rooms/expiring?within=23h');
    app.part(Clock).advance(60);
    const first = await page('');
    const second = await page(`&cursor=${first.nextCursor}`);

    expect(none.body).toEqual({ data: [], nextCursor: null });
    expect([...first.data, ...second.data].map(({ roomId }: { roomId: string }) => roomId)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
    expect(await statusOf(ids[0]!, other)).toBe('active');
  });

  it.each(['soon', '1w', '-1d', '1.5d', ''])('refuses %j as a time', async (within) => {
    const { status, body } = await cast.client.master.get(`/rooms/expiring?within=${within}`);

    expect(status).toBe(400);
    expect(body.errors[0].pointer).toBe('/within');
  });

  it('is for master keys, and of their own client', async () => {
    const other = await aCast(app);
    await cast.room({ settings: { inactivityDays: 1 } });

    expect(gist(await cast.owner.api.get('/rooms/expiring'))).toBe('403 forbidden');
    expect(await withinIds('400d', other)).toEqual([]);
  });
});

it('takes escalation and retention as settings of the client', async () => {
  const settings = { escalation: { afterSeconds: 60, channels: ['push', 'email'] }, retentionDays: 90 };

  const set = await cast.client.master.patch('/clients/me', { settings });
  const bad = await cast.client.master.patch('/clients/me', {
    settings: { escalation: { afterSeconds: 60, channels: ['fax'] }, retentionDays: 0 },
  });
  const unset = await cast.client.master.patch('/clients/me', { settings: { escalation: null, retentionDays: null } });

  expect(set.body.settings).toMatchObject(settings);
  expect(bad.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    '/settings/escalation/channels',
    '/settings/retentionDays',
  ]);
  expect(Object.keys(unset.body.settings)).toEqual(['limits']);
});
