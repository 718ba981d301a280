import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Metrics } from '../../src/platform/observability/index.js';
import { KeyHasher } from '../../src/platform/security/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import type { Reply } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { whileLocked } from '../support/rows.js';
import { type Answered, SocketIoTestSocket, RawTestSocket, TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
/** Another process of the installation. */
let elsewhere: TestApp;
let addresses = 0;
const sockets = new OpenSockets();

beforeAll(async () => {
  // Behind one proxy, so that each test can come from an address of its own.
  app = await anApp({ TRUST_PROXY: '1' });
  elsewhere = await app.another();
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

  it('of the operator, too', async () => {
    expect(header(await app.operator.get('/clients'), 'RateLimit-Policy')).toBe('200;w=1');
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

  it('a scoped key has what it is given, and takes no more of what its client may than that', async () => {
    const client = await withLimits({ requestsPerMinute: 42, keyRequestsPerMinute: 21 });
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
    // What a small client may is its keys' to use up.
    const small = await withLimits({ requestsPerMinute: 6 });
    const { api } = await small.login('ann');
    const all = await times(6, () => api.get('/auth/me'));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(all[5]!.body).toMatchObject({ scope: 'client', limit: 6 });
  });

  it('wherever callers say that they are', async () => {
    const client = await withLimits({ requestsPerSecond: 1_000, requestsPerMinute: 5 });

    const replies = await times(8, () => client.master.with(fromAnotherAddress()).get('/clients/me'));

    expect(replies.filter(({ status }) => status === 429)).toHaveLength(3);
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

    it('connections of the client, however many come at once to both nodes', async () => {
      const client = await withLimits({ connections: 5 });
      const keys = [(await client.login('ann')).apiKey, (await client.login('bob')).apiKey, client.masterKey];
      const Socket = transport === 'raw' ? RawTestSocket : SocketIoTestSocket;

      const all = Array.from({ length: 16 }, (_, n) =>
        sockets.keep(new Socket((n % 2 ? app : elsewhere).url, keys[n % 3] ?? '')),
      );
      await eventually(() => all.every((one) => one.of('ready').length > 0 || one.closed !== null));

      expect(all.filter(({ closed }) => closed === null)).toHaveLength(5);
      expect(all.flatMap(({ closed }) => closed?.code ?? [])).toEqual(Array.from({ length: 11 }, () => 4005));
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
    const spoofed = sockets.keep(new RawTestSocket(bare.url, mistyped(masterKey), { forwardedFor: '192.0.2.1' }));
    const refused = await eventually(() => spoofed.refused ?? undefined);
    await bare.close();

    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(blocked).toMatchObject({ status: 429, body: { code: 'rate_limited', scope: 'address' } });
    expect(refused.message).toMatch(/\b429\b/);
  });

  it('behind one proxy it is the address that the proxy saw, whatever the caller said before it', async () => {
    const { masterKey } = await aClient(app);
    const here = `203.0.113.${++addresses}`;
    const nonsense = (address: string) =>
      app
        .api(mistyped(masterKey))
        .with({ 'X-Forwarded-For': `198.51.100.${++addresses % 250}, ${address}` })
        .get('/auth/me');

    await Promise.all(Array.from({ length: 200 }, () => nonsense(here)));

    expect(await nonsense(here)).toMatchObject({ status: 429, body: { scope: 'address' } });
    expect((await nonsense(`203.0.113.${++addresses}`)).status).toBe(401);
    const opens = async (address: string) => {
      const socket = sockets.keep(
        new RawTestSocket(app.url, mistyped(masterKey), { forwardedFor: `192.0.2.1, ${address}` }),
      );
      return (await eventually(() => socket.refused ?? undefined)).message.slice(-3);
    };
    expect([await opens(here), await opens(`203.0.113.${++addresses}`)]).toEqual(['429', '401']);
    const told = await app.part(Metrics).registry.getSingleMetricAsString('chatapi_rate_limited_total');
    expect(told).toMatch(/scope="address"/);
    expect([...told.matchAll(/scope="(\w+)"/g)].map(([, scope]) => scope).sort()).toEqual([
      ...['address', 'client', 'connection', 'key', 'route'],
    ]);
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
