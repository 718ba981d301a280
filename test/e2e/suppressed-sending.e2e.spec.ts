import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Notices } from '../../src/platform/database/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
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
/** Writes to the same addresses, and has suppressed none of them. */
let other: TestClient;

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp();
}, 60_000);

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

beforeEach(async () => {
  mailbox.received.length = 0;
  mailbox.offered.length = 0;
  mailbox.behave(() => undefined);
  [client, other] = [await aClient(app), await aClient(app)];
  for (const one of [client, other]) await anSmtpProvider(one, { port: mailbox.port });
});

const ann = 'ann@example.com';
const mail = (more: object = {}) => ({ to: { email: ann }, channels: { email: anEmail() }, ...more });
const suppress = async (reason: string, of = client, address = ann) => {
  const { status, body } = await of.master.post('/suppressions', { channel: 'email', address, reason });
  expect([200, 201]).toContain(status);
  return String(body.id);
};
const accepted = async (wish: object, of = client) => {
  const { status, body } = await of.master.post('/notifications/send', wish);
  expect(status).toBe(202);
  return body as { id: string; deliveries: { status: string; reason?: string }[] };
};
const SUPPRESSED = { status: 'suppressed', reason: 'suppressed' };
const makeDue = (notificationId: string) =>
  rows(
    app,
    `UPDATE work_items w SET run_at = now() FROM deliveries d WHERE d.id = w.id AND d.notification_id = $1 AND w.state = 'ready' RETURNING w.id`,
    [notificationId],
  );

describe('a suppressed address', () => {
  it.each([
    ['hard_bounce', ['critical', 'transactional', 'marketing']],
    ['manual', ['critical', 'transactional', 'marketing']],
    ['complaint', ['transactional', 'marketing']],
    ['unsubscribe', ['marketing']],
  ])('for %s gets nothing of %j, from when it is accepted', async (reason, kept) => {
    await suppress(reason, client, 'Ann@Example.com');
    for (const category of ['critical', 'transactional', 'marketing']) {
      const { id, deliveries } = await accepted(mail({ category }));
      const isKept = kept.includes(category);
      expect(deliveries).toMatchObject([isKept ? SUPPRESSED : { status: 'queued' }]);
      const seen = await reached(client, id, isKept ? 'failed' : 'completed');
      expect(seen.deliveries).toMatchObject([isKept ? SUPPRESSED : { status: 'sent' }]);
      await reached(other, await send(other, mail({ category })), 'completed');
    }
    expect(mailbox.received).toHaveLength(3 + (3 - kept.length));
  });

  it('for several reasons is free again when the last of them that counts is lifted', async () => {
    const ids = [await suppress('manual'), await suppress('unsubscribe')];
    expect((await accepted(mail())).deliveries).toMatchObject([SUPPRESSED]);
    await client.master.delete(`/suppressions/${ids[0]}`);
    await reached(client, (await accepted(mail())).id, 'completed');
    expect((await accepted(mail({ category: 'marketing' }))).deliveries).toMatchObject([SUPPRESSED]);
  });

  it.each(['hard_bounce', 'complaint'])('is asked about again when it is sent (%s)', async (reason) => {
    const ids = await Promise.all(
      [client, other].map((house) => send(house, mail({ sendAt: LATER, category: 'transactional' }))),
    );
    const [ours = '', theirs = ''] = ids;
    const critical = await send(client, mail({ sendAt: LATER, category: 'critical' }));
    await suppress(reason);
    for (const id of [ours, theirs, critical]) await makeDue(id);

    expect((await reached(client, ours, 'failed')).deliveries).toMatchObject([SUPPRESSED]);
    await reached(other, theirs, 'completed');
    await reached(client, critical, reason === 'complaint' ? 'completed' : 'failed');
    expect(mailbox.received).toHaveLength(reason === 'complaint' ? 2 : 1);
    expect((await timelineOf(client, ours)).map(({ type }) => type)).toEqual(['accepted', 'suppressed', 'completed']);
  });

  it('that is suppressed in one process is so in all, also where the client was known to have none', async () => {
    const there = (await app.another()).api(client.masterKey);
    const previewed = async () =>
      (await there.post('/notifications/preview', mail())).body.deliveries[0].status as string;
    expect(await previewed()).toBe('sent');

    await suppress('manual');

    await eventually(async () => (await previewed()) === 'suppressed');
    await there.post('/suppressions', { channel: 'email', address: 'bob@example.com', reason: 'manual' });
    expect((await accepted({ ...mail(), to: { email: 'bob@example.com' } })).deliveries).toMatchObject([SUPPRESSED]);
  });

  it('harms nobody else of the same notification, and shows in a preview', async () => {
    await suppress('manual');
    const wish = { to: [{ email: ann }, { email: 'bob@example.com' }], channels: { email: anEmail() } };
    const preview = await client.master.post('/notifications/preview', wish);
    const { id } = await accepted(wish);

    expect(preview.body.deliveries).toMatchObject([
      { recipient: ann, ...SUPPRESSED },
      { status: 'sent', reason: null },
    ]);
    const seen = await reached(client, id, 'partially_failed');
    expect(seen.counts).toEqual({ total: 2, open: 0, failed: 1, skipped: 0 });
    expect(mailbox.received.flatMap(({ recipients }) => recipients)).toEqual(['bob@example.com']);
  });

  it('is a step that is not waited for', async () => {
    await suppress('manual');
    await client.master.put('/users/ann', { email: ann });
    const { id } = await accepted({
      to: { userId: 'ann' },
      channels: { email: anEmail(), websocket: { title: 'Hello' } },
      routing: { mode: 'first', order: ['email', 'websocket'], until: 'sent', stepTimeoutSeconds: 3_600 },
    });

    await eventually(async () => {
      const { deliveries } = await notificationOf(client, id);
      return deliveries.some(({ channel, status }) => channel === 'websocket' && status === 'sent');
    });
    expect((await notificationOf(client, id)).deliveries).toMatchObject([SUPPRESSED, { status: 'sent' }]);
  });
});

