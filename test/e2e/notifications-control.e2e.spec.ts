import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, type TestClient, WITHOUT_LIMITS } from '../builders/clients.js';
import { anEmail, deliveryReached, notificationOf, reached, send, timelineOf } from '../builders/notifications.js';
import { anSmtpProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { rows } from '../support/rows.js';

const LATER = '2100-01-01T00:00:00Z';

let app: TestApp;
let mailbox: Mailbox;
let client: TestClient;
let other: TestClient;

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp();
  const settings = { limits: WITHOUT_LIMITS };
  [client, other] = [await aClient(app, { settings }), await aClient(app, { settings })];
  for (const one of [client, other]) await anSmtpProvider(one, { port: mailbox.port });
}, 60_000);

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

const mail = (address: string, wish: object = {}) => ({
  to: { email: address },
  channels: { email: anEmail() },
  ...wish,
});
const mailsTo = (address: string) => mailbox.received.filter(({ recipients }) => recipients.includes(address)).length;
const refuseAll = () => mailbox.behave(() => ({ code: 554, text: '5.7.1 refused' }));
const takeAll = () => mailbox.behave(() => undefined);

describe('calling back', () => {
  it('cancels what waits, once and for all', async () => {
    const id = await send(client, mail('later@example.com', { sendAt: LATER }));
    const { deliveries } = await notificationOf(client, id);

    const { status, body } = await client.master.post(`/notifications/${id}/cancel`);

    expect(status).toBe(200);
    expect(body).toEqual({ cancelled: deliveries.map((delivery) => delivery.id), tooLate: [] });
    expect(await notificationOf(client, id)).toMatchObject({
      status: 'cancelled',
      counts: { total: 1, open: 0, failed: 1, skipped: 0 },
      deliveries: [{ status: 'cancelled', reason: 'cancelled' }],
    });
    expect((await client.master.post(`/notifications/${id}/cancel`)).body).toEqual({
      cancelled: [],
      tooLate: [{ deliveryId: deliveries[0]?.id, status: 'cancelled' }],
    });
    expect((await timelineOf(client, id)).map(({ type }) => type)).toEqual(['accepted', 'cancelled', 'completed']);
  });

  it('says what is too late', async () => {
    const id = await send(client, mail('early@example.com'));
    const sent = await deliveryReached(client, id, 'sent');

    expect((await client.master.post(`/notifications/${id}/cancel`)).body).toEqual({
      cancelled: [],
      tooLate: [{ deliveryId: sent.id, status: 'sent' }],
    });
  });

  it('never sends what it has listed, whoever is quicker', async () => {
    const addresses = Array.from({ length: 60 }, (_none, n) => `race${n}@example.com`);
    const cancelled = new Set<string>();
    await Promise.all(
      addresses.map(async (address) => {
        const id = await send(client, mail(address));
        const { body } = await client.master.post(`/notifications/${id}/cancel`);
        if ((body as { cancelled: string[] }).cancelled.length > 0) cancelled.add(address);
        await reached(client, id, 'cancelled', 'completed');
      }),
    );

    const got = addresses.filter((address) => mailsTo(address) > 0);
    expect(got.filter((address) => cancelled.has(address))).toEqual([]);
    expect(got.length + cancelled.size).toBe(addresses.length);
  });

  it('tells nothing of another client’s', async () => {
    const id = await send(other, mail('theirs@example.com', { sendAt: LATER }));

    expect((await client.master.post(`/notifications/${id}/cancel`)).status).toBe(404);
    expect((await notificationOf(other, id)).status).toBe('scheduled');
  });
});

it('what has ended by another way than its work is not sent, and stays as it is', async () => {
  const id = await send(client, mail('ended@example.com', { sendAt: LATER }));
  const [delivery] = (await notificationOf(client, id)).deliveries;
  const ids = [delivery?.id];
  await rows(app, `UPDATE deliveries SET status = 'bounced', reason = 'hard_bounce' WHERE id = $1 RETURNING id`, ids);
  await rows(app, `UPDATE work_items SET run_at = now() WHERE id = $1 RETURNING id`, ids);

  await eventually(async () => {
    const [work] = await rows<{ state: string }>(app, `SELECT state FROM work_items WHERE id = $1`, ids);
    return work?.state === 'dead';
  });
  expect((await notificationOf(client, id)).deliveries).toMatchObject([{ status: 'bounced', reason: 'hard_bounce' }]);
  expect(mailsTo('ended@example.com')).toBe(0);
});

