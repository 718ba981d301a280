import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { aClient, type TestClient } from '../builders/clients.js';
import { deliveryReached, reached, send, timelineOf } from '../builders/notifications.js';
import { aVendor, type Vendor, type VendorCall } from '../fakes/vendor.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { rows } from '../support/rows.js';

let app: TestApp;
let receiver: Vendor;
let client: TestClient;

beforeAll(async () => {
  receiver = await aVendor(() => ({ body: { ok: true } }));
  app = await anApp({ WORK_LEASE_SECONDS: '10' });
  client = await aClient(app);
}, 60_000);

afterAll(async () => {
  await app.close();
  await receiver.close();
});

beforeEach(() => {
  receiver.behave();
  receiver.calls.length = 0;
});

const call = (path: string, wish: object = {}) => ({
  to: { url: `${receiver.url}${path}` },
  channels: { webhook: { body: { order: 4711 } } },
  ...wish,
});

describe('a notification by webhook', () => {
  it('is posted as JSON under its id, and delivered by a 2xx', async () => {
    const id = await send(client, call('/hook?from=us'));

    const seen = await reached(client, id, 'completed');

    expect(seen.deliveries).toMatchObject([
      { channel: 'webhook', recipient: `${receiver.url}/hook?from=us`, status: 'delivered' },
    ]);
    const [got] = receiver.calls;
    expect(got).toMatchObject({ method: 'POST', path: '/hook' });
    expect(got?.query.get('from')).toBe('us');
    expect(JSON.parse(got?.body.toString() ?? '')).toEqual({ order: 4711 });
    expect(got?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': seen.deliveries[0]?.id,
      'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
    });
  });

  it('goes to the address of the content, for a recipient that is none', async () => {
    const webhook = { url: `${receiver.url}/shared`, body: { hello: true } };

    await reached(client, await send(client, { to: { userId: 'ann' }, channels: { webhook } }), 'completed');

    expect(receiver.calls.map(({ path }) => path)).toEqual(['/shared']);
  });

  it('reads no more of an answer than it keeps, in whatever length it comes', async () => {
    receiver.behave(() => ({ body: 'x'.repeat(20_000_000) }));

    const id = await send(client, call('/long'));

    await deliveryReached(client, id, 'delivered');
    const [, attempt] = await timelineOf(client, id);
    expect(attempt?.detail).toHaveLength(1_000);
    await eventually(() => receiver.open() === 0);
  });

  it('is tried again under the same id, and every try is counted', async () => {
    let tries = 0;
    receiver.behave(() => (++tries === 1 ? { status: 503, headers: { 'retry-after': '1' }, body: 'busy' } : {}));

    const id = await send(client, call('/flaky'));

    const delivery = await deliveryReached(client, id, 'delivered');
    expect(delivery.attempts).toBe(2);
    expect(new Set(receiver.calls.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([delivery.id]));
    expect(await timelineOf(client, id)).toContainEqual(
      expect.objectContaining({ type: 'attempt', status: 'retrying', detail: '503 busy' }),
    );
  }, 30_000);

  it.each<[string, number]>([
    ['what is not understood', 400],
    ['what is not allowed', 403],
    ['an address that is no more', 410],
    ['a redirect, which is not followed', 302],
  ])('ends with %s', async (_what, status) => {
    receiver.behave(({ path }) => ({ status, headers: { location: `${receiver.url}/elsewhere` }, body: path }));

    const seen = await reached(client, await send(client, call('/final')), 'failed');

    expect(seen.deliveries).toMatchObject([{ status: 'failed', attempts: 1 }]);
    expect(receiver.calls.map(({ path }) => path)).toEqual(['/final']);
  });

  it.each(['hang', 'drip'] as const)(
    'is not waited for past the deadline: %s',
    async (manner) => {
      receiver.behave(() => manner);

      const id = await send(client, call(`/${manner}`));

      const timedOut = await eventually(
        async () => (await timelineOf(client, id)).find(({ reason }) => reason === 'provider_timeout'),
        { withinMs: 20_000 },
      );
      expect(timedOut).toMatchObject({ status: 'retrying', detail: 'The deadline has passed.' });
      await client.master.post(`/notifications/${id}/cancel`);
    },
    30_000,
  );
});

