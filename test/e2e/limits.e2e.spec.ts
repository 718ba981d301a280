import { randomUUID } from 'node:crypto';
import type { Type } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Counted } from '../../src/modules/quotas/counted.js';
import { Quotas } from '../../src/modules/quotas/quotas.js';
import { MessagesService } from '../../src/modules/messages/messages.service.js';
import { NotificationsService } from '../../src/modules/notifications/notifications.service.js';
import { Clock, Database, newId } from '../../src/platform/database/index.js';
import { KeyHasher } from '../../src/platform/security/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import type { Reply } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { OutboxEar } from '../support/outbox-ear.js';
import { rows, whileLocked } from '../support/rows.js';
import { type Answered, SocketIoTestSocket, RawTestSocket, TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
/** Another process of the installation. */
let elsewhere: TestApp;
let ear: OutboxEar;
let addresses = 0;
const sockets = new OpenSockets();

beforeAll(async () => {
  // Behind one proxy, so that each test can come from an address of its own.
  app = await anApp({ TRUST_PROXY: '1' });
  elsewhere = await app.another();
  ear = await OutboxEar.at(app, elsewhere);
  // A minute after midnight: no quota's hour or day ends while they are tested.
  const [{ left } = { left: 0 }] = await rows<{ left: number }>(
    app,
    `SELECT ceil(86400 - extract(epoch FROM now())::numeric % 86400)::integer + 60 AS left`,
  );
  for (const node of [app, elsewhere]) node.part(Clock).advance(left);
}, 60_000);

afterEach(() => {
  jest.restoreAllMocks();
  sockets.closeAll();
});
afterAll(() => app.close());

const withLimits = (limits: object): Promise<TestClient> => aClient(app, { settings: { limits } });
const fromAnotherAddress = () => ({ 'X-Forwarded-For': `203.0.113.${++addresses}` });

async function times(count: number, call: (n: number) => Promise<Reply>): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (let n = 0; n < count; n++) replies.push(await call(n));
  return replies;
}

describe('the limit status is in every authenticated answer', () => {
  let client: TestClient;
  beforeEach(async () => {
    client = await aClient(app);
  });

  const header = ({ headers }: Reply, name: string) => headers.get(name);
  const isOfAUser = ({ status }: Reply) => status === 204 || status === 403;

  it.each<[string, number, (client: TestClient) => Promise<Reply>]>([
    ['an answer', 200, ({ master }) => master.get('/clients/me')],
    ['a creation', 201, ({ master }) => master.post('/rooms', { type: 'group' })],
    ['no content', 204, async ({ login }) => (await login('ann')).api.post('/auth/logout')],
    ['a validation fault', 400, ({ master }) => master.post('/rooms', { type: 'none' })],
    ['a broken body', 400, ({ master }) => master.post('/rooms', '{"type":')],
    ['a strange user', 400, ({ master }) => master.with({ 'X-User-Id': 'x'.repeat(129) }).get('/rooms')],
    ['a lacking scope', 403, async ({ login }) => (await login('ann')).api.get('/rooms/all')],
    ['nothing there', 404, ({ master }) => master.get(`/rooms/${randomUUID()}`)],
    ['a conflict', 409, async ({ masterKey, master }) => master.delete(`/clients/me/keys/${masterKey.split('_')[2]}`)],
    ['too large a body', 413, ({ master }) => master.post('/rooms', { name: 'x'.repeat(300_000) })],
    ['another media type', 415, ({ master }) => master.call('POST', '/rooms', 'x', { 'Content-Type': 'text/plain' })],
  ])('with %s', async (_what, status, call) => {
    const reply = await call(client);

    expect(reply.status).toBe(status);
    const limit = isOfAUser(reply) ? 100 : 200; // a scoped key has half of it
    expect(header(reply, 'RateLimit-Limit')).toBe(`${limit}`);
    expect(Number(header(reply, 'RateLimit-Remaining'))).toBeGreaterThan(limit - 50);
    expect(Number(header(reply, 'RateLimit-Reset'))).toBeLessThanOrEqual(1);
    expect(header(reply, 'RateLimit-Policy')).toBe(`${limit};w=1`);
  });

  it('and speaks of the window with the least left', async () => {
    const { master } = await withLimits({ requestsPerSecond: 1_000, requestsPerMinute: 5 });

    const replies = await times(3, () => master.get('/clients/me'));

    expect(replies.map((reply) => header(reply, 'RateLimit-Remaining'))).toEqual(['4', '3', '2']);
    expect(header(replies[0]!, 'RateLimit-Limit')).toBe('5');
    expect(Number(header(replies[0]!, 'RateLimit-Reset'))).toBeGreaterThan(50);
  });
});

