import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, reached, send } from '../builders/notifications.js';
import { anSmtpProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { aListener, aMailbox, drip, type Mailbox } from '../support/mailbox.js';
import { Opened } from '../support/opened.js';
import { rows } from '../support/rows.js';

const LOGIN = { user: 'shop', pass: 'correct horse battery staple' };

let app: TestApp;
let mailbox: Mailbox;
let client: TestClient;

beforeAll(async () => {
  mailbox = await aMailbox(LOGIN);
  app = await anApp();
  client = await aClient(app);
}, 60_000);

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

const opened = new Opened();
afterEach(() => opened.closeAll());

const settings = (wish: object = {}) => ({
  ...{ host: '127.0.0.1', port: mailbox.port, from: 'shop@example.com', username: LOGIN.user, password: LOGIN.pass },
  ...wish,
});
const post = (wish: object) => client.master.post('/providers', { kind: 'smtp', name: 'Mail', ...wish });

describe('the catalog', () => {
  it('says of each kind what its settings are, and which are secret', async () => {
    const { body } = await client.master.get('/providers/catalog');

    const smtp = body.data.find(({ kind }: { kind: string }) => kind === 'smtp');
    expect(smtp).toMatchObject({
      channels: ['email'],
      secrets: ['password'],
      settings: { type: 'object', additionalProperties: false },
    });
    expect([...smtp.settings.required].sort()).toEqual(['from', 'host', 'port']);
    expect(smtp.settings.properties).toMatchObject({
      host: { type: 'string', maxLength: 253 },
      port: { type: 'integer', minimum: 1, maximum: 65_535 },
      secure: { type: 'boolean' },
      tls: { type: 'object', properties: { rejectUnauthorized: { type: 'boolean' } } },
    });
    expect(body.data.map(({ kind }: { kind: string }) => kind)).toContain('simulator');
  });
});

describe('the settings of a provider', () => {
  it('are shown without secrets, wherever they are shown', async () => {
    const added = await post({ settings: settings() });
    expect(added.status).toBe(201);
    const { id } = added.body;

    const shown = [added.body, (await client.master.get(`/providers/${id}`)).body];
    shown.push((await client.master.get('/providers')).body.data.find((p: { id: string }) => p.id === id));
    for (const provider of shown) {
      expect(provider).toMatchObject({
        kind: 'smtp',
        channel: 'email',
        role: 'any',
        priority: 100,
        weight: 1,
        enabled: true,
      });
      expect(provider.settings).toEqual(settings({ password: '••••' }));
    }
  });

  it('are sealed in the database', async () => {
    await post({ settings: settings({ host: 'a-host-to-look-for.example' }) });
    const [stored] = await rows<{ dump: string }>(
      app,
      `SELECT string_agg(p::text, '') || coalesce((SELECT string_agg(i::text, '') FROM idempotency_keys i), '') AS dump FROM providers p`,
    );

    expect(stored?.dump).toContain('kid');
    expect(stored?.dump).not.toContain(LOGIN.pass);
    expect(stored?.dump).not.toContain('a-host-to-look-for');
  });

  it('that are not sent in a change stay, and so does a secret that comes back masked', async () => {
    const { id } = (await post({ settings: settings({ password: 'wrong' }) })).body;
    await client.master.patch(`/providers/${id}`, { settings: { password: LOGIN.pass } });

    const changed = await client.master.patch(`/providers/${id}`, {
      name: 'Renamed',
      priority: 5,
      settings: { from: 'new@example.com', password: '••••' },
    });

    expect(changed.body).toMatchObject({ name: 'Renamed', priority: 5, role: 'any' });
    expect(changed.body.settings).toEqual(settings({ from: 'new@example.com', password: '••••' }));
    await expect(client.master.post(`/providers/${id}/verify`)).resolves.toMatchObject({ body: { ok: true } });
  });

  it.each<[string, object, string]>([
    ['nothing', {}, '/settings/host'],
    ['a port that is none', { host: 'h', port: 70_000, from: 'a@b.example' }, '/settings/port'],
    ['a sender that is none', { host: 'h', port: 25, from: 'shop' }, '/settings/from'],
    ['an unknown field', { host: 'h', port: 25, from: 'a@b.example', colour: 'red' }, '/settings/colour'],
    [
      'a bad field of a part',
      { host: 'h', port: 25, from: 'a@b.example', tls: { rejectUnauthorized: 'no' } },
      '/settings/tls/rejectUnauthorized',
    ],
  ])('are refused with %s', async (_what, wrong, pointer) => {
    const { status, body } = await post({ settings: wrong });

    expect(status).toBe(400);
    expect(body.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer);
  });

  it('are refused in a change as well, and nothing changes', async () => {
    const { id } = (await post({ settings: settings() })).body;
    const { status, body } = await client.master.patch(`/providers/${id}`, { name: 'X', settings: { port: 0 } });

    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ pointer: '/settings/port' }]);
    await expect(client.master.get(`/providers/${id}`)).resolves.toMatchObject({ body: { name: 'Mail' } });
  });

  it('are of a kind that is installed', async () => {
    const { status, body } = await post({ kind: 'pigeon', settings: {} });

    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ pointer: '/kind', code: 'unknown_kind' }]);
  });
});

