import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, deliveryReached, notificationOf, reached, send, timelineOf } from '../builders/notifications.js';
import { anSmtpProvider, aProvider } from '../builders/providers.js';
import type { Reply } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { rows } from '../support/rows.js';
import { aMailgun } from '../fakes/mailgun.js';

const PUBLIC_URL = 'https://chat.example.com/base/';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const ONE_CLICK = 'List-Unsubscribe=One-Click';

let app: TestApp;
let mailbox: Mailbox;
let client: TestClient;
/** Writes to the same addresses. */
let other: TestClient;

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp({ PUBLIC_URL, TRUST_PROXY: '1' });
}, 60_000);

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

beforeEach(async () => {
  mailbox.received.length = 0;
  mailbox.behave(() => undefined);
  [client, other] = [await aClient(app), await aClient(app)];
  for (const one of [client, other]) await anSmtpProvider(one, { port: mailbox.port });
});

const to = { email: 'ann.miller@example.com' };
const marketing = (of: TestClient, more: object = {}) =>
  send(of, { to, channels: { email: anEmail() }, category: 'marketing', ...more });
const headersOfLast = (): string => {
  const raw = mailbox.received.at(-1)?.raw.toString() ?? '';
  return raw.slice(0, raw.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ');
};
/** As a mail client finds it. */
async function aLink(of: TestClient, more: object = {}): Promise<{ token: string; id: string; deliveryId: string }> {
  const id = await marketing(of, more);
  const { deliveries } = await reached(of, id, 'completed');
  const [, token = ''] =
    /^List-Unsubscribe: <https:\/\/chat\.example\.com\/base\/api\/v1\/unsubscribe\/([\w-]+)>$/m.exec(headersOfLast()) ??
    [];
  return { token, id, deliveryId: deliveries[0]?.id ?? '' };
}
const click = (token: string, house = app): Promise<Reply> =>
  house.api().call('POST', `/unsubscribe/${token}`, ONE_CLICK, FORM);
const suppressed = async (of: TestClient) =>
  (await of.master.get('/suppressions')).body.data as Record<string, unknown>[];

describe('a marketing mail', () => {
  it('says how to unsubscribe, in headers that callers cannot write', async () => {
    const { token } = await aLink(client);

    expect(token.length).toBeGreaterThan(100);
    expect(headersOfLast()).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click$/m);
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toMatch(/ann|miller|example/);
    const forged = { email: anEmail({ headers: { 'List-Unsubscribe': '<https://evil.example>' } }) };
    expect((await client.master.post('/notifications/send', { to, channels: forged })).status).toBe(400);
  });

  it.each(['transactional', 'critical'])('is another thing than a %s one', async (category) => {
    const id = await marketing(client, { category });
    await reached(client, id, 'completed');

    expect(mailbox.received).toHaveLength(1);
    expect(headersOfLast()).not.toMatch(/^List-Unsubscribe/m);
  });

  it('says so through every provider: Mailgun', async () => {
    const mailgun = await aMailgun({ apiKey: 'the-api-key', domain: 'mg.example.com' });
    try {
      const shop = await aClient(app);
      const settings = {
        apiKey: 'the-api-key',
        domain: 'mg.example.com',
        from: 'shop@example.com',
        baseUrl: mailgun.url,
        webhookSigningKey: 'signing',
      };
      await aProvider(shop, 'mailgun', settings);
      await deliveryReached(shop, await marketing(shop), 'sent');
      const [{ fields } = { fields: {} }] = mailgun.mails as { fields: Record<string, readonly string[]> }[];
      expect(fields['h:List-Unsubscribe']?.[0]).toMatch(
        /^<https:\/\/chat\.example\.com\/base\/api\/v1\/unsubscribe\/[\w-]+>$/,
      );
      expect(fields['h:List-Unsubscribe-Post']).toEqual(['List-Unsubscribe=One-Click']);
    } finally {
      await mailgun.close();
    }
  });

  it('goes out without it where nobody said how the house is reached', async () => {
    const hidden = await anApp();
    try {
      const shop = await aClient(hidden);
      await anSmtpProvider(shop, { port: mailbox.port });
      await reached(shop, await marketing(shop), 'completed');
      expect(headersOfLast()).not.toMatch(/^List-Unsubscribe/m);
    } finally {
      await hidden.close();
    }
  });
});

