import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient, type TestUser } from '../builders/clients.js';
import type { Api, Reply } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { type Heard, type TestSocket, TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
/** Another process of the same installation. */
let elsewhere: TestApp;
let a: TestClient;
let b: TestClient;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  elsewhere = await app.another();
  const settings = { limits: { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000 } };
  [a, b] = await Promise.all([aClient(app, { name: 'A', settings }), aClient(app, { name: 'B', settings })]);
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

interface Place {
  readonly roomId: string;
  readonly messageId: string;
}

const readMessages = (api: Api, { roomId, messageId }: Place): Promise<Reply>[] => [
  api.get(`/messages/${messageId}`),
  api.get(`/messages/${messageId}/replies`),
  api.get(`/messages/${messageId}/receipts`),
  api.get(`/messages/${messageId}/versions`),
  api.get(`/messages/${messageId}/trace`),
  api.patch(`/messages/${messageId}`, { content: 'Changed' }),
  api.delete(`/messages/${messageId}`),
  api.put(`/messages/${messageId}/reactions/👍`, undefined),
  api.delete(`/messages/${messageId}/reactions/👍`),
  api.post(`/messages/${messageId}/pin`),
  api.delete(`/messages/${messageId}/pin`),
  api.get(`/messages/search?q=secret&roomId=${roomId}`),
  api.get(`/messages?roomId=${roomId}`),
  api.get(`/messages?roomId=${roomId}&after=0`),
];

/** Every route that names a room or a message of one. */
const reach = (api: Api, { roomId, messageId }: Place): Promise<Reply>[] => [
  ...readMessages(api, { roomId, messageId }),
  api.post('/messages', { roomId, content: 'Let me in' }),
  api.post('/messages', { roomId, content: 'Let me in' }, { 'Idempotency-Key': randomUUID() }),
  api.get(`/rooms/${roomId}`),
  api.get(`/rooms/${roomId}/members`),
  api.get(`/rooms/${roomId}/events`),
  api.get(`/rooms/${roomId}/pins`),
  api.post(`/rooms/${roomId}/members`, { userId: 'mallory' }),
  api.delete(`/rooms/${roomId}/members/alice`),
  api.patch(`/rooms/${roomId}`, { name: 'Mine' }),
  api.delete(`/rooms/${roomId}`),
  api.patch(`/rooms/${roomId}/members/alice`, { role: 'admin' }),
  api.post(`/rooms/${roomId}/join`),
  api.post(`/rooms/${roomId}/leave`),
  api.post(`/rooms/${roomId}/mute`),
  api.post(`/rooms/${roomId}/unmute`),
  api.post(`/rooms/${roomId}/bans`, { userId: 'alice' }),
  api.get(`/rooms/${roomId}/bans`),
  api.delete(`/rooms/${roomId}/bans/alice`),
  api.post(`/rooms/${roomId}/read`, { seq: 1 }),
  api.post(`/rooms/${roomId}/deactivate`),
  api.post(`/rooms/${roomId}/activate`),
];

const nothing = () => ({ roomId: randomUUID(), messageId: randomUUID() });

/** A refusal without what differs from call to call. */
const withoutRequestId = ({ status, body }: Reply) => ({ status, text: JSON.stringify({ ...body, requestId: '' }) });

async function aRoomWithAMessage(client: TestClient, members: string[]) {
  const roomId = await aRoom(client, { type: 'group', name: 'Lobby', members });
  const { body } = await client.master.as(members[0] ?? '').post('/messages', { roomId, content: 'A secret' });
  return { roomId, messageId: String(body.id) };
}

describe('message routes check tenant and membership', () => {
  it('lets a member in', async () => {
    const place = await aRoomWithAMessage(a, ['alice']);
    const alice = await a.login('alice');

    expect((await alice.api.get(`/messages/${place.messageId}`)).body).toMatchObject({ content: 'A secret' });
    expect((await alice.api.get(`/messages?roomId=${place.roomId}`)).body.data).toHaveLength(1);
    expect((await alice.api.get(`/messages/search?q=secret&roomId=${place.roomId}`)).body.data).toHaveLength(1);
    expect((await alice.api.patch(`/messages/${place.messageId}`, { content: 'Changed' })).status).toBe(200);
  });

  it.each([
    ['a user of the client who is not in the room', async () => (await a.login('stranger')).api],
    ['the other client’s user of the same name', async () => (await b.login('alice')).api],
    ['the other client’s master key', () => Promise.resolve(b.master)],
    ['the other client’s master key, in the member’s name', () => Promise.resolve(b.master.as('alice'))],
  ])('answers %s as if there were nothing, byte for byte', async (_who, caller) => {
    const place = await aRoomWithAMessage(a, ['alice']);
    const api = await caller();

    const refused = await Promise.all(reach(api, place));
    const random = await Promise.all(reach(api, nothing()));

    // Some calls need a user, others a master key: those refusals say nothing of the room either.
    expect(refused.filter(({ status }) => ![400, 403, 404].includes(status))).toEqual([]);
    expect(refused.filter(({ status }) => status === 404).length).toBeGreaterThan(15);
    expect(refused.map(withoutRequestId)).toEqual(random.map(withoutRequestId));
    const { body: room } = await a.master.get(`/rooms/${place.roomId}`);
    expect(room).toMatchObject({ head: 2, lastSeq: 1, memberCount: 1, status: 'active' });
    const { body: message } = await a.master.get(`/messages/${place.messageId}`);
    expect(message).toMatchObject({ content: 'A secret', deletedAt: null, pinnedAt: null, reactions: [] });
    expect((await api.get('/messages/search?q=secret')).body.data ?? []).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ id: place.messageId })]),
    );
  });

  describe.each(TRANSPORTS)('over %s', (transport) => {
    it.each([
      ['a user who is not in the room', async () => (await a.login('stranger')).apiKey],
      ['the other client’s user of the same name', async () => (await b.login('alice')).apiKey],
    ])('answers %s as if there were nothing', async (_who, key) => {
      const { roomId, messageId } = await aRoomWithAMessage(a, ['alice']);
      const socket = await sockets.open(transport, app.url, await key());
      const ask = async (room: string, message: string) => [
        await socket.command('message.edit', { messageId: message, content: 'Changed' }),
        await socket.command('message.delete', { messageId: message }),
        await socket.command('reaction.add', { messageId: message, emoji: '👍' }),
        await socket.command('message.send', { roomId: room, content: 'Let me in' }),
        await socket.command('receipt.read', { roomId: room, seq: 1 }),
      ];

      const refused = (await ask(roomId, messageId)).map(({ error }) => error);
      const random = (await ask(randomUUID(), randomUUID())).map(({ error }) => error);
      const { ok } = await socket.command('sync', { rooms: [{ roomId, offset: 0 }] });

      expect(refused.map(({ code }) => code as string)).toEqual(Array.from({ length: 5 }, () => 'not_found'));
      expect(refused).toEqual(random);
      expect(ok).toEqual({ rooms: [{ roomId, recovered: false, reason: 'not_found' }] });
    });

    it('lets a master key watch its own rooms only', async () => {
      const { roomId } = await aRoomWithAMessage(a, ['alice']);
      const mine = await sockets.open(transport, app.url, a.masterKey);
      const theirs = await sockets.open(transport, app.url, b.masterKey);

      expect(await mine.command('room.subscribe', { roomId })).toMatchObject({ ok: { roomId, head: 2, lastSeq: 1 } });
      expect(await theirs.command('room.subscribe', { roomId })).toMatchObject({ error: { code: 'not_found' } });
    });
  });
});

