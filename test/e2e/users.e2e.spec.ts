import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, type TestClient, type TestUser } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { rows } from '../support/rows.js';

let app: TestApp;
let a: TestClient;
let b: TestClient;
/** A user's own app, which may keep its devices and preferences. */
let ann: TestUser;

beforeAll(async () => {
  app = await anApp();
  [a, b] = await Promise.all([aClient(app, { name: 'A' }), aClient(app, { name: 'B' })]);
  ann = await a.login('ann', { scopes: ['users:read', 'users:write'] });
}, 60_000);

afterAll(() => app.close());

const someone = () => `user-${randomUUID()}`;
const pointers = ({ body }: { body: { errors: { pointer: string }[] } }) => body.errors.map(({ pointer }) => pointer);

describe('a user exists by first mention', () => {
  it('is nobody before, and somebody after', async () => {
    const userId = someone();
    const before = await a.master.get(`/users/${userId}`);
    await a.master.post('/rooms', { type: 'group', members: [userId] });
    const after = await a.master.get(`/users/${userId}`);

    expect([before.status, before.body.code]).toEqual([404, 'not_found']);
    expect(after.body).toMatchObject({ userId, displayName: null, email: null, metadata: {} });
  });

  it('keeps what is said, changes only what is said again, and clears with null', async () => {
    const userId = someone();
    const said = {
      displayName: 'Ann Lee',
      email: 'ann@example.com',
      phone: '+4915112345678',
      locale: 'en-GB',
      timezone: 'Europe/Paris',
      metadata: { plan: 'pro' },
    };
    const first = await a.master.put(`/users/${userId}`, said);
    const second = await a.master.put(`/users/${userId}`, { displayName: 'Ann', phone: null, metadata: null });

    expect([first.status, first.body]).toMatchObject([200, { userId, ...said }]);
    expect(second.body).toMatchObject({ ...said, displayName: 'Ann', phone: null, metadata: {} });
    expect((await a.master.get(`/users/${userId}`)).body).toEqual(second.body);
  });

  it('takes any id of up to 128 characters', async () => {
    for (const userId of ['a/b?c#d', 'Łukasz 👋', 'x'.repeat(128)]) {
      const { body } = await a.master.put(`/users/${encodeURIComponent(userId)}`, {});
      expect(body.userId).toBe(userId);
    }
    for (const userId of ['x'.repeat(129), 'nul%00'])
      expect((await a.master.put(`/users/${userId}`, {})).status).toBe(400);
  });

  it.each([
    ['/email', { email: 'not an address' }],
    ['/phone', { phone: '0151 12345' }],
    ['/locale', { locale: 'en_GB' }],
    ['/timezone', { timezone: 'Europe/Atlantis' }],
    ['/timezone', { timezone: '+01:00' }],
    ['/metadata', { metadata: { text: 'x'.repeat(16_384) } }],
    ['/nickname', { nickname: 'Annie' }],
  ])('refuses a fault at %s', async (pointer, body) => {
    const refused = await a.master.put('/users/ann', body);
    expect([refused.status, pointers(refused)[0]]).toEqual([400, pointer]);
  });

  it('lists users by id, page by page, each once', async () => {
    const client = await aClient(app);
    const ids = ['u1', 'u2', 'u3', 'u4', 'u5'];
    for (const id of ids) await client.master.put(`/users/${id}`, {});
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await client.master.get(`/users?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.data.map(({ userId }: { userId: string }) => userId));
      cursor = body.nextCursor as string | null;
    }

    expect(seen).toEqual(ids);
    expect((await client.master.get('/users?cursor=nonsense')).status).toBe(400);
  });
});

const subscription = (endpoint: string) => ({
  endpoint,
  expirationTime: null,
  keys: { p256dh: 'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQ', auth: 'tBHItJI5svbpez7KI4CCXg' },
});

describe('devices', () => {
  it('registers a device once per address, and shows the end of the address only', async () => {
    const token = `token-${randomUUID()}`;
    const first = await ann.api.post('/users/ann/devices', { kind: 'fcm', token });
    const again = await ann.api.post('/users/ann/devices', { kind: 'fcm', token });
    const { body } = await ann.api.get('/users/ann/devices');

    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body.id).toBe(first.body.id);
    expect(first.body).toMatchObject({ userId: 'ann', kind: 'fcm', lastFour: token.slice(-4) });
    expect(body.data.filter(({ id }: { id: string }) => id === first.body.id)).toHaveLength(1);
    expect(JSON.stringify([first.body, again.body, body])).not.toContain(token);
  });

  it('takes what a browser gives as a subscription', async () => {
    const wish = { kind: 'webpush', subscription: subscription(`https://push.example/send/${randomUUID()}`) };
    const first = await ann.api.post('/users/ann/devices', wish);
    const again = await ann.api.post('/users/ann/devices', wish);

    expect([first.status, again.status, again.body.id]).toEqual([201, 200, first.body.id]);
  });

  it('moves an address that another user registers', async () => {
    const token = `token-${randomUUID()}`;
    const [first, second] = [someone(), someone()];
    const before = await a.master.post(`/users/${first}/devices`, { kind: 'apns', token });
    const after = await a.master.post(`/users/${second}/devices`, { kind: 'apns', token });

    expect([after.status, after.body.id, after.body.userId]).toEqual([200, before.body.id, second]);
    expect((await a.master.get(`/users/${first}/devices`)).body.data).toEqual([]);
    expect((await a.master.get(`/users/${second}/devices`)).body.data).toHaveLength(1);
  });

  it('answers as it should while what is registered is removed, and users are erased, by others at once', async () => {
    const path = `/users/${someone()}`;
    const wish = { kind: 'fcm', token: randomUUID() };
    const member = { type: 'group', members: [path.slice('/users/'.length)] };
    const acts = [
      () => a.master.post(`${path}/devices`, wish),
      () => a.master.delete(`${path}/devices`),
      () => a.master.put(path, { displayName: 'Ann' }),
      () => a.master.put(`${path}/preferences`, { channels: { email: { marketing: false } } }),
      () => a.master.post('/rooms', member),
      () => a.master.delete(path),
    ];

    for (let round = 0; round < 6; round++) {
      const calls = [...acts, ...acts].map(async (act) => (await act()).status);
      for (const status of await Promise.all(calls)) expect([200, 201, 204, 404]).toContain(status);
    }
  });

  it('makes one device of an address that is registered many times at once', async () => {
    const token = `token-${randomUUID()}`;
    const users = Array.from({ length: 8 }, someone);
    const answers = await Promise.all(
      users.map((userId) => a.master.post(`/users/${userId}/devices`, { kind: 'fcm', token })),
    );

    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(7).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body.id as string)).size).toBe(1);
  });

  it('stores no address readably', async () => {
    const token = `planted-${randomUUID()}`;
    await ann.api.post('/users/ann/devices', { kind: 'fcm', token }, { 'Idempotency-Key': randomUUID() });
    const endpoint = `https://push.example/planted/${randomUUID()}`;
    await ann.api.post('/users/ann/devices', { kind: 'webpush', subscription: subscription(endpoint) });

    const stored = await rows<{ text: string }>(
      app,
      `SELECT d::text AS text FROM devices d UNION ALL SELECT k::text FROM idempotency_keys k`,
    );
    expect(stored.length).toBeGreaterThan(2);
    expect(stored.filter(({ text }) => text.includes('planted'))).toEqual([]);
  });

  it('forgets one, and all', async () => {
    const userId = someone();
    const register = async () =>
      (await a.master.post(`/users/${userId}/devices`, { kind: 'fcm', token: randomUUID() })).body.id as string;
    const [one] = [await register(), await register(), await register()];

    expect((await a.master.delete(`/users/${userId}/devices/${one}`)).status).toBe(204);
    expect((await a.master.delete(`/users/${userId}/devices/${one}`)).status).toBe(404);
    expect((await a.master.get(`/users/${userId}/devices`)).body.data).toHaveLength(2);
    expect((await a.master.delete(`/users/${userId}/devices`)).status).toBe(204);
    expect((await a.master.get(`/users/${userId}/devices`)).body.data).toEqual([]);
  });

  it.each([
    ['/kind', { kind: 'pigeon', token: 'coo' }],
    ['/token', { kind: 'fcm' }],
    ['/token', { kind: 'webpush', token: 'a', subscription: subscription('https://push.example/1') }],
    ['/subscription', { kind: 'webpush' }],
    ['/subscription/endpoint', { kind: 'webpush', subscription: subscription('http://push.example/1') }],
    ['/subscription/keys', { kind: 'webpush', subscription: { endpoint: 'https://push.example/1' } }],
  ])('refuses a fault at %s', async (pointer, body) => {
    const refused = await ann.api.post('/users/ann/devices', body);
    expect([refused.status, pointers(refused)[0]]).toEqual([400, pointer]);
  });
});