describe('one click', () => {
  it('ends marketing to the address in this client, and nothing else', async () => {
    const { token, id, deliveryId } = await aLink(client);
    const reply = await click(token);

    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(reply.headers.get('location')).toBeNull();
    expect(await suppressed(client)).toMatchObject([
      { channel: 'email', address: to.email, reason: 'unsubscribe', deliveryId },
    ]);
    expect(await suppressed(other)).toEqual([]);
    const { deliveries } = (await client.master.get(`/notifications/${id}`)).body;
    expect(deliveries[0]).toMatchObject({ status: 'sent', unsubscribedAt: expect.any(String) });
    expect((await timelineOf(client, id)).map(({ type }) => type)).toEqual([
      'accepted',
      'attempt',
      'unsubscribed',
      'completed',
    ]);

    const refused = await client.master.post('/notifications/send', {
      to: { email: 'Ann.Miller@EXAMPLE.com' },
      channels: { email: anEmail() },
      category: 'marketing',
    });
    expect([refused.status, refused.body.deliveries]).toMatchObject([
      202,
      [{ status: 'suppressed', reason: 'suppressed' }],
    ]);
    await reached(client, await marketing(client, { category: 'transactional' }), 'completed');
    await reached(other, await marketing(other), 'completed');
  });

  it('is honoured while the client is suspended, which is no affair of the recipient’s', async () => {
    const { token, id } = await aLink(client);
    const set = (status: string) => app.operator.patch(`/clients/${client.id}`, { status });
    await set('suspended');
    await eventually(async () => (await client.master.get('/clients/me')).status === 403);

    expect((await app.api().get(`/unsubscribe/${token}`)).status).toBe(200);
    expect((await click(token)).status).toBe(200);

    await set('active');
    await eventually(async () => (await client.master.get('/clients/me')).status === 200);
    expect(await suppressed(client)).toMatchObject([{ address: to.email, reason: 'unsubscribe' }]);
    const { deliveries } = (await client.master.get(`/notifications/${id}`)).body;
    expect(deliveries[0]).toMatchObject({ unsubscribedAt: expect.any(String) });
  });

  it('twice, and by many at once, is once', async () => {
    const { token, id } = await aLink(client);
    const elsewhere = await app.another();
    const replies = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => click(token, n % 2 ? app : elsewhere)));

    expect(replies.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(await suppressed(client)).toHaveLength(1);
    expect((await timelineOf(client, id)).filter(({ type }) => type === 'unsubscribed')).toHaveLength(1);
  });

  it.each([
    ['a form', ONE_CLICK, FORM],
    [
      'a multipart form',
      '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
      { 'Content-Type': 'multipart/form-data; boundary=x' },
    ],
    ['JSON', '{}', { 'Content-Type': 'application/json' }],
    ['nothing', undefined, {}],
  ])('may post %s', async (_what, body, headers) => {
    const { token } = await aLink(client);
    const reply = await app.api().call('POST', `/unsubscribe/${token}`, body, headers);

    expect(reply.status).toBe(200);
    expect(await suppressed(client)).toHaveLength(1);
  });

  it('is not made by looking: a page asks first, and shows the address to nobody', async () => {
    const { token, id } = await aLink(client);
    const page = await app.api().get(`/unsubscribe/${token}`);

    expect(page.status).toBe(200);
    expect(page.body).toContain('a•••@example.com');
    expect(page.body).not.toMatch(/miller|<script/i);
    expect(page.body).toContain('<form method="post">');
    expect(page.headers.get('content-security-policy')).toMatch(
      /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/,
    );
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await suppressed(client)).toEqual([]);
    expect((await notificationOf(client, id)).deliveries[0]).toMatchObject({ unsubscribedAt: null });
  });

  it('with a body that no mail provider sends is refused', async () => {
    const { token } = await aLink(client);
    const reply = await app.api().call('POST', `/unsubscribe/${token}`, 'x'.repeat(5_000), FORM);
    expect([reply.status, reply.body.limitBytes]).toEqual([413, 4_096]);
  });
});

