import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LifecycleService } from '../../src/modules/rooms/index.js';
import { MESSAGE_OUTBOUND } from '../../src/modules/messages/messages.events.js';
import { MessagesService } from '../../src/modules/messages/messages.service.js';
import { ROOM_OUTBOUND } from '../../src/modules/rooms/rooms.events.js';
import { atHops, OutboundCatalogue } from '../../src/platform/outbox/index.js';
import type { Principal } from '../../src/platform/security/index.js';
import { aRoom, type TestClient } from '../builders/clients.js';
import { aCast, type Cast, feedOf } from '../builders/casts.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { type HeardEvent, OutboxEar } from '../support/outbox-ear.js';
import { rows } from '../support/rows.js';
import { flightsOf, statementsOf, transactionsOf } from '../support/statements.js';

let app: TestApp;
let elsewhere: TestApp;
let ear: OutboxEar;
let cast: Cast;
let client: TestClient;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp({ ROOM_SWEEP_SECONDS: '86400' });
  elsewhere = await app.another();
  ear = await OutboxEar.at(app, elsewhere);
}, 60_000);

beforeEach(async () => {
  cast = await aCast(app);
  client = cast.client;
  ear.hear(client.id);
});

afterEach(() => {
  ear.refuses = false;
  sockets.closeAll();
});
afterAll(() => app.close());

const placeOf = ({ type, roomId, offset }: HeardEvent) => `${type} ${offset} ${roomId ?? ''}`;
const asleep = (roomId: string) =>
  rows(app, `UPDATE rooms SET status = 'inactive', deactivated_reason = 'inactivity' WHERE id = $1`, [roomId]);

/** Everything that can happen to a room, and in it, at both processes. */
async function everything(roomId: string): Promise<void> {
  const [master, olga, mia] = [client.master, cast.owner.api, elsewhere.api(cast.member.apiKey)];
  const done = async (call: Promise<{ status: number; body: unknown }>) => {
    const { status, body } = await call;
    if (status >= 300) throw new Error(JSON.stringify(body));
    return body as { id: string };
  };
  await done(master.patch(`/rooms/${roomId}`, { name: 'Renamed' }));
  await done(olga.post(`/rooms/${roomId}/members`, { userId: 'nina' }));
  await done(olga.patch(`/rooms/${roomId}/members/nina`, { role: 'admin' }));
  await done(master.as('nina').post(`/rooms/${roomId}/leave`));
  for (const userId of ['bert', 'carl', 'dora']) await done(olga.post(`/rooms/${roomId}/members`, { userId }));
  await done(olga.delete(`/rooms/${roomId}/members/bert`));
  await done(olga.post(`/rooms/${roomId}/bans`, { userId: 'carl' }));
  const said = await done(mia.post('/messages', { roomId, content: 'Hello' }));
  await done(mia.post('/messages', { roomId, content: 'Once' }, { 'Idempotency-Key': randomUUID() }));
  await done(mia.patch(`/messages/${said.id}`, { content: 'Hello!' }));
  for (const api of [olga, mia]) await done(api.put(`/messages/${said.id}/reactions/👍`, {}));
  await done(mia.delete(`/messages/${said.id}/reactions/👍`));
  await done(olga.post(`/messages/${said.id}/pin`));
  await done(olga.delete(`/messages/${said.id}/pin`));
  await done(mia.delete(`/messages/${said.id}`));
  const dora = master.as('dora');
  await done(dora.post('/messages', { roomId, content: 'I am Dora' }));
  const mentioned = await done(mia.post('/messages', { roomId, content: '@dora', mentions: ['dora'] }));
  await done(dora.put(`/messages/${mentioned.id}/reactions/👍`, {}));
  await done(olga.post(`/rooms/${roomId}/deactivate`));
  await done(olga.post(`/rooms/${roomId}/activate`));
  await rows(app, `UPDATE rooms SET last_activity_at = now() - interval '90 days', look_at = now() WHERE id = $1`, [
    roomId,
  ]);
  await app.part(LifecycleService).sweep();
  await done(mia.post('/messages', { roomId, content: 'Wake up' }));
  await done(master.delete(`/users/dora`));
  await eventually(async () => (await master.get(`/rooms/${roomId}/members`)).body.data.length === 3);
  await eventually(async () => (await feedOf(olga, roomId)).at(-1)?.ev === 'message.updated'); // no longer mentions her
  await done(master.delete(`/rooms/${roomId}`));
}