describe('verifying a provider', () => {
  const verified = async (wish: object) => {
    const { id } = (await post({ settings: settings(wish) })).body;
    return (await client.master.post(`/providers/${id}/verify`)).body;
  };

  it('says that the credentials work', async () => expect(await verified({})).toEqual({ ok: true, detail: null }));

  it('says what is wrong, without the secret', async () => {
    const { ok, detail } = await verified({ password: 'not-the-password' });

    expect(ok).toBe(false);
    expect(detail).toContain('535');
    expect(detail).not.toContain('not-the-password');
  });

  it('does not hang on to a server that never gets to the point', async () => {
    const listener = await opened.keep(
      aListener((socket) => {
        drip(socket);
        setTimeout(() => socket.destroy(), 300);
      }),
    );
    await expect(verified({ port: listener.port })).resolves.toMatchObject({ ok: false });
    expect(listener.open()).toBe(0);
  });

  it('sends nothing', () => expect(mailbox.received).toHaveLength(0));
});

describe('a provider', () => {
  it('that is switched off, or removed, is not used', async () => {
    const own = await aClient(app);
    const open = await opened.keep(aMailbox());
    const id = await anSmtpProvider(own, open);
    const sendNow = async (expected: string) =>
      reached(own, await send(own, { to: { email: 'ann@example.com' }, channels: { email: anEmail() } }), expected);

    await sendNow('completed');
    await own.master.patch(`/providers/${id}`, { enabled: false });
    await sendNow('failed');
    await own.master.patch(`/providers/${id}`, { enabled: true });
    await sendNow('completed');
    expect(await own.master.delete(`/providers/${id}`)).toMatchObject({ status: 204 });
    await sendNow('failed');

    expect(open.received).toHaveLength(2);
  });

  it('is its client’s own', async () => {
    const { id } = (await post({ settings: settings() })).body;
    const other = (await aClient(app)).master;

    expect((await other.get('/providers')).body.data).toEqual([]);
    expect((await other.get(`/providers/${id}`)).status).toBe(404);
    expect((await other.patch(`/providers/${id}`, { name: 'mine' })).status).toBe(404);
    expect((await other.post(`/providers/${id}/verify`)).status).toBe(404);
    expect((await other.delete(`/providers/${id}`)).status).toBe(404);
    expect((await client.master.get(`/providers/${id}`)).status).toBe(200);
  });

  it('is out of reach of a user’s key', async () => {
    const { api } = await client.login('ann');

    expect((await api.get('/providers')).status).toBe(403);
    expect((await api.post('/providers', { kind: 'smtp', name: 'Mail', settings: settings() })).status).toBe(403);
  });

  it('is added once per Idempotency-Key', async () => {
    const wish = { kind: 'smtp', name: 'Once', settings: settings() };
    const first = await client.master.post('/providers', wish, { 'Idempotency-Key': 'one' });
    const again = await client.master.post('/providers', wish, { 'Idempotency-Key': 'one' });

    expect(again.body).toEqual(first.body);
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
  });

  it.each([
    ['bounced', 'failed', 'bounced', 'hard_bounce'],
    ['failed', 'failed', 'failed', 'provider_rejected'],
    ['delivered', 'completed', 'delivered', null],
  ])('may be a simulator: %s@simulator.test', async (who, status, delivery, reason) => {
    const own = await aClient(app);
    await own.master.post('/providers', { kind: 'simulator', name: 'Sim', settings: { channel: 'email' } });
    const id = await send(own, { to: { email: `${who}@simulator.test` }, channels: { email: anEmail() } });

    await expect(reached(own, id, status)).resolves.toMatchObject({ deliveries: [{ status: delivery, reason }] });
  });
});