describe('trying again', () => {
  it('brings up what failed, as if it were new', async () => {
    refuseAll();
    const id = await send(client, mail('again@example.com'));
    const before = await reached(client, id, 'failed');
    takeAll();

    const { status, body } = await client.master.post(`/notifications/${id}/retry`);

    expect([status, body]).toEqual([202, { count: 1 }]);
    expect(await reached(client, id, 'completed')).toMatchObject({
      counts: { total: 1, open: 0, failed: 0, skipped: 0 },
      deliveries: [{ id: before.deliveries[0]?.id, status: 'sent', reason: null, attempts: 1 }],
    });
    expect(mailsTo('again@example.com')).toBe(1);
    const types = (await timelineOf(client, id)).map(({ type }) => type);
    expect(types).toEqual(['accepted', 'attempt', 'requeued', 'attempt', 'completed']);
  });

  it('leaves alone what was sent', async () => {
    const id = await send(client, mail('once@example.com'));
    await reached(client, id, 'completed');

    expect((await client.master.post(`/notifications/${id}/retry`)).body).toEqual({ count: 0 });
    expect(mailsTo('once@example.com')).toBe(1);
  });

  it('goes by deliveries, or by a time and channel, for the whole client and no other', async () => {
    refuseAll();
    const from = new Date().toISOString();
    const ours = await Promise.all(['a', 'b', 'c'].map((name) => send(client, mail(`${name}@replay.example`))));
    const theirs = await send(other, mail('d@replay.example'));
    const failed = await Promise.all(ours.map((id) => reached(client, id, 'failed')));
    const foreign = await reached(other, theirs, 'failed');
    takeAll();
    const to = new Date(Date.now() + 60_000).toISOString();
    const replay = (wish: object) => client.master.post('/deliveries/replay', wish);
    const ids = [failed[0], foreign].map((seen) => seen?.deliveries[0]?.id);

    expect((await replay({ ids })).body).toEqual({ count: 1 });
    expect((await replay({ from, to, channel: 'sms' })).body).toEqual({ count: 0 });
    const { status, body } = await replay({ from, to, channel: 'email' });
    expect([status, (body as { count: number }).count]).toEqual([202, 2]);

    await Promise.all(ours.map((id) => reached(client, id, 'completed')));
    expect((await notificationOf(other, theirs)).status).toBe('failed');
  });

  it.each<[string, object, string[]]>([
    ['neither deliveries nor a time', {}, ['/from', '/to']],
    ['half a time', { to: LATER }, ['/from']],
    ['what is no id', { ids: ['x'] }, ['/ids']],
  ])('refuses %s', async (_what, wish, pointers) => {
    const { status, body } = await client.master.post('/deliveries/replay', wish);

    expect(status).toBe(400);
    expect((body as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer)).toEqual(pointers);
  });
});

describe('the list of deliveries', () => {
  it('is filtered by everything it says', async () => {
    const own = await aClient(app);
    const providerId = await anSmtpProvider(own, { port: mailbox.port });
    const id = await send(own, mail('listed@example.com'));
    await reached(own, id, 'completed');
    const list = async (query: string) =>
      ((await own.master.get(`/deliveries?${query}`)).body as { data: { recipient: string }[] }).data.length;

    for (const query of [
      'status=sent',
      'channel=email',
      `providerId=${providerId}`,
      `notificationId=${id}`,
      'recipient=listed@example.com',
      'from=2020-01-01T00:00:00Z',
      `to=${LATER}`,
    ])
      expect([query, await list(query)]).toEqual([query, 1]);
    for (const query of ['status=failed', 'channel=sms', 'recipient=x', `from=${LATER}`, `providerId=${id}`])
      expect([query, await list(query)]).toEqual([query, 0]);
  });
});

