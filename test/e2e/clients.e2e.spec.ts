import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anEndpoint, tell } from '../builders/endpoints.js';
import { reached, send } from '../builders/notifications.js';
import { aReceiver, type Receiver } from '../fakes/receiver.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { noticesHeard } from '../support/notices.js';
import { rows } from '../support/rows.js';
import { OpenSockets } from '../support/open-sockets.js';
import { aSocket, TRANSPORTS } from '../support/sockets.js';

const KEY = /^ck_(master|scoped)_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}$/;

let app: TestApp;
/** Another process of the installation. */
let elsewhere: TestApp;
let client: TestClient;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp({ TRUST_PROXY: '1' });
  client = await aClient(app);
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const slug = () => `shop-${randomUUID().slice(0, 8)}`;
const keyIdOf = (key: string): string => key.split('_')[2] ?? '';

describe('a client', () => {
  it('is made by the operator, with a master key that works at once', async () => {
    const wish = { name: 'Example Shop', slug: slug(), settings: { inactivityDays: { support: 3 } } };

    const { status, body } = await app.operator.post('/clients', wish);

    expect(status).toBe(201);
    expect(body).toEqual({
      client: {
        ...{ id: expect.stringMatching(/^[0-9a-f-]{36}$/), slug: wish.slug, name: wish.name, status: 'active' },
        ...{ settings: wish.settings, createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) },
      },
      masterKey: expect.stringMatching(KEY),
    });
    const { limits, ...own } = (await app.api(body.masterKey).get('/clients/me')).body;
    expect(own).toEqual(body.client);
    expect(limits.requests.requestsPerSecond).toBe(200);
  });

  it.each([
    ['a', 'too short'],
    ['x'.repeat(64), 'too long'],
    ['Shop', 'upper case'],
    ['my_shop', 'an underscore'],
    ['shop/eu', 'a slash'],
    ['shöp', 'a letter beyond a to z'],
    ['shop\n', 'a line break'],
    ...['sources', 'endpoints', 'events', 'event-types'].map((word) => [word, 'reserved']),
  ])('may not be called %j: %s', async (bad) => {
    const { status, body } = await app.operator.post('/clients', { name: 'Shop', slug: bad });

    expect([status, body.code]).toEqual([400, 'validation_failed']);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toContain('/slug');
  });

  it.each(['ab', '--', '0-9', 'x'.repeat(63)])('may be called %j', async (good) => {
    expect((await app.operator.post('/clients', { name: 'Shop', slug: good })).status).toBe(201);
  });

  it('has a slug of its own: 409 slug_taken, under a race too', async () => {
    const wish = { name: 'Shop', slug: slug() };

    const answers = await Promise.all(Array.from({ length: 8 }, () => app.operator.post('/clients', wish)));

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status, body }) => status === 409 && body.code === 'slug_taken')).toHaveLength(7);
  });

  it('is the operator’s to list, see, change and delete: not a master key’s, not a stranger’s', async () => {
    const calls = (api: typeof app.operator) => [
      api.post('/clients', { name: 'x' }),
      api.get('/clients'),
      api.get(`/clients/${client.id}`),
      api.patch(`/clients/${client.id}`, { name: 'x' }),
      api.delete(`/clients/${client.id}`),
    ];

    const byMaster = await Promise.all(calls(client.master));
    const byStranger = await Promise.all([...calls(app.api()), ...calls(app.api('the-operators-key-of-thi5-test'))]);

    expect(new Set(byMaster.map(({ status, body }) => `${status} ${body.code}`))).toEqual(new Set(['403 forbidden']));
    expect(new Set(byStranger.map(({ status, body }) => `${status} ${body.code}`))).toEqual(
      new Set(['401 unauthenticated']),
    );
  });

  it('is listed page by page', async () => {
    const made = [client.id, (await aClient(app)).id, (await aClient(app)).id];
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await app.operator.get(`/clients?limit=2${cursor && `&cursor=${cursor}`}`);
      found.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor;
    }

    expect(found).toEqual(expect.arrayContaining(made));
    expect(new Set(found).size).toBe(found.length);
  });

  it('changes what is sent of its settings, and takes away what is null', async () => {
    const change = (settings: object) => client.master.patch('/clients/me', { settings });

    await change({ inactivityDays: { support: 2 }, alertEmail: 'ops@example.com' });
    const { body } = await change({ alertEmail: null, allowedOrigins: ['https://shop.example'] });

    expect(body.settings).toEqual({ inactivityDays: { support: 2 }, allowedOrigins: ['https://shop.example'] });
    expect((await client.master.get('/clients/me')).body.settings).toEqual(body.settings);
  });

  it('is gone with everything that is its own once deleted', async () => {
    const doomed = await aClient(app);
    const roomId = await aRoom(doomed, { type: 'group', members: ['ann'] });
    await doomed.master.as('ann').post('/messages', { roomId, content: 'Soon gone' });

    expect((await app.operator.delete(`/clients/${doomed.id}`)).status).toBe(204);

    expect((await app.operator.get(`/clients/${doomed.id}`)).status).toBe(404);
    expect((await app.operator.delete(`/clients/${doomed.id}`)).status).toBe(404);
    await eventually(async () => (await doomed.master.get('/clients/me')).status === 401);
  });
});

