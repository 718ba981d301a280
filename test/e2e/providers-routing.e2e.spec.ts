import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, deliveryReached, notificationOf, reached, send, timelineOf } from '../builders/notifications.js';
import { anSmtpProvider, aProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';

let app: TestApp;
let mailbox: Mailbox;
let other: Mailbox;
let client: TestClient;

beforeAll(async () => {
  [mailbox, other] = await Promise.all([aMailbox(), aMailbox()]);
  app = await anApp();
}, 60_000);

afterAll(async () => {
  await app.close();
  await Promise.all([mailbox.close(), other.close()]);
});

beforeEach(async () => {
  client = await aClient(app);
  for (const box of [mailbox, other]) {
    box.received.length = 0;
    box.behave(() => undefined);
  }
});

const people = (count: number, at = 'example.com') =>
  Array.from({ length: count }, (_, n) => ({ email: `p${n}@${at}` }));
const mailTo = (count: number, wish: object = {}): Promise<string> =>
  send(client, { to: people(count), channels: { email: anEmail() }, ...wish });
const preview = async (count: number, who = client) => {
  const wish = { to: people(count), channels: { email: anEmail() } };
  const { deliveries } = (await who.master.post('/notifications/preview', wish)).body;
  return deliveries[0];
};
const decisionsOf = async (id: string): Promise<unknown[]> =>
  (await timelineOf(client, id)).filter(({ type }) => type === 'attempt').map((entry) => Object(entry).decision);

describe('roles', () => {
  let forFew: string;
  let forMany: string;
  beforeEach(async () => {
    await client.master.put('/providers/routing', { email: { bulkThreshold: 3 } });
    forMany = await anSmtpProvider(client, mailbox, { name: 'Many', role: 'bulk', priority: 1 });
    forFew = await anSmtpProvider(client, other, { name: 'Few', role: 'transactional', priority: 2 });
  });

  it('divide what goes to few from what goes to many, and the timeline says so', async () => {
    const few = await mailTo(2);
    const many = await mailTo(3);

    const seen = [await reached(client, few, 'completed'), await reached(client, many, 'completed')];
    expect(seen.map(({ deliveries }) => new Set(deliveries.map(({ providerId }) => providerId)))).toEqual([
      new Set([forFew]),
      new Set([forMany]),
    ]);
    expect(new Set(await decisionsOf(few))).toEqual(new Set(['first choice; passed over: Many [smtp] (role)']));
    expect(await preview(2)).toMatchObject({
      provider: { providerId: forFew },
      passedOver: [{ providerId: forMany, reason: 'role', forSeconds: null }],
    });
    expect(await preview(3)).toMatchObject({ provider: { providerId: forMany }, failover: [] });
  });

  it('do not spill over: who is for many does not take over for few, nor is asked where it is named', async () => {
    other.behave(() => ({ code: 421, text: 'closing' }));
    const waiting = await mailTo(1);
    await deliveryReached(client, waiting, 'retrying');
    const named = await mailTo(1, { provider: forMany });

    await reached(client, named, 'completed');
    expect(await notificationOf(client, waiting)).toMatchObject({ deliveries: [{ attempts: 0 }] });
    expect(mailbox.received).toHaveLength(1);
  });

  it('do not matter where there is nobody else', async () => {
    await client.master.delete(`/providers/${forFew}`);

    await expect(reached(client, await mailTo(1), 'completed')).resolves.toMatchObject({
      deliveries: [{ providerId: forMany }],
    });
  });
});

describe('weights', () => {
  it('share the mail out, and what is drawn for a delivery stays', async () => {
    const heavy = await anSmtpProvider(client, mailbox, { name: 'Heavy', weight: 9, priority: 9 });
    await anSmtpProvider(client, other, { name: 'Light', weight: 1, priority: 1 });
    await client.master.put('/providers/routing', { email: { strategy: 'weighted', bulkThreshold: 1_000 } });

    await reached(client, await mailTo(100), 'completed');

    expect(mailbox.received.length).toBeGreaterThan(70);
    expect(other.received.length).toBeGreaterThan(0);
    expect(await preview(1)).toMatchObject({ provider: { providerId: heavy }, failover: [{ name: 'Light' }] });
  });
});

describe('how providers are chosen', () => {
  const DEFAULTS = { bulkThreshold: 50, strategy: 'priority' };

  it('is set by channel, and what is not named goes back', async () => {
    const routing = (await client.master.get('/providers/routing')).body;
    expect(routing).toMatchObject({ email: DEFAULTS, sms: DEFAULTS, push: DEFAULTS, webhook: DEFAULTS });
    expect(routing).not.toHaveProperty('websocket');

    const set = await client.master.put('/providers/routing', {
      email: { strategy: 'weighted' },
      sms: { bulkThreshold: 9 },
    });
    expect(set.body).toEqual({
      ...routing,
      email: { ...DEFAULTS, strategy: 'weighted' },
      sms: { ...DEFAULTS, bulkThreshold: 9 },
    });
    const again = await client.master.put('/providers/routing', { sms: { bulkThreshold: 10 } });
    expect(again.body).toEqual({ ...routing, sms: { ...DEFAULTS, bulkThreshold: 10 } });
    expect((await client.master.get('/providers/routing')).body).toEqual(again.body);
    expect((await (await aClient(app)).master.get('/providers/routing')).body).toEqual(routing);
  });

  it('is set by many at once, one after the other: each is answered, and the last holds', async () => {
    const wishes = [{ email: {} }, { email: {}, sms: {} }, { sms: {}, push: {} }, { push: {}, email: {} }, {}];
    const calls = Array.from({ length: 40 }, (_, n) => client.master.put('/providers/routing', wishes[n % 5]));

    expect(new Set((await Promise.all(calls)).map(({ status }) => status))).toEqual(new Set([200]));
    await client.master.put('/providers/routing', {});
  });

  it.each<[unknown, string[]]>([
    [
      { email: { bulkThreshold: 0, strategy: 'loudest', colour: 1 } },
      ['/email/bulkThreshold', '/email/strategy', '/email/colour'],
    ],
    [{ email: 5, sms: { strategy: '' } }, ['/email', '/sms/strategy']],
    [{ pigeon: {}, websocket: {} }, ['/pigeon', '/websocket']],
    [{ 'a/b': {} }, ['/a~1b']],
    [{ constructor: {} }, ['']],
    [[], ['']],
  ])('is not %j', async (wish, pointers) => {
    const { status, body } = await client.master.put('/providers/routing', wish);

    expect(status).toBe(400);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([...pointers].sort());
  });
});

describe('a test message', () => {
  it('is a real one, through that provider alone, switched on or not', async () => {
    const id = await anSmtpProvider(client, mailbox, { enabled: false });
    await anSmtpProvider(client, other);

    const { status, body } = await client.master.post(`/providers/${id}/test`, { to: 'ann@example.com' });

    expect({ status, body }).toMatchObject({
      status: 200,
      body: { ok: true, outcome: 'sent', reference: expect.any(String) },
    });
    expect(mailbox.received).toMatchObject([{ recipients: ['ann@example.com'], mail: { subject: 'Test message' } }]);
    // What an earlier test left to be tried again may come there meanwhile.
    expect(other.received.flatMap(({ recipients }) => recipients)).not.toContain('ann@example.com');
    expect((await client.master.get('/notifications')).body.data).toEqual([]);
  });

  it.each<[string, object]>([
    ['bounced@simulator.test', { ok: false, outcome: 'rejected', reference: null, detail: '550 no such user' }],
    ['busy@simulator.test', { ok: false, outcome: 'failed' }],
    ['delivered@simulator.test', { ok: true, outcome: 'delivered' }],
  ])('to %s says what came of it', async (to, expected) => {
    const id = await aProvider(client, 'simulator', { channel: 'email' });

    expect((await client.master.post(`/providers/${id}/test`, { to })).body).toMatchObject(expected);
  });

  it.each<[string, object]>([
    ['nothing', {}],
    ['an empty one', { to: '' }],
    ['a number', { to: 5 }],
    ['what is no address', { to: 'nobody' }],
    ['one with a line of its own', { to: 'a@b.example\r\nBcc: x@y.example' }],
    ['a long one', { to: 'x'.repeat(5_000) }],
  ])('goes to an address, and not to %s', async (_what, wish) => {
    const id = await anSmtpProvider(client, mailbox);
    const { status, body } = await client.master.post(`/providers/${id}/test`, wish);

    expect({ status, at: body.errors?.[0]?.pointer }).toEqual({ status: 400, at: '/to' });
  });

  it('counts, and is refused when the limit is used up', async () => {
    const id = await anSmtpProvider(client, mailbox, { limits: { perHour: 1 } });
    const test = () => client.master.post(`/providers/${id}/test`, { to: 'ann@example.com' });

    expect((await test()).status).toBe(200);
    const refused = await test();
    expect({ status: refused.status, body: refused.body }).toMatchObject({
      ...{ status: 429, body: { code: 'quota_exceeded', scope: 'provider' } },
    });
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(mailbox.received).toHaveLength(1);
  });
});

describe('the health of a provider', () => {
  const healthOf = async (id: string, who = client) => (await who.master.get(`/providers/${id}/health`)).body;

  it('says how its calls went, of this client alone, and what is used of its limits', async () => {
    const twin = await aClient(app);
    const limits = { perSecond: 1_000, perDay: 10 };
    const [mine, theirs] = [await anSmtpProvider(client, mailbox, { limits }), await anSmtpProvider(twin, mailbox)];
    expect(await healthOf(mine)).toMatchObject({
      calls: 0,
      errorRate: null,
      p95Ms: null,
      breaker: { state: 'closed' },
    });
    mailbox.behave((recipient) => (recipient === 'p0@example.com' ? { code: 421, text: 'closing' } : undefined));

    const id = await mailTo(4);
    await eventually(async () => {
      const statuses = (await notificationOf(client, id)).deliveries.map(({ status }) => status);
      return statuses.filter((status) => status === 'sent').length === 3 && statuses.includes('retrying');
    });
    await client.master.post(`/notifications/${id}/cancel`); // before the fourth is called again

    const health = await eventually(async () => {
      const seen = await healthOf(mine);
      return seen.calls >= 4 && seen;
    });
    expect(health).toMatchObject({ faults: 1, errorRate: 0.25, p95Ms: expect.any(Number), windowSeconds: 300 });
    expect(health.quotas).toMatchObject([{ period: 'second' }, { period: 'day', limit: 10, used: 4 }]);
    expect(await healthOf(theirs, twin)).toMatchObject({ calls: 0, faults: 0, quotas: [] });
    expect((await twin.master.get(`/providers/${mine}/health`)).status).toBe(404);
  });
});