describe('a batch', () => {
  it('has a result for each, and one that is refused harms no other', async () => {
    const { status, body } = await client.master.post('/notifications/batch', {
      notifications: [
        mail('batch1@example.com'),
        { to: {}, channels: {} },
        { to: { userId: 'nobody' }, channels: { email: anEmail() } },
        { colour: 'red' },
        mail('batch2@example.com'),
      ],
    });

    expect(status).toBe(202);
    expect(body).toMatchObject({
      results: [
        { index: 0, id: expect.any(String) },
        { index: 1, error: { code: 'validation_failed', errors: [{ pointer: '/to/0' }, { pointer: '/channels' }] } },
        { index: 2, error: { code: 'no_recipient', status: 422 } },
        { index: 3, error: { code: 'validation_failed' } },
        { index: 4, id: expect.any(String) },
      ],
    });
    await eventually(() => mailsTo('batch1@example.com') + mailsTo('batch2@example.com') === 2);
  });

  it('is stored as a whole, so that what is not answered was not accepted', async () => {
    const own = await aClient(app);
    const notifications = Array.from({ length: 20 }, (_none, n) => mail(`whole${n}@example.com`, { sendAt: LATER }));

    await own.master.post('/notifications/batch', { notifications });

    const transactions = `SELECT count(DISTINCT xmin::text)::integer AS count FROM notifications WHERE client_id = $1`;
    expect(await rows(app, transactions, [own.id])).toEqual([{ count: 1 }]);
  });

  it('is sent once per key', async () => {
    const wish = { notifications: [mail('batchonce@example.com'), { to: {} }] };
    const key = { 'Idempotency-Key': 'a batch' };

    const first = await client.master.post('/notifications/batch', wish, key);
    const again = await client.master.post('/notifications/batch', wish, key);

    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    await eventually(() => mailsTo('batchonce@example.com') === 1);
  });
});

describe('a preview', () => {
  const preview = async (wish: object, who = client) => (await who.master.post('/notifications/preview', wish)).body;

  it('names the provider, what comes to nothing, and sends none of it', async () => {
    const own = await aClient(app);
    const providerId = await anSmtpProvider(own, { port: mailbox.port });
    await own.login('ann', { email: 'preview@example.com' });
    const wish = {
      to: [{ userId: 'ann' }, { phone: '+15550100' }],
      channels: { websocket: { body: 'Hi' }, email: anEmail(), sms: { text: 'Hi' } },
    };

    const body = await preview(wish, own);

    const nobody = { provider: null, failover: [], passedOver: [], waitsSeconds: null, step: null };
    expect(body).toEqual({
      deliveryCount: 6,
      deliveries: [
        { ...nobody, channel: 'websocket', recipient: 'ann', status: 'sent', reason: null },
        {
          ...{ ...nobody, channel: 'email', recipient: 'preview@example.com', status: 'sent', reason: null },
          provider: { providerId, name: 'Mail', kind: 'smtp' },
        },
        { ...nobody, channel: 'sms', recipient: 'ann', status: 'skipped', reason: 'no_address' },
        { ...nobody, channel: 'websocket', recipient: '+15550100', status: 'skipped', reason: 'no_address' },
        { ...nobody, channel: 'email', recipient: '+15550100', status: 'skipped', reason: 'no_address' },
        { ...nobody, channel: 'sms', recipient: '+15550100', status: 'failed', reason: 'no_provider' },
      ],
    });
    expect((await own.master.get('/notifications')).body).toEqual({ data: [], nextCursor: null });
    expect(mailsTo('preview@example.com')).toBe(0);
  });

  it('refuses what sending would refuse', async () => {
    expect(await preview({ to: {}, channels: {} })).toMatchObject({ code: 'validation_failed' });
    expect(await preview({ to: { userId: 'nobody' }, channels: { email: anEmail() } })).toMatchObject({
      code: 'no_recipient',
    });
  });
});