describe.each(TRANSPORTS)('a suspended client, over %s', (transport) => {
  beforeAll(async () => {
    elsewhere ??= await app.another();
  });
  beforeEach(async () => {
    client = await aClient(app);
  });
  afterAll(async () => {
    client = await aClient(app);
  });
  const set = (status: string) => app.operator.patch(`/clients/${client.id}`, { status });

  it('has its sockets closed with 4006 and its keys answered 403 on both nodes, until it is active again', async () => {
    const ann = await client.login('ann');
    const open = [
      await sockets.open(transport, app.url, ann.apiKey),
      await sockets.open(transport, app.url, client.masterKey),
      await sockets.open(transport, elsewhere.url, ann.apiKey),
      await sockets.open(transport, elsewhere.url, client.masterKey),
    ];
    for (const key of [ann.apiKey, client.masterKey])
      expect((await elsewhere.api(key).get('/auth/me')).status).toBe(200);
    const neighbour = await sockets.open(transport, app.url, (await (await aClient(app)).login('ann')).apiKey);

    expect((await set('suspended')).body).toMatchObject({ id: client.id, status: 'suspended' });

    expect((await Promise.all(open.map((socket) => socket.ends()))).map(({ code }) => code)).toEqual(
      open.map(() => 4006),
    );
    for (const node of [app, elsewhere]) {
      for (const key of [ann.apiKey, client.masterKey]) {
        const { status, body } = await node.api(key).get('/auth/me');
        expect([status, body.code]).toEqual([403, 'client_suspended']);
      }
      expect((await node.api(client.masterKey).post('/auth/login', { userId: 'ann' })).status).toBe(403);
      await expect(aSocket(transport, node.url, ann.apiKey)).rejects.toThrow();
    }
    expect(await neighbour.command('ping')).toHaveProperty('ok');

    await set('active');
    for (const node of [app, elsewhere])
      await eventually(async () => (await node.api(ann.apiKey).get('/auth/me')).status === 200);
    const again = await sockets.open(transport, elsewhere.url, ann.apiKey);
    expect(await again.command('ping')).toHaveProperty('ok');
  });

  it('has its sockets closed when it is deleted', async () => {
    const socket = await sockets.open(transport, app.url, client.masterKey);

    await app.operator.delete(`/clients/${client.id}`);

    expect((await socket.ends()).code).toBeGreaterThanOrEqual(4003);
  });
});