describe('a hard bounce', () => {
  const unknownHere = () =>
    mailbox.behave((recipient) => (recipient === ann ? { code: 550, text: '5.1.1 no such user' } : undefined));

  it('suppresses the address, in the client whose mail it was', async () => {
    unknownHere();
    const id = await send(client, mail());
    const { id: deliveryId } = await deliveryReached(client, id, 'bounced');

    expect((await client.master.get('/suppressions')).body.data).toMatchObject([
      { channel: 'email', address: ann, reason: 'hard_bounce', deliveryId },
    ]);
    expect((await other.master.get('/suppressions')).body.data).toEqual([]);
    expect((await accepted(mail({ category: 'critical' }))).deliveries).toMatchObject([SUPPRESSED]);
    mailbox.behave(() => undefined);
    await reached(other, await send(other, mail()), 'completed');
  });

  it('of many in flight at once, in two clients, is there once for each', async () => {
    unknownHere();
    const sent = await Promise.all(
      Array.from({ length: 30 }, async (_none, n) => {
        const of = n % 2 ? client : other;
        return [of, await send(of, mail({ to: [{ email: ann }, { email: `u${n}@example.com` }] }))] as const;
      }),
    );
    for (const [of, id] of sent) await reached(of, id, 'partially_failed');

    for (const house of [client, other])
      expect((await house.master.get('/suppressions')).body.data).toMatchObject([
        { address: ann, reason: 'hard_bounce' },
      ]);
  });

  it('is not tried again until it is lifted', async () => {
    unknownHere();
    const id = await send(client, mail());
    await reached(client, id, 'failed');
    mailbox.behave(() => undefined);

    await client.master.post(`/notifications/${id}/retry`);
    expect((await deliveryReached(client, id, 'suppressed')).reason).toBe('suppressed');
    const [{ id: suppressionId }] = (await client.master.get('/suppressions')).body.data;
    await client.master.delete(`/suppressions/${suppressionId}`);
    await reached(client, (await accepted(mail())).id, 'completed');
  });

  it('is written with its delivery, or neither is', async () => {
    await rows(app, `CREATE SEQUENCE refusals`);
    await rows(
      app,
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('refusals'); RAISE EXCEPTION 'not now'; END $$`,
    );
    await rows(app, `CREATE TRIGGER refuse BEFORE INSERT ON suppressions FOR EACH ROW EXECUTE FUNCTION refuse()`);
    try {
      unknownHere();
      const id = await send(client, mail());
      // A sequence moves whatever becomes of the transaction.
      await eventually(
        async () => (await rows<{ tried: boolean }>(app, `SELECT is_called AS tried FROM refusals`))[0]?.tried,
      );
      expect(mailbox.offered).toEqual([ann]);
      expect((await notificationOf(client, id)).deliveries[0]?.status).not.toBe('bounced');
    } finally {
      await rows(app, `DROP TRIGGER refuse ON suppressions`);
      await rows(app, `DROP FUNCTION refuse()`);
    }
  });
});

it('while nobody can tell whom a client has suppressed, nothing of it is accepted, what waits goes on waiting, and others send', async () => {
  await suppress('manual', client, 'bob@example.com');
  const waiting = await send(client, mail({ sendAt: LATER }));
  const theirs = await send(other, mail({ sendAt: LATER }));
  const [sealed] = await rows<{ sealed: object }>(app, `SELECT sealed FROM suppression_keys WHERE client_id = $1`, [
    client.id,
  ]);
  await rows(
    app,
    `UPDATE suppression_keys SET sealed = jsonb_set(sealed, '{kid}', '"00000000"') WHERE client_id = $1`,
    [client.id],
  );
  const locked = await app.another();
  await app.part(Notices).announce('suppressions.begun', { clientId: client.id });

  await eventually(async () => (await client.master.post('/notifications/preview', mail())).status === 503);
  expect((await client.master.post('/notifications/send', mail())).status).toBe(503);
  expect((await locked.api(client.masterKey).post('/notifications/preview', mail())).status).toBe(503);
  await makeDue(waiting);
  await makeDue(theirs);
  await reached(other, theirs, 'completed');
  await deliveryReached(client, waiting, 'retrying');
  expect(mailbox.received).toHaveLength(1);

  await rows(app, `UPDATE suppression_keys SET sealed = $2 WHERE client_id = $1`, [client.id, sealed?.sealed]);
  await app.part(Notices).announce('suppressions.begun', { clientId: client.id });
  await eventually(async () => (await client.master.post('/notifications/preview', mail())).status === 200);
  await makeDue(waiting);
  await reached(client, waiting, 'completed');
}, 30_000);