describe('a token', () => {
  it('that is none of ours, of another installation, or of a client that is gone, is nothing, all alike', async () => {
    const { token } = await aLink(client);
    const foreign = await anApp({ PUBLIC_URL, SECRET_KEY: 'of-another-installation' });
    const gone = await aLink(other);
    await app.operator.delete(`/clients/${other.id}`);
    try {
      const bad = ['x', randomUUID(), token.slice(1), `${token.slice(0, -4)}AAAA`, 'A'.repeat(200), 'a%00b', '..%2f..'];
      const replies = [
        ...(await Promise.all(bad.flatMap((one) => [click(one), app.api().get(`/unsubscribe/${one}`)]))),
        await click(token, foreign),
        await click(gone.token),
      ];
      const told = replies.map(({ status, body }) => JSON.stringify([status, { ...body, requestId: '' }]));
      expect(new Set(told).size).toBe(1);
      expect(replies[0]).toMatchObject({ status: 404, body: { code: 'not_found' } });
    } finally {
      await foreign.close();
    }
    expect(await suppressed(client)).toEqual([]);
  });

  it('opens after SECRET_KEY was rotated, while the old one is kept', async () => {
    const { token } = await aLink(client);
    // No worker: what it sent in later tests would have links that the first process cannot open.
    const rotated = await app.another({ ROLE: 'api', SECRET_KEY: 'a-newer-secret-key,a-secret-key-for-tests' });
    expect((await click(token, rotated)).status).toBe(200);
    expect(await suppressed(client)).toHaveLength(1);
  });

  it('cannot be guessed at length: an address that is wrong too often waits', async () => {
    const { token } = await aLink(client);
    const from = (ip: string, path: string, method = 'GET') =>
      app.api().with({ 'X-Forwarded-For': ip }).call(method, path);
    const wrong = await Promise.all(
      Array.from({ length: 61 }, (_none, n) => from('10.9.9.9', `/unsubscribe/wrong-${n}`)),
    );
    const next = await from('10.9.9.9', `/unsubscribe/${token}`);

    expect(wrong.filter(({ status }) => status === 404).length).toBeGreaterThanOrEqual(60);
    expect([next.status, next.body.code, next.body.scope]).toEqual([429, 'rate_limited', 'address']);
    expect(next.headers.get('retry-after')).not.toBeNull();
    expect((await from('10.9.9.8', `/unsubscribe/${token}`, 'POST')).status).toBe(200);
  });

  it('of somebody who was erased since suppresses them without bringing the address back', async () => {
    await client.master.put('/users/ann', { email: to.email });
    const { token } = await aLink(client, { to: { userId: 'ann' } });
    expect((await client.master.delete('/users/ann')).status).toBe(204);

    expect((await click(token)).status).toBe(200);

    expect(await suppressed(client)).toMatchObject([{ address: null, reason: 'unsubscribe', deliveryId: null }]);
    const [left] = await rows<{ n: number }>(
      app,
      `SELECT count(*)::int AS n FROM suppressions s WHERE s::text LIKE '%miller%' AND client_id = $1`,
      [client.id],
    );
    expect(left?.n).toBe(0);
    const { body } = await client.master.post('/notifications/send', {
      to,
      channels: { email: anEmail() },
      category: 'marketing',
    });
    expect(body.deliveries).toMatchObject([{ status: 'suppressed' }]);
  });
});
