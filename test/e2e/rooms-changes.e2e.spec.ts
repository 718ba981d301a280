import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Hub } from '../../src/platform/realtime/hub.js';
import { aCast, type Cast, feedOf, gist } from '../builders/casts.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';
import { TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let elsewhere: TestApp;
let cast: Cast;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  elsewhere = await app.another();
  cast = await aCast(app);
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const SETTINGS = {
  openPosting: true,
  membersCanInvite: true,
  slowModeSeconds: 30,
  keepActive: true,
  inactivityDays: 3,
  escalation: { afterSeconds: 300, channels: ['push', 'email'] },
};

describe('changing a room', () => {
  it('takes every setting at creation', async () => {
    const roomId = await cast.room({ settings: SETTINGS });

    expect((await cast.member.api.get(`/rooms/${roomId}`)).body.settings).toEqual(SETTINGS);
  });

  it('changes what is named, clears what is null, and leaves the rest', async () => {
    const roomId = await cast.room({ name: 'Before', description: 'Of old', maxMembers: 9, metadata: { a: 1, b: 2 } });

    const named = await cast.owner.api.patch(`/rooms/${roomId}`, { name: 'After', metadata: { c: 3 } });
    const cleared = await cast.owner.api.patch(`/rooms/${roomId}`, { description: null, maxMembers: null });

    expect(named.body).toMatchObject({ name: 'After', description: 'Of old', maxMembers: 9, metadata: { c: 3 } });
    expect(cleared.body).toMatchObject({ name: 'After', description: null, maxMembers: null, metadata: { c: 3 } });
    expect((await cast.member.api.get(`/rooms/${roomId}`)).body).toEqual(cleared.body);
  });

  it('merges settings, and null takes one away', async () => {
    const roomId = await cast.room({ settings: { openPosting: true, inactivityDays: 3 } });

    const settings = { ...SETTINGS, openPosting: null, slowModeSeconds: 0 };
    const { body } = await cast.owner.api.patch(`/rooms/${roomId}`, { settings });

    const { openPosting: _gone, ...kept } = SETTINGS;
    expect(body.settings).toEqual({ ...kept, slowModeSeconds: 0 });
  });

  it('tells nobody of a change that changes nothing', async () => {
    const roomId = await cast.room({ name: 'Same', settings: { openPosting: true } });

    const same = await cast.owner.api.patch(`/rooms/${roomId}`, { name: 'Same', settings: { openPosting: true } });
    const empty = await cast.owner.api.patch(`/rooms/${roomId}`, {});

    expect([same.body.head, empty.body.head]).toEqual([1, 1]);
  });

  it.each([
    ['an unknown setting', { settings: { loud: true } }, '/settings/loud'],
    ['slow mode below zero', { settings: { slowModeSeconds: -1 } }, '/settings/slowModeSeconds'],
    ['no days at all', { settings: { inactivityDays: 0 } }, '/settings/inactivityDays'],
    [
      'an escalation at once',
      { settings: { escalation: { afterSeconds: 0, channels: ['push'] } } },
      '/settings/escalation/afterSeconds',
    ],
    [
      'an unknown channel',
      { settings: { escalation: { afterSeconds: 5, channels: ['pigeon'] } } },
      '/settings/escalation/channels',
    ],
    ['another type', { type: 'channel' }, '/type'],
    ['a name too long', { name: 'x'.repeat(201) }, '/name'],
    ['no metadata', { metadata: null }, '/metadata'],
  ])('refuses %s', async (_what, patch, pointer) => {
    const roomId = await cast.room();

    const { status, body } = await cast.owner.api.patch(`/rooms/${roomId}`, patch);

    expect(status).toBe(400);
    expect(body.errors[0].pointer).toBe(pointer);
  });

  it('refuses a limit that the members are over already, or that a direct room has by nature', async () => {
    const roomId = await cast.room();
    const { body: direct } = await cast.owner.api.post('/rooms', { type: 'direct', members: ['mia'] });

    expect(gist(await cast.owner.api.patch(`/rooms/${roomId}`, { maxMembers: 2 }))).toBe('409 room_full');
    expect(gist(await cast.owner.api.patch(`/rooms/${roomId}`, { maxMembers: 3 }))).toBe('200');
    expect(gist(await cast.owner.api.patch(`/rooms/${direct.id}`, { maxMembers: 3 }))).toBe('409 direct_room');
    expect(gist(await cast.owner.api.patch(`/rooms/${direct.id}`, { name: 'Us' }))).toBe('200');
  });

  it.each(TRANSPORTS)('is told on %s, and stands in the feed', async (transport) => {
    const roomId = await cast.room();
    const socket = await sockets.open(transport, app.url, cast.member.apiKey);

    const { body } = await cast.admin.api.patch(`/rooms/${roomId}`, { name: 'New' });

    expect(await socket.hears('room.updated')).toMatchObject({ roomId, offset: 2, data: body });
    expect(await feedOf(cast.member.api, roomId)).toMatchObject([
      { ev: 'room.created' },
      { ev: 'room.updated', data: body },
    ]);
  });
});

describe('deleting a room', () => {
  const TABLES = ['rooms', 'room_members', 'messages', 'room_events', 'room_bans'];
  const counts = async (roomId: string) => {
    const column = (table: string) => (table === 'rooms' ? 'id' : 'room_id');
    const sql = TABLES.map((table) => `(SELECT count(*)::int FROM ${table} WHERE ${column(table)} = $1) AS ${table}`);
    return Object.values((await rows<Record<string, number>>(app, `SELECT ${sql.join()}`, [roomId]))[0] ?? {});
  };

  it('takes everything of it away, and answers 404 from then on', async () => {
    const roomId = await cast.room();
    const { body: message } = await cast.owner.api.post('/messages', { roomId, content: 'Short-lived' });
    await cast.owner.api.post(`/rooms/${roomId}/bans`, { userId: 'mallory' });
    expect((await counts(roomId)).every((count) => count > 0)).toBe(true);

    expect(gist(await cast.owner.api.delete(`/rooms/${roomId}`))).toBe('204');

    expect(await counts(roomId)).toEqual([0, 0, 0, 0, 0]);
    for (const api of [cast.owner.api, cast.client.master])
      for (const reply of [
        await api.get(`/rooms/${roomId}`),
        await api.get(`/rooms/${roomId}/events`),
        await api.get(`/messages/${message.id}`),
        await api.delete(`/rooms/${roomId}`),
      ])
        expect(gist(reply)).toBe('404 not_found');
    expect((await cast.owner.api.get('/rooms')).body.data.map(({ id }: { id: string }) => id)).not.toContain(roomId);
  });

  it('lets the pair of a direct room begin anew', async () => {
    const pair = { type: 'direct', members: ['otto'] };
    const { body: first } = await cast.owner.api.post('/rooms', pair);

    await cast.owner.api.delete(`/rooms/${first.id}`);
    const second = await cast.owner.api.post('/rooms', pair);

    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.id);
  });

  it.each(TRANSPORTS)('is the last that sockets of every node hear of it, on %s', async (transport) => {
    const roomId = await cast.room();
    const here = await sockets.open(transport, app.url, cast.member.apiKey);
    const there = await sockets.open(transport, elsewhere.url, cast.admin.apiKey);
    const watching = await sockets.open(transport, app.url, cast.client.masterKey);
    await watching.command('room.subscribe', { roomId });

    await cast.owner.api.delete(`/rooms/${roomId}`);

    for (const socket of [here, there, watching])
      expect(await socket.hears('room.deleted')).toMatchObject({ roomId, offset: 2, data: { id: roomId, head: 2 } });
    await eventually(() => {
      const heard = [app, elsewhere].flatMap((node) =>
        node
          .part(Hub)
          .rooms()
          .map((room) => room.roomId),
      );
      return !heard.includes(roomId);
    });
    expect(await here.command('sync', { rooms: [{ roomId, offset: 0 }] })).toEqual(
      expect.objectContaining({ ok: { rooms: [{ roomId, recovered: false, reason: 'not_found' }] } }),
    );
  });

  it('gives a random room the same answer as one of another client', async () => {
    const theirs = await (await aCast(app)).room();

    const answers = await Promise.all(
      [theirs, randomUUID()].map(async (id) => [
        gist(await cast.client.master.delete(`/rooms/${id}`)),
        gist(await cast.client.master.patch(`/rooms/${id}`, { name: 'Mine' })),
      ]),
    );

    expect(answers).toEqual([
      ['404 not_found', '404 not_found'],
      ['404 not_found', '404 not_found'],
    ]);
  });
});
