import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Unavailable } from '../../src/platform/errors/index.js';
import { RoomsService } from '../../src/modules/rooms/rooms.service.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import type { Api } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { rows, whileLocked } from '../support/rows.js';

let app: TestApp;
let client: TestClient;
let ann: Api;

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app);
  ann = (await client.login('ann')).api;
}, 60_000);

afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => app.close());

const aKey = () => ({ 'Idempotency-Key': randomUUID() });
const group = (name: string) => ({ type: 'group', name });
/** Calls that hold their key. */
const holders = () =>
  rows(
    app,
    `SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE l.locktype = 'advisory' AND d.datname = current_database()`,
  );
const countRooms = async (name: string) => (await rows(app, `SELECT 1 FROM rooms WHERE name = $1`, [name])).length;

describe('an Idempotency-Key', () => {
  it('gives the same call the same status and body again, marked as replayed, and does the work once', async () => {
    const key = aKey();
    const name = randomUUID();

    const first = await ann.post('/rooms', group(name), key);
    const again = await ann.post('/rooms', group(name), key);

    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await countRooms(name)).toBe(1);
  });

  it('with another body is 422, and changes nothing', async () => {
    const key = aKey();
    const name = randomUUID();
    await ann.post('/rooms', group(name), key);

    const { status, body } = await ann.post('/rooms', group(`${name} 2`), key);

    expect([status, body.code]).toEqual([422, 'idempotency_mismatch']);
    expect(await countRooms(`${name} 2`)).toBe(0);
    expect((await ann.post('/rooms', group(name), key)).headers.get('idempotency-replayed')).toBe('true');
  });

  it('is one client’s, one user’s and one route’s', async () => {
    const key = aKey();
    const other = await aClient(app);
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    const message = { roomId, content: 'Once' };
    const asked = [
      await ann.post('/rooms', { type: 'group' }, key),
      await client.master.as('bob').post('/rooms', { type: 'group' }, key),
      await client.master.post('/rooms', { type: 'group' }, key),
      await other.master.post('/rooms', { type: 'group' }, key),
      await ann.post('/messages', message, key),
      await client.master.post(`/rooms/${roomId}/members`, { userId: 'carol' }, key),
    ];

    expect(asked.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201]);
    expect(asked.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual(asked.map(() => null));
    expect(new Set(asked.map(({ body }) => body.id ?? body.userId)).size).toBe(6);
  });

  it('whose first call still runs is 409 with Retry-After, and replayed afterwards', async () => {
    const key = aKey();
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const send = () => ann.post('/messages', { roomId, content: 'Slow' }, key);

    const { first, second } = await whileLocked(app, roomId, async () => {
      const running = send();
      await eventually(async () => (await holders()).length > 0);
      return { first: running, second: await send() };
    });

    expect(second.body).toMatchObject({ status: 409, code: 'idempotency_in_progress' });
    expect(second.headers.get('retry-after')).toBe('1');
    const stored = await first;
    expect(stored.status).toBe(201);
    expect((await send()).body).toEqual(stored.body);
    expect((await ann.get(`/rooms/${roomId}`)).body.lastSeq).toBe(1);
  });

  it('under a race of 20 does the work once', async () => {
    const key = aKey();
    const name = randomUUID();

    const answers = await Promise.all(Array.from({ length: 20 }, () => ann.post('/rooms', group(name), key)));

    const done = answers.filter(({ status }) => status === 201);
    expect(done.length).toBeGreaterThanOrEqual(1);
    expect(answers.filter(({ body }) => body.code === 'idempotency_in_progress')).toHaveLength(20 - done.length);
    expect(new Set(done.map(({ body }) => body.id)).size).toBe(1);
    expect(await countRooms(name)).toBe(1);
  });

  it('does not keep an outage, nor a refusal for too many calls: the next call does the work', async () => {
    const key = aKey();
    const name = randomUUID();
    jest.spyOn(app.part(RoomsService), 'create').mockRejectedValueOnce(new Unavailable());

    const down = await ann.post('/rooms', group(name), key);
    const up = await ann.post('/rooms', group(name), key);

    expect([down.status, down.headers.get('retry-after')]).toEqual([503, '1']);
    expect([up.status, up.headers.get('idempotency-replayed')]).toEqual([201, null]);
    const limited = await aClient(app, { settings: { limits: { requestsPerMinute: 1 } } });
    await limited.master.get('/clients/me');
    expect((await limited.master.post('/rooms', group(name), key)).status).toBe(429);
    await app.operator.patch(`/clients/${limited.id}`, { settings: { limits: null } });
    await eventually(async () => (await limited.master.post('/rooms', group(name), key)).status === 201);
  });

  it('commits with the work, or not at all', async () => {
    const key = aKey();
    const { body } = await ann.post('/rooms', { type: 'group', members: ['bob'], maxMembers: 1 }, key);

    expect(body.code).toBe('room_full');
    expect(await rows(app, `SELECT 1 FROM rooms WHERE max_members = 1`)).toEqual([]);
  });

  it('is forgotten after 24 hours', async () => {
    const key = aKey();
    const name = randomUUID();
    const first = await ann.post('/rooms', group(name), key);
    await rows(app, `UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = $1`, [
      key['Idempotency-Key'],
    ]);

    const later = await ann.post('/rooms', group(name), key);

    expect(later.headers.get('idempotency-replayed')).toBeNull();
    expect(later.body.id).not.toBe(first.body.id);
    expect((await ann.post('/rooms', group(name), key)).body.id).toBe(later.body.id);
  });

  it('replays a secret that is stored sealed only', async () => {
    const key = aKey();
    const make = () => client.master.post('/clients/me/keys', { name: 'k', type: 'scoped', userId: 'ann' }, key);

    const [first, again] = [await make(), await make()];

    expect(again.body).toEqual(first.body);
    const [stored] = await rows<{ body: string; sealed: boolean }>(
      app,
      `SELECT body, sealed FROM idempotency_keys WHERE key = $1`,
      [key['Idempotency-Key']],
    );
    expect(stored?.sealed).toBe(true);
    expect(stored?.body).not.toContain(first.body.key);
    expect(stored?.body).not.toContain(first.body.keyId);
  });

  it('of 1 to 255 characters is taken, and no other', async () => {
    const status = async (key: string) =>
      (await ann.post('/rooms', { type: 'group' }, { 'Idempotency-Key': key })).status;

    expect(await status('x')).toBe(201);
    expect(await status('x'.repeat(255))).toBe(201);
    expect(await status('x'.repeat(256))).toBe(400);
    expect(await status('')).toBe(400);
  });
});