describe('the limits in the configuration are enforced', () => {
  it('requests per minute: 429 with Retry-After and scope, counted over all nodes, for that client alone', async () => {
    const [limited, other] = await Promise.all([withLimits({ requestsPerMinute: 6 }), aClient(app)]);
    const nodes = [app.api(limited.masterKey), elsewhere.api(limited.masterKey)];

    const replies = await times(8, (n) => nodes[n % 2]!.get('/clients/me'));

    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 429, 429]);
    expect(replies[7]!.body).toMatchObject({ code: 'rate_limited', scope: 'client', status: 429, limit: 6 });
    expect(Number(replies[7]!.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(replies[7]!.headers.get('ratelimit-remaining')).toBe('0');
    expect((await other.master.get('/clients/me')).status).toBe(200);
  });

  it('to the request under 64 callers at once on both nodes', async () => {
    const client = await withLimits({ requestsPerSecond: 1_000, requestsPerMinute: 40 });
    const nodes = [app.api(client.masterKey), elsewhere.api(client.masterKey)];

    const replies = await Promise.all(Array.from({ length: 64 }, (_, n) => nodes[n % 2]!.get('/clients/me')));

    expect(replies.filter(({ status }) => status === 200)).toHaveLength(40);
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(24);
    const left = replies.map(({ headers }) => Number(headers.get('ratelimit-remaining'))).sort((a, b) => b - a);
    expect(left).toEqual([...Array.from({ length: 40 }, (_, n) => 39 - n), ...Array.from({ length: 24 }, () => 0)]);
  });

  it('a scoped key has half of what its client may, or what it is given, and takes no more of it than that', async () => {
    const client = await withLimits({ requestsPerMinute: 42 });
    const [ann, bob] = [await client.login('ann'), await client.login('bob')];
    const there = elsewhere.api(ann.apiKey);

    const replies = await Promise.all(Array.from({ length: 64 }, (_, n) => (n % 2 ? there : ann.api).get('/auth/me')));
    const others = await times(20, (n) => (n % 2 ? bob.api : client.master).get('/auth/me'));

    expect(replies.filter(({ status }) => status === 200)).toHaveLength(21);
    const refused = replies.find(({ status }) => status === 429)!;
    expect(refused.body).toMatchObject({ code: 'rate_limited', scope: 'key', limit: 21 });
    expect(refused.headers.get('ratelimit-policy')).toBe('21;w=60');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(30);
    // Two logins, 21 of Ann's, 19 of the others: the client is as full as that, and not of what Ann was refused.
    expect(others.map(({ status }) => status)).toEqual([...Array.from({ length: 19 }, () => 200), 429]);
    expect(others[19]!.body).toMatchObject({ scope: 'client', limit: 42 });
    const given = await withLimits({ keyRequestsPerMinute: 1 });
    const { api } = await given.login('ann');
    expect([(await api.get('/auth/me')).status, (await api.get('/auth/me')).status]).toEqual([200, 429]);
  });

  it('what costs much is counted by itself', async () => {
    const client = await withLimits({ routesPerMinute: { export: 2, search: 1 } });
    const { master } = client;

    const replies = await times(3, () => master.get('/suppressions/export'));

    expect(replies.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(replies[0]!.headers.get('ratelimit-limit')).toBe('2');
    expect(replies[2]!.body).toMatchObject({ code: 'rate_limited', scope: 'route', limit: 2 });
    expect([
      (await master.get('/messages/search?q=x')).status,
      (await master.get('/messages/search?q=x')).status,
    ]).toEqual([200, 429]);
    expect((await master.get('/clients/me')).headers.get('ratelimit-limit')).toBe('200');
  });

  it('requests per second, which are free again a second later', async () => {
    const { master } = await withLimits({ requestsPerSecond: 3 });

    const burst = await Promise.all(Array.from({ length: 9 }, () => master.get('/clients/me')));

    expect(burst.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(3);
    await eventually(async () => (await master.get('/clients/me')).status === 200, { withinMs: 3_000 });
  });

  it('a changed limit holds at once, on every node', async () => {
    const client = await withLimits({ requestsPerMinute: 1_000 });
    expect((await elsewhere.api(client.masterKey).get('/clients/me')).status).toBe(200);

    await app.operator.patch(`/clients/${client.id}`, { settings: { limits: { requestsPerMinute: 2 } } });

    await eventually(async () => (await elsewhere.api(client.masterKey).get('/clients/me')).status === 429);
  });

  it('only the operator writes them', async () => {
    const { master } = await aClient(app);

    const { status, body } = await master.patch('/clients/me', {
      settings: { limits: { requestsPerMinute: 1_000_000 } },
    });

    expect([status, body.code]).toEqual([403, 'forbidden']);
  });

  describe.each(TRANSPORTS)('over %s', (transport) => {
    it('commands per second of a connection', async () => {
      const client = await withLimits({ commandsPerSecond: 5 });
      const socket = await sockets.open(transport, app.url, (await client.login('ann')).apiKey);

      const answers = await Promise.all(Array.from({ length: 20 }, () => socket.command('ping')));

      const refused = answers.filter(({ error }) => error);
      expect(refused.length).toBeGreaterThanOrEqual(10);
      expect(refused[0]!.error).toMatchObject({ code: 'rate_limited', temporary: true, retryAfterMs: 1_000 });
      expect(refused[0]!.error!.details).toEqual({ scope: 'connection', limit: 5 });
      expect(socket.of('ready')[0]!.data.limits).toMatchObject({ commandsPerSecond: 5, connectionsPerUser: 20 });
      await eventually(async () => (await socket.command('ping')).ok !== undefined, { withinMs: 3_000 });
    });

    it('32 commands in flight', async () => {
      const client = await withLimits({ commandsPerSecond: 1_000 });
      const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
      const socket = await sockets.open(transport, app.url, (await client.login('ann')).apiKey);

      const send = (n: number) => socket.command('message.send', { roomId, content: `${n}` });
      const held: Promise<Answered>[] = [];

      const refused = await whileLocked(app, roomId, () => {
        for (let n = 0; n < 32; n++) held.push(send(n));
        return Promise.all([send(32), send(33)]);
      });

      for (const { error } of refused)
        expect(error).toMatchObject({ code: 'rate_limited', temporary: true, retryAfterMs: 1_000 });
      expect((await Promise.all(held)).map(({ ok }) => ok?.message.seq)).toEqual(
        Array.from({ length: 32 }, (_, n) => n + 1),
      );
    });

    it('connections per user: one too many is closed with 4005, and harms no other', async () => {
      const client = await withLimits({ connectionsPerUser: 2 });
      const [ann, bob] = await Promise.all([client.login('ann'), client.login('bob')]);
      const first = await sockets.open(transport, app.url, ann.apiKey);
      await sockets.open(transport, app.url, ann.apiKey);

      expect(await refusedBy(transport, ann.apiKey)).toMatchObject({ code: 4005 });

      expect(await first.command('ping')).toHaveProperty('ok');
      await sockets.open(transport, app.url, bob.apiKey);
      first.close();
      await eventually(() => sockets.open(transport, app.url, ann.apiKey));
    });

    it('connections of the client', async () => {
      const client = await withLimits({ connections: 2 });
      const [ann, bob] = await Promise.all([client.login('ann'), client.login('bob')]);
      await sockets.open(transport, app.url, ann.apiKey);
      await sockets.open(transport, app.url, client.masterKey);

      expect(await refusedBy(transport, bob.apiKey)).toMatchObject({ code: 4005 });
    });
  });

  const refusedBy = (transport: (typeof TRANSPORTS)[number], apiKey: string) =>
    sockets.keep(new (transport === 'raw' ? RawTestSocket : SocketIoTestSocket)(app.url, apiKey)).ends();
});

describe('failed keys', () => {
  const mistyped = (key: string): string => key.replace(/_[^_]*$/, `_${'A'.repeat(43)}`);

  it('20 a minute per key id, then 429 before any hash is computed; the key itself goes on', async () => {
    const client = await aClient(app);
    const wrong = await anotherSecretFor(client);
    const compares = jest.spyOn(app.part(KeyHasher), 'matches');
    const api = app.api(wrong).with(fromAnotherAddress());
    expect((await client.master.get('/clients/me')).status).toBe(200);
    compares.mockClear();

    const replies = await Promise.all(Array.from({ length: 25 }, () => api.with(fromAnotherAddress()).get('/auth/me')));

    const statuses = replies.map(({ status }) => status);
    expect(
      statuses.filter((status) => status === 429).length + statuses.filter((status) => status === 401).length,
    ).toBe(25);
    const later = await times(20, () => api.with(fromAnotherAddress()).get('/auth/me'));
    expect(later.at(-1)).toMatchObject({ status: 429, body: { code: 'rate_limited', scope: 'key' } });
    expect(Number(later.at(-1)!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(compares.mock.calls.length).toBeLessThanOrEqual(20);
    expect((await client.master.with(fromAnotherAddress()).get('/clients/me')).status).toBe(200);
  });

  it('200 a minute per address, then 429 for what is not known to be good', async () => {
    const here = fromAnotherAddress();
    const client = await aClient(app);
    const { apiKey } = await client.login('ann');
    expect((await app.api(apiKey).with(here).get('/auth/me')).status).toBe(200);
    const compares = jest.spyOn(app.part(KeyHasher), 'matches');
    const nonsense = () => app.api(mistyped(client.masterKey)).with(here).get('/auth/me');

    const statuses = (await Promise.all(Array.from({ length: 200 }, nonsense))).map(({ status }) => status);
    const blocked = await nonsense();

    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(blocked).toMatchObject({ status: 429, body: { code: 'rate_limited', scope: 'address' } });
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(30);
    expect(compares).not.toHaveBeenCalled();
    expect((await app.api(apiKey).with(here).get('/auth/me')).status).toBe(200);
    expect((await app.api(mistyped(client.masterKey)).with(fromAnotherAddress()).get('/auth/me')).status).toBe(401);
  });

  it('come from who is at the other end, whatever a caller says of a proxy that nobody trusts', async () => {
    const bare = await app.another({ TRUST_PROXY: '0' });
    const { masterKey } = await aClient(app);
    const nonsense = () => bare.api(mistyped(masterKey)).with(fromAnotherAddress()).get('/auth/me');

    const statuses = (await Promise.all(Array.from({ length: 200 }, nonsense))).map(({ status }) => status);
    const blocked = await nonsense();
    await bare.close();

    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(blocked).toMatchObject({ status: 429, body: { code: 'rate_limited', scope: 'address' } });
  });

  /** A key of the client's key id whose checksum is right and whose secret is not. */
  async function anotherSecretFor(client: TestClient): Promise<string> {
    const { crc32 } = await import('node:zlib');
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const [, , keyId = ''] = client.masterKey.split('_');
    const entropy = 'A'.repeat(37);
    let rest = crc32(`${keyId}_${entropy}`);
    let checksum = '';
    for (; checksum.length < 6; rest = Math.floor(rest / 62)) checksum = digits.charAt(rest % 62) + checksum;
    return `ck_master_${keyId}_${entropy}${checksum}`;
  }
});

describe('quotas', () => {
  const emails = (count: number) => Array.from({ length: count }, (_, n) => ({ email: `ann${n}@example.com` }));
  const mail = (count = 1) => ({ to: emails(count), channels: { email: { subject: 'Hello', text: 'Hello' } } });
  const inbox = { to: { userId: 'ann' }, channels: { websocket: { body: 'Hello' } } };
  const statuses = (replies: readonly Reply[]) => replies.map(({ status }) => status);
  const count = (of: readonly number[], status: number) => of.filter((one) => one === status).length;
  const storedBy = async ({ id }: TestClient, table: 'messages' | 'notifications') =>
    (await rows<{ id: string }>(app, `SELECT id FROM ${table} WHERE client_id = $1`, [id])).length;
  const usageOf = async (client: TestClient, what: string, window: string, channel: string | null = null) => {
    const { body } = await client.master.get('/analytics/usage');
    return body.quotas.find(
      (one: { what: string; window: string; channel: string | null }) =>
        one.what === what && one.window === window && one.channel === channel,
    ) as { used: number; limit: number | null; resetsAt: string };
  };

  it('of messages hold to the last one under 64 senders at once, on both nodes, over REST and sockets; of that client alone', async () => {
    const generous = { requestsPerSecond: 10_000, requestsPerMinute: 100_000, commandsPerSecond: 1_000 };
    const client = await withLimits({ ...generous, messagesPerDay: 25 });
    const twin = await withLimits({ ...generous, messagesPerDay: 40 });
    const send = async (of: TestClient) => {
      const roomId = await aRoom(of, { type: 'group', members: ['ann'] });
      const { apiKey } = await of.login('ann');
      const there = elsewhere.api(apiKey);
      const open = [await sockets.open('raw', app.url, apiKey), await sockets.open('socket.io', elsewhere.url, apiKey)];
      return Promise.all(
        Array.from({ length: 64 }, async (_, n) => {
          const message = { roomId, content: `${n}` };
          if (n % 4 < 2)
            return (n % 4 ? there : app.api(apiKey))
              .with({ ...(n % 8 < 4 && { 'Idempotency-Key': `${n}` }) })
              .post('/messages', message);
          const { ok, error } = await open[n % 2]!.command('message.send', message);
          return { status: ok ? 201 : 429, body: { ...error, ...error?.details } } as Reply;
        }),
      );
    };

    const [replies, others] = await Promise.all([send(client), send(twin)]);

    expect([count(statuses(replies), 201), count(statuses(replies), 429)]).toEqual([25, 39]);
    expect([count(statuses(others), 201), await storedBy(twin, 'messages')]).toEqual([40, 40]);
    expect(await storedBy(client, 'messages')).toBe(25);
    for (const { body } of replies.filter(({ status }) => status === 429))
      expect(body).toMatchObject({ code: 'quota_exceeded', scope: 'client' });
    expect(await usageOf(client, 'messages', 'day')).toMatchObject({ used: 25, limit: 25 });
  });

  it('of notifications hold to the last one under 64 senders at once, on both nodes', async () => {
    const client = await withLimits({
      requestsPerSecond: 10_000,
      requestsPerMinute: 100_000,
      notificationsPerHour: 30,
    });
    const nodes = [client.master, elsewhere.api(client.masterKey)];

    const replies = await Promise.all(
      Array.from({ length: 64 }, (_, n) =>
        nodes[n % 2]!.with({ ...(n % 4 < 2 && { 'Idempotency-Key': `${n}` }) }).post('/notifications/send', inbox),
      ),
    );

    expect([count(statuses(replies), 202), count(statuses(replies), 429)]).toEqual([30, 34]);
    expect(await storedBy(client, 'notifications')).toBe(30);
    const refused = replies.find(({ status }) => status === 429)!;
    expect(refused.body).toMatchObject({
      code: 'quota_exceeded',
      scope: 'client',
      quota: 'notifications',
      limit: 30,
      window: 'hour',
    });
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(3_000);
    expect(retryAfter).toBeLessThanOrEqual(3_600);
    expect(refused.headers.get('ratelimit-limit')).not.toBeNull();
  });

  it('of a channel take what goes to many at once as a whole, or not at all', async () => {
    const client = await withLimits({ channels: { email: { perDay: 50 } } });
    const { master } = client;

    const replies = await times(4, (n) => master.post('/notifications/send', mail([30, 30, 20, 1][n])));

    expect(statuses(replies)).toEqual([202, 429, 202, 429]);
    expect(replies[1]!.body).toMatchObject({ code: 'quota_exceeded', scope: 'channel', quota: 'email', limit: 50 });
    expect((await master.post('/notifications/send', inbox)).status).toBe(202);
    expect(await usageOf(client, 'deliveries', 'day', 'email')).toMatchObject({ used: 50, limit: 50 });
    expect(await usageOf(client, 'deliveries', 'day', 'websocket')).toMatchObject({ limit: null });
  });

  it('count neither what is repeated, refused, nor a test; and repeats are answered when they are spent', async () => {
    const client = await withLimits({ messagesPerDay: 1, notificationsPerDay: 2 });
    const { master } = client;
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const message = { roomId, content: 'Once', clientMessageId: 'once' };
    const say = () => master.as('ann').post('/messages', message);
    const send = () => master.with({ 'Idempotency-Key': 'same' }).post('/notifications/send', inbox);

    expect(
      statuses([
        await master.as('ann').post('/messages', { ...message, roomId: randomUUID() }),
        await say(),
        await say(),
      ]),
    ).toEqual([404, 201, 200]);
    expect((await master.as('ann').post('/messages', { roomId, content: 'More' })).status).toBe(429);
    expect(statuses([await say(), await send(), await send()])).toEqual([200, 202, 202]);
    const batch = await master.post('/notifications/batch', { notifications: [{ to: [] }, inbox, inbox] });
    expect(batch.body.results.map(({ error }: { error?: { code: string } }) => error?.code)).toEqual([
      'validation_failed',
      undefined,
      'quota_exceeded',
    ]);
    expect(statuses([await send(), await master.post('/notifications/send', { ...inbox, test: true })])).toEqual([
      202, 202,
    ]);
    expect((await usageOf(client, 'notifications', 'day')).used).toBe(2);
  });

  it('count nothing that was rolled back', async () => {
    const client = await withLimits({ messagesPerDay: 5, notificationsPerDay: 5 });
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const caller = {
      clientId: client.id,
      keyId: 'k',
      keyType: 'master',
      scopes: new Set<never>(),
      userId: 'ann',
      expiresAt: null,
      limits: {},
      allowedOrigins: [],
    } as const;
    await app.part(Quotas).expect([client.id]);

    const dies = app.part(Database).transaction(async (tx) => {
      await app
        .part(MessagesService)
        .sendIn(tx, caller, { roomId, type: 'user', content: 'Lost', contentType: 'text' });
      throw new Error('the process dies here');
    });

    await expect(dies).rejects.toThrow('dies');
    expect((await usageOf(client, 'messages', 'day')).used).toBe(0);
  });

  it('have what the house sends by itself left out, with the reason, and what it tells of failures is free', async () => {
    const client = await withLimits({ notificationsPerDay: 1 });
    await client.login('ann');
    const own = (more: object = {}) => ({
      id: newId(),
      origin: 'test',
      to: { userId: 'ann' },
      channel: 'websocket',
      tags: [],
      metadata: {},
      ...more,
    });
    const wishes = [own(), own(), own({ isFree: true })];
    await app.part(Quotas).expect([client.id]);

    await app.part(Database).transaction((tx) => app.part(NotificationsService).submitIn(tx, client.id, wishes));

    const stored = await rows<{ id: string; status: string; reason: string | null }>(
      app,
      `SELECT d.notification_id AS id, n.ended_as AS status, d.reason FROM deliveries d JOIN notifications n ON n.id = d.notification_id WHERE d.client_id = $1`,
      [client.id],
    );
    const ends = wishes.map(({ id }) => stored.find((one) => one.id === id));
    expect(ends.map((end) => end?.reason)).toEqual([null, 'quota_exceeded', null]);
    expect(ends[1]).toMatchObject({ status: 'completed' });
  });

  it('are told of once at four fifths and once when they are spent', async () => {
    const client = await withLimits({ notificationsPerDay: 5, channels: { websocket: { perHour: 5 } } });
    ear.hear(client.id);

    for (let n = 0; n < 6; n++) await client.master.post('/notifications/send', inbox);

    const told = await ear.heard(client.id, 'quota.%');
    expect(told.map(({ type, data }) => [type, data.name, data.used, data.window])).toEqual([
      ['quota.warning', 'websocket', 4, 'hour'],
      ['quota.warning', 'notifications', 4, 'day'],
      ['quota.exceeded', 'websocket', 5, 'hour'],
      ['quota.exceeded', 'notifications', 5, 'day'],
    ]);
    expect(told[0]!.data).toMatchObject({ scope: 'client', providerId: null, limit: 5 });
  });

  it('begin anew with the hour', async () => {
    const client = await withLimits({ notificationsPerHour: 1 });
    const send = () => client.master.post('/notifications/send', inbox);
    expect(statuses([await send(), await send()])).toEqual([202, 429]);

    await rows(app, `UPDATE client_usage SET began_at = began_at - interval '1 hour' WHERE client_id = $1`, [
      client.id,
    ]);

    expect((await usageOf(client, 'notifications', 'hour')).used).toBe(0);
    expect(statuses([await send(), await send()])).toEqual([202, 429]);
  });

  it('that are set in the middle of a day begin with what rollups say was used, and so do those that paused', async () => {
    const client = await aClient(app);
    const counted = (messages: number) => ({ messages, notifications: 7, channels: { websocket: 3 } });
    const since = jest.spyOn(app.part<Counted>(Counted as Type<Counted>), 'since').mockResolvedValue(counted(0));
    const limit = (limits: object | null) => app.operator.patch(`/clients/${client.id}`, { settings: { limits } });
    const used = async () => (await usageOf(client, 'notifications', 'day')).used;
    expect(await usageOf(client, 'notifications', 'day')).toMatchObject({ used: 7, limit: null });

    await limit({ notificationsPerDay: 8 });
    await eventually(async () => (await usageOf(client, 'notifications', 'day')).limit === 8);
    expect([
      (await client.master.post('/notifications/send', inbox)).status,
      (await client.master.post('/notifications/send', inbox)).status,
    ]).toEqual([202, 429]);
    expect(await used()).toBe(8);

    await limit(null);
    await eventually(async () => (await usageOf(client, 'notifications', 'day')).limit === null);
    since.mockResolvedValue({ ...counted(0), notifications: 12 });
    await limit({ notificationsPerDay: 100 });
    await eventually(async () => (await usageOf(client, 'notifications', 'day')).limit === 100);
    expect(await used()).toBe(12);
    since.mockResolvedValue(counted(0));
    await limit({ notificationsPerDay: 200 });
    await eventually(async () => (await usageOf(client, 'notifications', 'day')).limit === 200);
    expect(await used()).toBe(12);
  });

  it('of what there is no such channel are a fault', async () => {
    const { status, body } = await app.operator.post('/clients', {
      name: 'x',
      settings: { limits: { channels: { pigeon: { perDay: 1 }, email: { perDay: 0 } } } },
    });

    expect(status).toBe(400);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/settings/limits/channels/email/perDay',
      '/settings/limits/channels/pigeon',
    ]);
  });
});

describe('a client reads the limits that hold for it', () => {
  const limitsOf = async ({ master }: TestClient) => (await master.get('/clients/me')).body.limits;

  it('its own, and the defaults of what it has none of', async () => {
    const client = await withLimits({
      ...{ requestsPerMinute: 1_000, keyRequestsPerSecond: 7, connections: 3, inboundPerMinute: 9 },
      ...{ messagesPerDay: 5, channels: { email: { perHour: 8 } }, routesPerMinute: { export: 4 } },
    });

    expect(await limitsOf(client)).toMatchObject({
      requests: {
        ...{ requestsPerSecond: 200, requestsPerMinute: 1_000, keyRequestsPerSecond: 7, keyRequestsPerMinute: 500 },
        routesPerMinute: { login: 200, search: 200, bulk: 100, trial: 20, export: 4 },
        ...{ bodyBytes: 262_144, notificationBodyBytes: 8_388_608 },
      },
      inbound: { inboundPerSecond: 200, inboundPerMinute: 9 },
      sockets: {
        connections: 3,
        connectionsPerUser: 20,
        commandsPerSecond: 50,
        commandsInFlight: 32,
        frameBytes: 65_536,
      },
      quotas: {
        ...{ messagesPerHour: null, messagesPerDay: 5, notificationsPerHour: null, notificationsPerDay: null },
        channels: { email: { perHour: 8, perDay: null }, websocket: { perHour: null, perDay: null } },
      },
    });
  });

  it('and each of a content is the one that is checked', async () => {
    const client = await withLimits({ requestsPerSecond: 1_000 });
    const { master } = client;
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const { messages, notifications, channels } = (await limitsOf(client)).content;
    const { email, sms, push, websocket, webhook } = channels;
    const a = (length: number) => 'a'.repeat(length);
    const list = <T>(length: number, make: (n: number) => T) => Array.from({ length }, (_, n) => make(n));
    const file = (name: string, contentType = 'application/pdf', bytes = 3) => ({
      name,
      contentType,
      content: Buffer.alloc(bytes).toString('base64'),
    });
    const bytes = (length: number) => ({ x: a(length - 8) });
    const say = (message: object) => master.as('ann').post('/messages', { roomId, content: 'Hello', ...message });
    const notify = (contents: object, more: object = {}) =>
      master.post('/notifications/send', {
        to: [
          { email: 'ann@example.com' },
          { phone: '+4915112345678' },
          { userId: 'ann' },
          { url: 'https://example.com/' },
        ],
        channels: { websocket: { body: 'x' }, ...contents },
        test: true,
        ...more,
      });
    const mail = (more: object) => notify({ email: { subject: 'x', text: 'x', ...more } });
    type Try = (over: 0 | 1) => Promise<Reply>;
    const tries: Record<string, Try> = {
      'a message’s content': (over) => say({ content: a(messages.contentLength + over) }),
      'its attachments': (over) =>
        say({
          attachments: list(messages.attachments + over, (n) => ({
            url: `https://example.com/${n}`,
            name: 'x',
            size: 1,
            mimeType: 'a/b',
          })),
        }),
      'its mentions': (over) => say({ mentions: list(messages.mentions + over, (n) => `u${n}`) }),
      'its metadata': (over) => say({ metadata: bytes(messages.metadataBytes + over) }),
      recipients: (over) => notify({}, { to: list(notifications.recipients + over, (n) => ({ userId: `u${n}` })) }),
      tags: (over) => notify({}, { tags: list(notifications.tags + over, (n) => `${n}`) }),
      'a mail’s subject': (over) => mail({ subject: a(email.subjectLength + over) }),
      'its text': (over) => mail({ text: a(email.textLength + over) }),
      'its copies': (over) => mail({ cc: list(email.cc + over, (n) => `a${n}@example.com`) }),
      'its attached files': (over) => mail({ attachments: list(email.attachments + over, (n) => file(`${n}.pdf`)) }),
      'one of them': (over) => mail({ attachments: [file('a.pdf', 'application/pdf', email.attachmentBytes + over)] }),
      'what is attached': (over) => mail({ attachments: [file(over ? `a.${email.refusedExtensions[0]}` : 'a.pdf')] }),
      'what it says it is': (over) =>
        mail({ attachments: [file('a', over ? email.refusedMimeTypes[0] : 'image/png')] }),
      'a text message': (over) => notify({ sms: { text: a(sms.textLength + over) } }),
      'its parts': (over) => notify({ sms: { text: 'д'.repeat(sms.parts * 67 + over) } }),
      'a push’s data': (over) => notify({ push: { title: 'x', body: 'x', data: bytes(push.dataBytes + over) } }),
      'all of it': (over) =>
        notify({ push: { title: 'x', body: a(push.contentBytes - 2_000 - 31 + over), data: bytes(2_000) } }),
      'an inbox’s body': (over) => notify({ websocket: { body: a(websocket.bodyLength + over) } }),
      'its data': (over) => notify({ websocket: { data: bytes(websocket.dataBytes + over) } }),
      'a call’s body': (over) => notify({ webhook: { body: bytes(webhook.bodyBytes + over) } }),
    };

    const ends: Record<string, number[]> = {};
    for (const [name, attempt] of Object.entries(tries))
      ends[name] = [(await attempt(0)).status, (await attempt(1)).status];

    const right = (name: string) => [/message’s|^its (attachments|mentions|metadata)$/.test(name) ? 201 : 202, 400];
    expect(ends).toEqual(Object.fromEntries(Object.keys(tries).map((name) => [name, right(name)])));
  });
});