describe('preferences', () => {
  it('are empty at first, and then what was put last', async () => {
    const userId = someone();
    await a.master.put(`/users/${userId}`, {});
    const before = await a.master.get(`/users/${userId}/preferences`);
    const wish = {
      channels: { email: { marketing: false, transactional: true }, sms: { marketing: false } },
      quietHours: { from: '22:00', to: '07:00', timezone: 'Europe/Paris', outside: 'drop' },
    };
    const put = await a.master.put(`/users/${userId}/preferences`, wish);
    const read = await a.master.get(`/users/${userId}/preferences`);
    const cleared = await a.master.put(`/users/${userId}/preferences`, { channels: { push: {} } });

    expect(before.body).toEqual({ channels: {}, quietHours: null });
    expect([put.body, read.body]).toEqual([wish, wish]);
    expect(cleared.body).toEqual({ channels: { push: {} }, quietHours: null });
  });

  it.each([
    ['/channels/pigeon', { channels: { pigeon: {} } }],
    ['/channels/email/critical', { channels: { email: { critical: false } } }],
    ['/channels/email/marketing', { channels: { email: { marketing: 'no' } } }],
    ['/quietHours/from', { quietHours: { from: '24:00', to: '07:00', timezone: 'UTC' } }],
    ['/quietHours/timezone', { quietHours: { from: '22:00', to: '07:00', timezone: 'Paris' } }],
  ])('refuses a fault at %s', async (pointer, body) => {
    const refused = await ann.api.put('/users/ann/preferences', body);
    expect([refused.status, pointers(refused)[0]]).toEqual([400, pointer]);
  });
});

