import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { TRANSPORTS } from '../support/sockets.js';

const LOGIN_SCOPES = ['rooms:read', 'rooms:write', 'messages:read', 'messages:write', 'inbox:read', 'inbox:write'];

let app: TestApp;
let client: TestClient;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app);
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const login = (wish: object) => client.master.post('/auth/login', { userId: 'ann', ...wish });

describe('a login', () => {
  it('makes the user and a key of theirs', async () => {
    const person = {
      displayName: 'Ann Lee',
      email: 'ann@example.com',
      phone: '+4915112345678',
      metadata: { plan: 'pro' },
    };

    const { status, body } = await login(person);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      user: { userId: 'ann', ...person },
      keyId: body.apiKey.split('_')[2],
      scopes: LOGIN_SCOPES,
      expiresAt: null,
    });
    expect(body.apiKey).toMatch(/^ck_scoped_/);
    expect((await app.api(body.apiKey).get('/auth/me')).body).toMatchObject({
      client: { id: client.id },
      user: { userId: 'ann', ...person },
      key: { type: 'scoped', scopes: LOGIN_SCOPES, expiresAt: null },
    });
  });

  it('changes only what it says of the user, and clears what is null', async () => {
    await login({ displayName: 'Ann', email: 'ann@example.com' });
    const { body } = await login({ email: null });

    expect(body.user).toMatchObject({ displayName: 'Ann', email: null });
  });

  it('is always a new key: the earlier one of the device is dead when the answer arrives', async () => {
    const first = (await login({ device: 'phone' })).body;
    const elsewhere = (await login({ device: 'laptop' })).body;
    const second = (await login({ device: 'phone' })).body;

    expect(second.keyId).not.toBe(first.keyId);
    expect((await app.api(first.apiKey).get('/auth/me')).status).toBe(401);
    expect((await app.api(second.apiKey).get('/auth/me')).status).toBe(200);
    expect((await app.api(elsewhere.apiKey).get('/auth/me')).status).toBe(200);
  });

  it('does not end a key made by hand, nor another user’s', async () => {
    const manual = await client.master.post('/clients/me/keys', { name: 'bot', type: 'scoped', userId: 'ann' });
    const bob = (await login({ userId: 'bob' })).body;
    await login({});

    expect((await app.api(manual.body.key).get('/auth/me')).status).toBe(200);
    expect((await app.api(bob.apiKey).get('/auth/me')).status).toBe(200);
  });

  it('grants what it is asked for', async () => {
    const { body } = await login({ scopes: ['messages:read'], expiresInSeconds: 3_600 });

    expect(body.scopes).toEqual(['messages:read']);
    expect(Date.parse(body.expiresAt) - Date.now()).toBeGreaterThan(3_500_000);
    expect((await app.api(body.apiKey).get('/rooms')).body).toMatchObject({ code: 'scope_missing' });
  });

  it.each(['providers:read', 'providers:write', 'webhooks:read', 'webhooks:write'])(
    'never grants %s',
    async (scope) => {
      const { status, body } = await login({ scopes: ['rooms:read', scope] });

      expect([status, body.code]).toEqual([403, 'forbidden']);
      expect(body.detail).toContain(scope);
    },
  );

  it('is a master key’s to make', async () => {
    const { api } = await client.login('ann');

    expect((await api.post('/auth/login', { userId: 'ann' })).body).toMatchObject({ status: 403, code: 'forbidden' });
  });

  it.each([
    [{ userId: '' }, '/userId'],
    [{ userId: 'x'.repeat(129) }, '/userId'],
    [{ userId: 7 }, '/userId'],
    [{ email: 'not an address' }, '/email'],
    [{ phone: '0151 12345' }, '/phone'],
    [{ scopes: ['everything'] }, '/scopes'],
    [{ device: '' }, '/device'],
    [{ expiresInSeconds: 0 }, '/expiresInSeconds'],
    [{ metadata: [] }, '/metadata'],
    [{ metadata: { text: 'x'.repeat(20_000) } }, '/metadata'],
    [{ password: 'secret' }, '/password'],
  ])('is refused with %j', async (wish, pointer) => {
    const { status, body } = await login(wish);

    expect([status, body.code]).toEqual([400, 'validation_failed']);
    expect(body.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer);
  });

  it.each(['ann', 'Ännchen', '安', 'a/b?c#d', 'x'.repeat(128), 'ü'.repeat(128), '👩‍🚀', '..', '%00', ' '])(
    'takes the client’s own id: %j',
    async (userId) => {
      const { api } = await client.login(userId);
      const acting = client.master.with({ 'X-User-Id': Buffer.from(userId).toString('latin1') });

      expect((await api.get('/auth/me')).body.user.userId).toBe(userId);
      if (userId.trim()) expect((await acting.get('/auth/me')).body.user.userId).toBe(userId);
    },
  );
});