describe('the work of a suspended client, on two nodes', () => {
  let receiver: Receiver;
  beforeAll(async () => {
    client = await aClient(app);
    receiver = await aReceiver();
    elsewhere ??= await app.another();
  });
  afterAll(async () => {
    client = await aClient(app);
    await receiver.close();
  });

  /** Everything due of the client, whatever its kind: the database's clock has come to it. */
  const due = (of: TestClient) =>
    rows<{ kind: string }>(
      app,
      `SELECT kind FROM work_items WHERE client_id = $1 AND state = 'ready' AND run_at < now() - interval '1.5 seconds'`,
      [of.id],
    );
  const inbox = { to: { userId: 'bob' }, channels: { websocket: { body: 'Later' } } };
  const inAnHour = (minutes = 0) => new Date(Date.now() + 3_600_000 + minutes * 60_000).toISOString();
  const statuses = async (ids: readonly string[]) =>
    Promise.all(
      ids.map(async (id) => (await rows(app, 'SELECT status FROM notifications WHERE id = $1', [id]))[0]?.status),
    );
  /** The hour is over. */
  const anHourLater = async () => {
    await rows(
      app,
      `UPDATE work_items SET run_at = now() - interval '2 seconds', expires_at = CASE WHEN expires_at IS NOT NULL THEN now() END
        WHERE client_id = $1 AND state = 'ready'`,
      [client.id],
    );
    await rows(app, 'UPDATE rooms SET escalate_at = now() WHERE client_id = $1 AND escalate_at IS NOT NULL', [
      client.id,
    ]);
  };

  it('waits until it is active again, and expires meanwhile if it has an end', async () => {
    const neighbour = await aClient(app);
    await anEndpoint(client, `${receiver.url}/theirs`, { eventTypes: ['room.created'] });
    const settings = { escalation: { afterSeconds: 3_600, channels: ['email'] } };
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'], settings });
    await eventually(() => receiver.received('/theirs').length > 0);
    await client.master.put('/users/bob', { email: 'bob@example.com' });
    const ids = await Promise.all(Array.from({ length: 20 }, () => send(client, { ...inbox, sendAt: inAnHour() })));
    const ends = await send(client, { ...inbox, sendAt: inAnHour(), expiresAt: inAnHour(1) });
    await client.master.as('ann').post('/messages', { roomId, content: 'Unread' });

    await app.operator.patch(`/clients/${client.id}`, { status: 'suspended' });
    await eventually(async () => (await client.master.get('/clients/me')).status === 403);
    await noticesHeard(app, elsewhere);
    await tell(app, client, { type: 'room.created' });
    await anHourLater();

    await reached(neighbour, await send(neighbour, inbox), 'completed');
    await eventually(async () => (await statuses([ends]))[0] === 'expired');
    await eventually(async () => new Set((await due(client)).map(({ kind }) => kind)).size >= 2);
    const leased = `escalate_at BETWEEN now() + interval '1 second' AND now() + interval '1 minute'`;
    await eventually(
      async () => (await rows(app, `SELECT 1 FROM rooms WHERE id = $1 AND ${leased}`, [roomId])).length > 0,
    );
    expect(new Set(await statuses(ids))).toEqual(new Set(['scheduled']));
    expect(receiver.received('/theirs')).toHaveLength(1);

    await app.operator.patch(`/clients/${client.id}`, { status: 'active' });
    await eventually(async () => (await statuses(ids)).every((status) => status === 'completed'));
    await eventually(() => receiver.received('/theirs').length === 2);
    expect(await statuses([ends])).toEqual(['expired']);
  }, 60_000);
});