describe('a user’s own key reaches that user alone', () => {
  it('sees and lists itself', async () => {
    expect((await ann.api.get('/users/ann')).body.userId).toBe('ann');
    const { body } = await ann.api.get('/users');
    expect(body.data.map(({ userId }: { userId: string }) => userId)).toEqual(['ann']);
  });

  it('meets nobody under any other name, whether there is one or not', async () => {
    const other = someone();
    await a.master.put(`/users/${other}`, { displayName: 'Somebody' });
    const { body: device } = await a.master.post(`/users/${other}/devices`, { kind: 'fcm', token: randomUUID() });
    const reach = (userId: string) =>
      Promise.all([
        ann.api.get(`/users/${userId}`),
        ann.api.get(`/users/${userId}/devices`),
        ann.api.post(`/users/${userId}/devices`, { kind: 'fcm', token: randomUUID() }),
        ann.api.delete(`/users/${userId}/devices`),
        ann.api.delete(`/users/${userId}/devices/${device.id}`),
        ann.api.get(`/users/${userId}/preferences`),
        ann.api.put(`/users/${userId}/preferences`, {}),
      ]);
    const plain = ({ status, body }: { status: number; body: object }) => [status, { ...body, requestId: '' }];

    const refused = await reach(other);
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 404));
    expect(refused.map(plain)).toEqual((await reach(someone())).map(plain));
    expect((await a.master.get(`/users/${other}/devices`)).body.data).toHaveLength(1);
  });

  it('may not do what is the master’s', async () => {
    const refused = await Promise.all([ann.api.put('/users/ann', { displayName: 'Queen Ann' })]);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(refused.map(() => [403, 'forbidden']));
  });

  it('needs the scope, too', async () => {
    const { api } = await a.login('bob');
    expect((await api.get('/users/bob')).body).toMatchObject({ code: 'scope_missing', missing: ['users:read'] });
    expect((await api.post('/users/bob/devices', {})).body).toMatchObject({ code: 'scope_missing' });
  });

  it('is not what a key without a user is: a service of the client’s reaches all its users', async () => {
    const { body } = await a.master.post('/clients/me/keys', { name: 'crm', type: 'scoped', scopes: ['users:read'] });
    expect((await app.api(String(body.key)).get('/users/ann')).status).toBe(200);
  });
});

describe('users of the same id in two clients', () => {
  it('know nothing of each other', async () => {
    const userId = someone();
    const token = `token-${randomUUID()}`;
    await a.master.put(`/users/${userId}`, { displayName: 'Of A', email: 'of-a@example.com' });
    const inA = await a.master.post(`/users/${userId}/devices`, { kind: 'fcm', token });
    await a.master.put(`/users/${userId}/preferences`, { channels: { email: { marketing: false } } });
    expect((await b.master.get(`/users/${userId}`)).status).toBe(404);
    expect((await b.master.get(`/users/${userId}/devices`)).status).toBe(404);
    expect((await b.master.get(`/users/${userId}/preferences`)).status).toBe(404);

    const ofB = await b.master.put(`/users/${userId}`, { displayName: 'Of B' });
    const inB = await b.master.post(`/users/${userId}/devices`, { kind: 'fcm', token });
    expect(ofB.body).toMatchObject({ displayName: 'Of B', email: null });
    expect([inB.status, inB.body.id === inA.body.id]).toEqual([201, false]);
    expect((await b.master.delete(`/users/${userId}/devices/${inA.body.id}`)).status).toBe(404);
    expect((await b.master.get(`/users/${userId}/preferences`)).body.channels).toEqual({});
    expect((await a.master.get(`/users/${userId}`)).body).toMatchObject({ displayName: 'Of A' });
    expect((await a.master.get(`/users/${userId}/devices`)).body.data).toHaveLength(1);
  });
});