describe('a key', () => {
  it('may come as a bearer token or as X-API-Key', async () => {
    const { apiKey } = await client.login('ann');
    const me = async (headers: Record<string, string>) => (await app.api().with(headers).get('/auth/me')).status;

    expect(await me({ Authorization: `Bearer ${apiKey}` })).toBe(200);
    expect(await me({ Authorization: `bearer ${apiKey}` })).toBe(200);
    expect(await me({ 'X-API-Key': apiKey })).toBe(200);
    expect(await me({})).toBe(401);
    expect(await me({ Authorization: apiKey })).toBe(401);
    expect(await me({ Authorization: `Basic ${apiKey}` })).toBe(401);
    expect(await me({ Authorization: 'Bearer' })).toBe(401);
    expect(await me({ Authorization: `Bearer ${apiKey.slice(0, -1)}` })).toBe(401);
    expect(await me({ Authorization: `Bearer ${apiKey.replace('scoped', 'admin')}` })).toBe(401);
  });

  it('is refused with one answer, whatever is wrong with it', async () => {
    const ended = await client.login('ann');
    await ended.api.post('/auth/logout');
    const wrong = [
      ended.apiKey,
      client.masterKey.slice(0, -1),
      'nonsense',
      `ck_master_${'0'.repeat(12)}_${'0'.repeat(43)}`,
    ];

    const answers = await Promise.all(wrong.map((key) => app.api(key).get('/auth/me')));

    expect(new Set(answers.map(({ body }) => JSON.stringify({ ...body, requestId: '' }))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(answers[0]?.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('of type master is no user, until it names one', async () => {
    const me = (await client.master.get('/auth/me')).body;
    const acting = (await client.master.as('ann').get('/auth/me')).body;

    expect(me.user).toBeUndefined();
    expect(me.key.type).toBe('master');
    expect(acting.key.type).toBe('master');
    expect((await client.master.get('/rooms')).body).toMatchObject({ status: 400, code: 'user_required' });
    expect((await client.master.as('ann').get('/rooms')).status).toBe(200);
  });

  it('of type scoped is its own user, whatever it names', async () => {
    const { api } = await client.login('ann');

    expect((await api.as('bob').get('/auth/me')).body.user.userId).toBe('ann');
  });
});

describe.each(TRANSPORTS)('a logout, over %s', (transport) => {
  it('ends the key of the call and its sockets, and no other', async () => {
    const [phone, laptop] = [
      await client.login('ann', { device: 'phone' }),
      await client.login('ann', { device: 'laptop' }),
    ];
    const open = await sockets.open(transport, app.url, phone.apiKey);
    const other = await sockets.open(transport, app.url, laptop.apiKey);

    expect((await phone.api.post('/auth/logout')).status).toBe(204);

    expect((await phone.api.post('/auth/logout')).status).toBe(401);
    expect(await open.ends()).toMatchObject({ code: 4003 });
    expect(await other.command('ping')).toHaveProperty('ok');
  });
});