describe('access is checked by user and client: alice of A is not alice of B', () => {
  it('shows each her own room of the same name, and lets neither into the other’s', async () => {
    const [inA, inB] = await Promise.all([aRoomWithAMessage(a, ['alice']), aRoomWithAMessage(b, ['alice'])]);
    const [aliceA, aliceB] = await Promise.all([a.login('alice'), b.login('alice')]);
    const lobbies = async ({ api }: TestUser) =>
      (await api.get('/rooms?limit=100')).body.data.map(({ id }: { id: string }) => id) as string[];

    expect(await lobbies(aliceA)).toContain(inA.roomId);
    expect(await lobbies(aliceA)).not.toContain(inB.roomId);
    expect(await lobbies(aliceB)).toContain(inB.roomId);
    expect(await lobbies(aliceB)).not.toContain(inA.roomId);
    expect((await aliceA.api.get(`/rooms/${inB.roomId}`)).status).toBe(404);
    expect((await aliceB.api.get(`/rooms/${inA.roomId}`)).status).toBe(404);
  });

  it('keeps their keys, profiles and read pointers apart', async () => {
    const [aliceA, aliceB] = await Promise.all([
      a.login('alice', { displayName: 'Alice of A', device: 'same' }),
      b.login('alice', { displayName: 'Alice of B', device: 'same' }),
    ]);

    expect((await aliceA.api.get('/auth/me')).body).toMatchObject({
      client: { id: a.id },
      user: { displayName: 'Alice of A' },
    });
    expect((await aliceB.api.get('/auth/me')).body).toMatchObject({
      client: { id: b.id },
      user: { displayName: 'Alice of B' },
    });
  });
});