describe('what happens in a room is told to other systems', () => {
  it('as sockets are told it: each event once, in order, with its own offset', async () => {
    const socket = await sockets.open('raw', app.url, cast.owner.apiKey);
    const roomId = await cast.room();
    await everything(roomId);
    await socket.hears('room.deleted');

    const told = await ear.heard(client.id);

    expect(
      told.map(({ type, roomId: of, offset, at, data }) => ({
        ev: type,
        roomId: of,
        offset,
        ts: at.toISOString(),
        data,
      })),
    ).toEqual(socket.durable.map(({ ev, roomId: of, offset, ts, data }) => ({ ev, roomId: of, offset, ts, data })));
    expect(told.map(({ offset }) => offset)).toEqual(told.map((_, n) => n + 1));
    expect([...new Set(told.map(({ type }) => type))].sort()).toEqual(
      [...Object.keys(ROOM_OUTBOUND), ...Object.keys(MESSAGE_OUTBOUND)].sort(),
    );
  }, 60_000);

  it('and each of them is in the catalogue', () => {
    const known = app
      .part(OutboundCatalogue)
      .all()
      .map(({ type }) => type);

    expect(known).toEqual(expect.arrayContaining([...Object.keys(ROOM_OUTBOUND), ...Object.keys(MESSAGE_OUTBOUND)]));
  });

  it('without a gap when a hundred speak at once, at two processes, into a room that sleeps', async () => {
    const roomId = await cast.room();
    await asleep(roomId);
    const speakers = [cast.member.api, elsewhere.api(cast.member.apiKey)] as const;

    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        speakers[n % 2 === 0 ? 0 : 1].post('/messages', { roomId, content: `${n}` }),
      ),
    );

    expect(answers.every((answer) => answer.status === 201)).toBe(true);
    const told = await ear.heard(client.id);
    expect(told.map(({ offset }) => offset)).toEqual(Array.from({ length: 102 }, (_, n) => n + 1));
    expect(told.slice(0, 2).map(({ type }) => type)).toEqual(['room.created', 'room.reactivated']);
    expect(told.slice(2).map(({ data, offset }) => data.offset === offset && data.id)).toEqual(
      answers
        .map((answer) => answer.body)
        .sort((a, b) => a.offset - b.offset)
        .map(({ id }) => id),
    );
  });

  it('with the change or not at all', async () => {
    const roomId = await cast.room();
    const { body: said } = await cast.member.api.post('/messages', { roomId, content: 'Kept' });
    const before = { told: (await ear.heard(client.id)).map(placeOf), feed: await feedOf(cast.owner.api, roomId) };
    const acts = () => [
      cast.member.api.post('/messages', { roomId, content: 'Lost' }),
      cast.member.api.patch(`/messages/${said.id}`, { content: 'Lost' }),
      cast.owner.api.patch(`/rooms/${roomId}`, { name: 'Lost' }),
      cast.owner.api.post(`/rooms/${roomId}/members`, { userId: 'lost' }),
      client.master.delete(`/rooms/${roomId}`),
    ];

    ear.refuses = true;
    for (const { status } of await Promise.all(acts())) expect(status).toBe(500);
    ear.refuses = false;

    expect((await ear.heard(client.id)).map(placeOf)).toEqual(before.told);
    expect(await feedOf(cast.owner.api, roomId)).toEqual(before.feed);
  });

  it('nothing of what could not be stored, and all of its neighbours in the batch', async () => {
    const roomId = await cast.room();
    await rows(
      app,
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$`,
    );
    await rows(
      app,
      `CREATE TRIGGER refusing BEFORE INSERT ON messages FOR EACH ROW WHEN (NEW.content = '7') EXECUTE FUNCTION refuse()`,
    );

    const send = (n: number) => cast.member.api.post('/messages', { roomId, content: `${n}` });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => send(n)));
    await rows(app, `DROP TRIGGER refusing ON messages`);

    expect(answers.map(({ status }) => status)).toEqual(answers.map((_, n) => (n === 7 ? 500 : 201)));
    const told = await ear.heard(client.id, 'message.%');
    expect(told.map(({ data }) => data.content).sort()).toEqual(
      answers.flatMap((_, n) => (n === 7 ? [] : [`${n}`])).sort(),
    );
    expect(told.map(({ offset }) => offset)).toEqual(told.map((_, n) => n + 2));
  });
});

describe('a client that wants nothing', () => {
  it('is told nothing of, nor pays a statement or a round trip, whatever another of the same names wants', async () => {
    const other = await aCast(app);
    const roomId = await other.room();
    const own = await cast.room();
    const send = async () => {
      await other.member.api.post('/messages', { roomId, content: 'Hello' });
      await other.owner.api.patch(`/rooms/${roomId}`, { name: randomUUID() });
    };
    await send(); // what is cached is cached
    await ear.isAlone(other.client.id, ['message.created', 'room.updated']);

    const transactions = await transactionsOf(send);
    const asked = ear.asked.length;
    const unheard = await statementsOf(send);

    expect(ear.asked.slice(-2)).toEqual(['message.created', 'room.updated']);
    expect(asked).toBeGreaterThan(0);
    const ofRooms = transactions.filter((texts) => texts.some((text) => /FROM rooms r\b/.test(text)));
    expect(ofRooms.map((texts) => texts.at(-1))).toEqual(['COMMIT', 'COMMIT']);
    expect(unheard.filter((text) => /outbox_heard|outbound/.test(text))).toEqual([]);
    expect(await ear.heard(other.client.id)).toEqual([]);
    expect((await ear.heard(client.id)).map(placeOf)).toEqual([`room.created 1 ${own}`]);
  });

  it('has its message stored in as many turns as without an outbox', async () => {
    const other = await aCast(app);
    const roomId = await other.room();
    await ear.isAlone(other.client.id, ['message.created']);
    const flown = await flightsOf(() => other.member.api.post('/messages', { roomId, content: 'Hello' }));

    // Locks and standings go together, and so do the message and the commit.
    const storing = flown.find((texts) => texts.some((text) => text.includes('INSERT INTO messages')));
    expect(storing?.at(-1)).toBe('COMMIT');
  });
});

describe('hops', () => {
  const principal = (userId: string): Principal => ({
    ...{ clientId: client.id, keyId: 'k', keyType: 'master', scopes: new Set(), userId },
    ...{ expiresAt: null, limits: {}, allowedOrigins: [] },
  });

  it.each([
    [0, 3],
    [3, 0],
  ])('are those of who caused it: a batch begun at %i wakes a room at %i', async (began, woke) => {
    const [quiet, woken] = await twoRoomsOfALane();
    await asleep(woken);
    const messages = app.part(MessagesService);
    const said = { type: 'user', contentType: 'text' } as const;
    const send = (hops: number, roomId: string) =>
      atHops(hops, () => messages.send(principal('mia'), { ...said, roomId, content: `${hops}` }));

    await Promise.all([send(began, quiet), send(woke, woken), send(1, quiet), send(4, woken)]);

    const told = (await ear.heard(client.id)).filter(({ type }) => type !== 'room.created');
    const sent = told.filter(({ type }) => type === 'message.created');
    expect(sent.map(({ data, hops }) => `${data.content} at ${hops}`).sort()).toEqual(
      [began, woke, 1, 4].map((hops) => `${hops} at ${hops}`).sort(),
    );
    expect(told.filter(({ type }) => type === 'room.reactivated').map(({ hops }) => hops)).toEqual([woke]);
  });

  /** Whose messages share batches. */
  async function twoRoomsOfALane(): Promise<[string, string]> {
    const first = await cast.room();
    const laneOf = (roomId: string) => parseInt(roomId.slice(-1), 16) % 2;
    for (;;) {
      const other = await cast.room();
      if (laneOf(other) === laneOf(first)) return [first, other];
    }
  }

  it('go along with a room that is made or closed', async () => {
    const lifecycle = app.part(LifecycleService);
    const roomId = await aRoom(client, { type: 'group', members: ['mia'] });

    await atHops(2, () => lifecycle.setStatus(principal('mia'), roomId, 'inactive'));

    expect((await ear.heard(client.id)).map(({ type, hops }) => [type, hops])).toEqual([
      ['room.created', 0],
      ['room.deactivated', 2],
    ]);
  });
});