describe('keys', () => {
  const make = (wish: object, of = client) =>
    of.master.post('/clients/me/keys', { name: 'a key', type: 'scoped', userId: 'ann', ...wish });

  it('are shown once, and listed without their secret', async () => {
    const { status, body } = await make({ scopes: ['rooms:read'], expiresAt: '2999-01-01T00:00:00.000Z' });
    const { body: list } = await client.master.get('/clients/me/keys');

    expect(status).toBe(201);
    const { key, ...shown } = body;
    expect(key).toMatch(KEY);
    expect(shown).toMatchObject({
      ...{ keyId: keyIdOf(key), name: 'a key', type: 'scoped', origin: 'manual', userId: 'ann', device: null },
      ...{ lastFour: key.slice(-4), scopes: ['rooms:read'], lastUsedAt: null, revokedAt: null },
      expiresAt: '2999-01-01T00:00:00.000Z',
    });
    expect(list.data).toContainEqual(shown);
    expect(JSON.stringify(list)).not.toContain(key.split('_')[3]);
  });

  it('get the scopes of a login when none are named, and a master key those of a master', async () => {
    const scoped = await make({});
    const master = await make({ type: 'master', userId: undefined });

    expect(scoped.body.scopes).toEqual([
      ...['rooms:read', 'rooms:write', 'messages:read', 'messages:write', 'inbox:read', 'inbox:write'],
    ]);
    expect((await app.api(master.body.key).get('/rooms/all')).status).toBe(200);
  });

  it.each([
    [{ type: 'admin' }, '/type'],
    [{ name: '' }, '/name'],
    [{ scopes: ['rooms:own'] }, '/scopes'],
    [{ scopes: [] }, '/scopes'],
    [{ expiresAt: 'tomorrow' }, '/expiresAt'],
    [{ expiresAt: '2026-02-30T00:00:00Z' }, '/expiresAt'],
    [{ allowedIps: ['office'] }, '/allowedIps'],
    [{ allowedIps: ['10.0.0.0/33'] }, '/allowedIps'],
    [{ allowedIps: ['999.0.0.1'] }, '/allowedIps'],
    [{ allowedIps: [':::'] }, '/allowedIps'],
    [{ userId: 'x'.repeat(129) }, '/userId'],
    [{ secret: 'my own' }, '/secret'],
  ])('are not made of %j', async (wish, pointer) => {
    const { status, body } = await make(wish);

    expect([status, body.code]).toEqual([400, 'validation_failed']);
    expect(body.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer);
  });

  it('are replaced by rotation: the new one has what the old one had, the old one is dead', async () => {
    const wish = { scopes: ['rooms:read'], allowedIps: ['127.0.0.0/8', '::1'], expiresAt: '2999-01-01T00:00:00.000Z' };
    const old = (await make(wish)).body;
    await app.api(old.key).get('/auth/me');

    const { status, body } = await client.master.post(`/clients/me/keys/${old.keyId}/rotate`, {});

    expect(status).toBe(201);
    expect(body).toMatchObject({ ...wish, name: old.name, userId: 'ann', lastUsedAt: null, revokedAt: null });
    expect(body.keyId).not.toBe(old.keyId);
    expect(Date.parse(body.createdAt)).toBeGreaterThanOrEqual(Date.parse(old.createdAt));
    expect((await app.api(body.key).get('/auth/me')).status).toBe(200);
    await eventually(async () => (await app.api(old.key).get('/auth/me')).status === 401);
    expect((await client.master.post(`/clients/me/keys/${old.keyId}/rotate`, {})).status).toBe(404);
  });

  it('overlap for as long as asked, and no longer', async () => {
    const old = (await make({})).body;

    await client.master.post(`/clients/me/keys/${old.keyId}/rotate`, { overlapSeconds: 4 });

    expect((await app.api(old.key).get('/auth/me')).status).toBe(200);
    await eventually(async () => (await app.api(old.key).get('/auth/me')).status === 401, { withinMs: 12_000 });
  });

  it('are revoked, once and for all; another client’s cannot be', async () => {
    const { key, keyId } = (await make({})).body;
    const other = await aClient(app);

    expect((await other.master.delete(`/clients/me/keys/${keyId}`)).status).toBe(404);
    expect((await other.master.post(`/clients/me/keys/${keyId}/rotate`, {})).status).toBe(404);
    expect((await app.api(key).get('/auth/me')).status).toBe(200);
    expect((await client.master.delete(`/clients/me/keys/${keyId}`)).status).toBe(204);
    await eventually(async () => (await app.api(key).get('/auth/me')).status === 401);
    const [listed] = (await client.master.get('/clients/me/keys')).body.data;
    expect(listed).toMatchObject({ keyId, revokedAt: expect.any(String) });
  });

  it('leave a client its last live master key: 409 last_master_key, whoever asks and however many at once', async () => {
    const lonely = await aClient(app);
    const first = keyIdOf(lonely.masterKey);
    const refused = await lonely.master.delete(`/clients/me/keys/${first}`);
    const loggedOut = await lonely.master.post('/auth/logout');
    const second = (await make({ type: 'master', userId: undefined }, lonely)).body;
    await make({ type: 'master', userId: undefined, expiresAt: '2020-01-01T00:00:00.000Z' }, lonely);

    const both = await Promise.all([first, second.keyId].map((id) => lonely.master.delete(`/clients/me/keys/${id}`)));

    expect([refused.status, refused.body.code]).toEqual([409, 'last_master_key']);
    expect([loggedOut.status, loggedOut.body.code]).toEqual([409, 'last_master_key']);
    expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
  });

  it('expire: 401 from then on, and sockets of both transports close with 4007', async () => {
    const { key } = (await make({ expiresAt: new Date(Date.now() + 5_000).toISOString() })).body;
    const open = await Promise.all(TRANSPORTS.map((transport) => sockets.open(transport, app.url, key)));

    expect((await app.api(key).get('/auth/me')).status).toBe(200);
    expect((await Promise.all(open.map((socket) => socket.ends()))).map(({ code }) => code)).toEqual([4007, 4007]);
    const { status, body } = await app.api(key).get('/auth/me');
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
  });

  it.each([
    ['203.0.113.7', ['203.0.113.7'], 200],
    ['203.0.113.7', ['198.51.100.0/24', '203.0.113.0/29'], 200],
    ['203.0.113.8', ['203.0.113.0/29'], 403],
    ['2001:db8::1', ['2001:db8::/32'], 200],
    ['2001:db9::1', ['2001:db8::/32'], 403],
    ['::ffff:203.0.113.7', ['203.0.113.7'], 200],
    ['203.0.113.7', ['::/0'], 403],
  ])('from %s with allowedIps %j are answered %i', async (address, allowedIps, expected) => {
    const { key } = (await make({ allowedIps })).body;

    const { status, body } = await app.api(key).with({ 'X-Forwarded-For': address }).get('/auth/me');

    expect(status).toBe(expected);
    if (expected === 403) expect(body.code).toBe('forbidden');
  });

  it('name the user into being', async () => {
    const { key } = (await make({ userId: 'newcomer' })).body;

    expect((await app.api(key).get('/auth/me')).body).toMatchObject({ user: { userId: 'newcomer' } });
  });
});