/** Who comes and goes is told a moment later, beside the rest. */
const lasting = (socket: TestSocket): Heard[] => socket.heard.filter(({ ev }) => ev !== 'presence.changed');

describe.each(TRANSPORTS)('nothing is broadcast across tenants, over %s', (transport) => {
  it('brings a client’s users no push but their own, whatever another client’s users of the same names do', async () => {
    const [inA, inB] = await Promise.all([
      aRoomWithAMessage(a, ['alice', 'bob']),
      aRoomWithAMessage(b, ['alice', 'bob']),
    ]);
    const [aliceA, aliceB, bobA] = await Promise.all([a.login('alice'), b.login('alice'), a.login('bob')]);
    const theirs = [
      await sockets.open(transport, app.url, aliceB.apiKey),
      await sockets.open(transport, elsewhere.url, aliceB.apiKey),
      await sockets.open(transport, elsewhere.url, b.masterKey),
    ];
    await theirs[2]?.command('room.subscribe', { roomId: inB.roomId });
    const own = await sockets.open(transport, elsewhere.url, bobA.apiKey);

    const online = await sockets.open(transport, app.url, aliceA.apiKey);
    await online.command('message.send', { roomId: inA.roomId, content: 'Only for A' });
    await own.command('receipt.read', { roomId: inA.roomId, seq: 2 });
    const lobby = await aRoom(a, { type: 'channel', name: 'Lobby', members: ['alice', 'bob'] });
    await a.master.post(`/rooms/${lobby}/members`, { userId: 'carol' });
    await a.master.delete(`/rooms/${lobby}/members/carol`);
    await a.master.post(`/rooms/${lobby}/deactivate`);
    await a.master.post(`/rooms/${lobby}/activate`);
    online.close();
    await own.hears('room.reactivated');
    await b.master.as('bob').post('/messages', { roomId: inB.roomId, content: 'For B' });
    await Promise.all(theirs.map((socket) => socket.hears('message.created')));

    expect(lasting(own).map(({ ev }) => ev)).toEqual([
      ...['ready', 'message.created', 'receipt.updated', 'room.created', 'member.joined', 'member.removed'],
      ...['room.deactivated', 'room.reactivated'],
    ]);
    for (const socket of theirs) {
      expect(lasting(socket).map(({ ev }) => ev)).toEqual(['ready', 'message.created']);
      expect(lasting(socket)[1]).toMatchObject({ roomId: inB.roomId, data: { content: 'For B' } });
      expect(socket.of('presence.changed').filter(({ data }) => data.userId === 'bob')).toEqual([]);
    }
  });
});