describe('a call by webhook', () => {
  const body = { order: 4711, note: 'Grüße 👋\u2028', nested: { list: [1.5, null, ''] } };
  const signed = (path: string) => call(path, { channels: { webhook: { body } } });
  const newSecret = async (one: TestClient, overlapSeconds = 0): Promise<string> => {
    const made = await one.master.post('/webhooks/signing-secret/rotate', { overlapSeconds });
    return (made.body as { secret: string }).secret;
  };
  /** What two other people's libraries take the call for. */
  const verified = (secret: string, { body: bytes, headers }: VendorCall): unknown[] =>
    [StandardWebhook, SvixWebhook].map((Verifier) => new Verifier(secret).verify(bytes.toString(), { ...headers }));

  it('is not signed until there is a secret, and says that nothing led to it', async () => {
    const other = await aClient(app);
    await reached(other, await send(other, signed('/unsigned')), 'completed');

    const [got] = receiver.calls;
    expect(got?.headers['webhook-signature']).toBeUndefined();
    expect(got?.headers).toMatchObject({
      'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
      'x-chatapi-hops': '0',
    });
  });

  it('is signed over the bytes that are sent, with every secret that is live, anew for each try', async () => {
    const other = await aClient(app);
    const old = await newSecret(other);
    const secret = await newSecret(other, 3_600);
    let tries = 0;
    receiver.behave(() => (++tries === 1 ? { status: 503, headers: { 'retry-after': '1' } } : {}));

    const id = await send(other, signed('/signed'));
    const delivery = await deliveryReached(other, id, 'delivered');

    expect(receiver.calls).toHaveLength(2);
    for (const got of receiver.calls) {
      expect(got.headers['webhook-signature']?.split(' ')).toHaveLength(2);
      for (const one of [old, secret]) expect(verified(one, got)).toEqual([body, body]);
      expect(got.headers['webhook-id']).toBe(delivery.id);
    }
    const [first, second] = receiver.calls.map(({ headers }) => Number(headers['webhook-timestamp']));
    expect(second).toBeGreaterThan(first ?? Infinity);
  });

  it('is signed with the new one alone as soon as the old one is replaced, and with no other client’s', async () => {
    const other = await aClient(app);
    const old = await newSecret(other);
    await reached(other, await send(other, signed('/old')), 'completed');
    const secret = await newSecret(other);
    await reached(other, await send(other, signed('/new')), 'completed');

    const [first, second] = receiver.calls as [VendorCall, VendorCall];
    expect(verified(old, first)).toEqual([body, body]);
    expect(verified(secret, second)).toEqual([body, body]);
    expect(() => verified(old, second)).toThrow();
    const tampered = { ...second, body: Buffer.from(second.body.toString().replace('4711', '4712')) };
    expect(() => verified(secret, tampered)).toThrow();
    const strangers = await newSecret(client);
    expect(() => verified(strangers, second)).toThrow();
  });

  it('waits rather than go out unsigned while its secret cannot be opened', async () => {
    const other = await aClient(app);
    const secret = await newSecret(other);
    const kept = 'UPDATE signing_secrets SET sealed = sealed || $2 WHERE client_id = $1';
    const [{ sealed } = { sealed: {} }] = await rows<{ sealed: object }>(
      app,
      'SELECT sealed FROM signing_secrets WHERE client_id = $1',
      [other.id],
    );
    await rows(app, kept, [other.id, { kid: 'lost' }]);
    const id = await send(other, signed('/locked'));

    const waiting = await eventually(async () =>
      (await timelineOf(other, id)).find(({ status }) => status === 'retrying'),
    );
    expect(waiting.detail).toBe('Internal fault: SigningLocked');
    expect(receiver.calls).toEqual([]);

    await rows(app, kept, [other.id, sealed]);
    await deliveryReached(other, id, 'delivered');
    expect(verified(secret, receiver.calls[0] as VendorCall)).toEqual([body, body]);
  });
});

describe('the guard on addresses', () => {
  it.each([
    'http://10.0.0.1/hook',
    'http://169.254.169.254/latest/meta-data',
    'http://[::1]/hook',
    'http://[::ffff:10.0.0.1]/hook',
    'http://[64:ff9b::a00:1]/hook',
    'http://0/hook',
  ])('lets nothing through to %s', async (url) => {
    const { status, body } = await client.master.post('/notifications/send', call('/', { to: { url } }));
    if (status === 400) return expect(body.errors[0].pointer).toMatch(/^\/to/);

    const seen = await reached(client, (body as { id: string }).id, 'failed');
    expect(seen.deliveries).toMatchObject([{ status: 'failed', reason: 'ssrf_blocked' }]);
  });

  it.each(['ftp://example.com/x', 'https://user:secret@example.com/', 'not a url', `https://e.com/${'x'.repeat(500)}`])(
    'refuses %s',
    async (url) => {
      const { status, body } = await client.master.post('/notifications/send', call('/', { to: { url } }));

      expect(status).toBe(400);
      expect(body.errors[0].pointer).toBe('/to/0/url');
    },
  );
});
