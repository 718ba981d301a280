import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from '../../src/platform/redis/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { ADMIN_KEY, anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { aProcess } from '../support/processes.js';
import { rows } from '../support/rows.js';
import { type Heard, TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let client: TestClient;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app, { settings: { limits: { requestsPerSecond: 10_000, requestsPerMinute: 100_000 } } });
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

/** Sends so many messages at once, as a member. */
const talk = (roomId: string, count: number) =>
  Promise.all(upTo(count).map((n) => client.master.as('bob').post('/messages', { roomId, content: `${n}` })));

describe.each(TRANSPORTS)('offline for long loses nothing, over %s', (transport) => {
  it('sync returns everything after the offset, in order, as it was pushed', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    const ann = await client.login('ann');
    const witness = await sockets.open(transport, app.url, (await client.login('bob')).apiKey);
    const before = await sockets.open(transport, app.url, ann.apiKey);
    await talk(roomId, 1);
    const { offset } = await before.hears('message.created');
    before.close();

    await talk(roomId, 3);
    await client.master.post(`/rooms/${roomId}/members`, { userId: 'carol' });
    await client.master.post(`/rooms/${roomId}/deactivate`);
    await client.master.post(`/rooms/${roomId}/activate`);
    await client.master.delete(`/rooms/${roomId}/members/carol`);
    await talk(roomId, 2);
    const after = await sockets.open(transport, app.url, ann.apiKey);
    const { ok } = await after.command('sync', { rooms: [{ roomId, offset }] });
    await witness.hears('message.created', 6);

    const ready = await after.hears('ready');
    expect(ready.data.rooms).toContainEqual({ roomId, head: 11, lastSeq: 6, unreadCount: 6 });
    const [answer] = ok.rooms;
    expect(answer).toMatchObject({ roomId, recovered: true, head: 11 });
    expect(answer.events.map((event: Heard) => event.offset)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(answer.events).toEqual(witness.heard.filter((push) => (push.offset ?? 0) > (offset ?? 0)).map(asPushed));
  });

  it('gives all of 300 events, or says too_many and gives none; the feed then has them for ever', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    await talk(roomId, 305);
    const socket = await sockets.open(transport, app.url, (await client.login('ann')).apiKey);

    const { ok } = await socket.command('sync', {
      rooms: [5, 6, 306, 400].map((offset) => ({ roomId, offset })),
    });

    const [tooMany, all, none, ahead] = ok.rooms;
    expect(tooMany).toEqual({ roomId, recovered: false, reason: 'too_many', head: 306 });
    expect(all.events.map(({ offset }: Heard) => offset)).toEqual(upTo(300).map((n) => n + 6));
    expect(none).toEqual({ roomId, recovered: true, events: [], head: 306 });
    expect(ahead).toEqual({ roomId, recovered: true, events: [], head: 306 });
    expect((await feed(roomId)).map(({ offset }) => offset)).toEqual(upTo(306));
  });

  it('answers a foreign, a left and a random room alike', async () => {
    const left = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    const foreign = await aRoom(await aClient(app), { type: 'group', members: ['ann'] });
    const socket = await sockets.open(transport, app.url, (await client.login('ann')).apiKey);
    await client.master.delete(`/rooms/${left}/members/ann`);
    const asked = [left, foreign, randomUUID()];

    const { ok } = await socket.command('sync', { rooms: asked.map((roomId) => ({ roomId, offset: 0 })) });

    expect(ok.rooms).toEqual(asked.map((roomId) => ({ roomId, recovered: false, reason: 'not_found' })));
  });
});

/** As `sync` and the feed give it. */
const asPushed = ({ ev, roomId, offset, ts, data }: Heard) => ({ ev, roomId, offset, ts, data });

async function feed(roomId: string): Promise<Heard[]> {
  const events: Heard[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const place = cursor ? `&cursor=${cursor}` : '&after=0';
    const { body } = await client.master.get(`/rooms/${roomId}/events?limit=100${place}`);
    events.push(...body.data);
    cursor = body.nextCursor;
  }
  return events;
}

describe('keys are nowhere in plain text', () => {
  it('not in the database, not in Redis, not in the log', async () => {
    const process = await aProcess({ ...app.environment });
    const operator = process.operator;
    const header = { 'Idempotency-Key': 'kept-for-a-day' };
    const made = await operator.post('/clients', { name: 'Secretive' }, header);
    const again = await operator.post('/clients', { name: 'Secretive' }, header);
    const master = process.api(made.body.masterKey);
    const scoped = await master.post('/clients/me/keys', { name: 'scoped', type: 'scoped', userId: 'ann' }, header);
    const rotated = await master.post(`/clients/me/keys/${scoped.body.keyId}/rotate`, { overlapSeconds: 60 }, header);
    const login = await master.post('/auth/login', { userId: 'ann' });
    const keys = [made.body.masterKey, scoped.body.key, rotated.body.key, login.body.apiKey].map(String);
    for (const key of keys) {
      expect((await process.api(key).get('/auth/me')).status).toBe(200);
      expect((await process.api(key).get(`/rooms/${key}?apiKey=${key}`)).status).toBe(404);
      expect((await process.api(`${key}x`).get('/auth/me')).status).toBe(401);
      sockets.keep(await sockets.open('raw', process.url, key));
    }
    expect(again.body).toEqual(made.body);

    const places = { database: await wholeDatabase(), redis: await wholeRedis(), log: process.output() };
    await process.stop();

    for (const [place, text] of Object.entries(places)) {
      expect(text.length).toBeGreaterThan(500);
      for (const secret of [...keys.map((key) => key.slice(-43)), ADMIN_KEY])
        expect({ place, holdsASecret: text.includes(secret) }).toEqual({ place, holdsASecret: false });
    }
    expect(places.database).toContain(scoped.body.keyId);
  }, 60_000);

  async function wholeDatabase(): Promise<string> {
    const tables = await rows<{ name: string }>(
      app,
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    const contents = await Promise.all(
      tables.map(({ name }) => rows<{ line: string }>(app, `SELECT t::text AS line FROM ${name} t`)),
    );
    return contents
      .flat()
      .map(({ line }) => line)
      .join('\n');
  }

  async function wholeRedis(): Promise<string> {
    const { commands } = app.part(Redis);
    const keys = await commands.keys('*');
    const dumps = await Promise.all(keys.map((key) => commands.dumpBuffer(key)));
    return [...keys, ...dumps.map((dump) => dump?.toString('latin1') ?? '')].join('\n');
  }
});
