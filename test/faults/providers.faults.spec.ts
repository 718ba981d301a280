import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { providerFault } from '../../src/extension/index.js';
import { ProviderBreakers } from '../../src/modules/providers/provider-breakers.js';
import { ProviderHealthRepository } from '../../src/modules/providers/provider-health.repository.js';
import { ProviderRouter } from '../../src/modules/providers/provider-router.js';
import { ProviderQuotas } from '../../src/modules/providers/provider-quotas.js';
import { Redis } from '../../src/platform/redis/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, deliveryReached, notificationOf, reached, send, timelineOf } from '../builders/notifications.js';
import { anSmtpProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { noticesHeard } from '../support/notices.js';
import { rows } from '../support/rows.js';
import { type PrivateServer, startRedis } from '../support/servers.js';

let redis: PrivateServer;
let app: TestApp;
/** A second node on the same PostgreSQL and Redis. */
let elsewhere: TestApp;
let mailbox: Mailbox;
let other: Mailbox;
let client: TestClient;

beforeAll(async () => {
  [mailbox, other, redis] = await Promise.all([aMailbox(), aMailbox(), startRedis()]);
  app = await anApp({ REDIS_URL: redis.url });
  elsewhere = await app.another();
}, 90_000);

afterAll(async () => {
  await app.close();
  await Promise.all([mailbox.close(), other.close(), redis.remove()]);
});

beforeEach(async () => {
  client = await aClient(app);
  for (const box of [mailbox, other]) box.behave(() => undefined);
});

const CLOSING = { code: 421, text: '4.3.2 closing' };
/** Of this client alone: what other tests left behind may still come. */
const isOwn = (address = '') => address.endsWith(`@${client.slug}.example`);
const people = (count: number) => Array.from({ length: count }, (_, n) => ({ email: `p${n}@${client.slug}.example` }));
const received = (box: Mailbox) => box.received.filter(({ recipients }) => isOwn(recipients[0])).length;
const offered = (box: Mailbox) => box.offered.filter(isOwn).length;
const mailTo = (count: number): Promise<string> => send(client, { to: people(count), channels: { email: anEmail() } });
const breakerOf = async (id: string) => (await client.master.get(`/providers/${id}/health`)).body.breaker;
const stateIs = (id: string, state: string) => eventually(async () => (await breakerOf(id)).state === state);
const attemptsOf = async (id: string) =>
  (await notificationOf(client, id)).deliveries.map(({ attempts }) => attempts).filter((attempts) => attempts > 0);

/** Has what waits for a later try tried now. */
const hurry = () =>
  rows(app, `UPDATE work_items SET run_at = now() - interval '2 seconds' WHERE state = 'ready' AND client_id = $1`, [
    client.id,
  ]);
/** The time of an open breaker is over; every process hears it. */
const breakersTime = (id: string) =>
  rows(
    app,
    `WITH over AS (UPDATE provider_breakers SET open_until = now() WHERE provider_id = $1 RETURNING client_id)
     SELECT pg_notify('chatapi_notices', json_build_object('topic', 'providers.changed', 'clientId', client_id)::text) FROM over`,
    [id],
  );

describe('a provider that is at fault again and again', () => {
  it('is left alone by every node, and its work waits without burning an attempt', async () => {
    const id = await anSmtpProvider(client, mailbox);
    mailbox.behave(() => CLOSING);
    const first = await mailTo(8);
    await stateIs(id, 'open');
    await eventually(async () =>
      (await notificationOf(client, first)).deliveries.every(({ status }) => status === 'retrying'),
    );
    await noticesHeard(app, elsewhere);
    const asked = offered(mailbox);

    const later = await mailTo(20);
    await eventually(
      async () => (await timelineOf(client, later)).filter(({ type }) => type === 'waiting').length === 20,
    );
    await hurry();
    await eventually(
      async () => (await timelineOf(client, first)).filter(({ type }) => type === 'waiting').length >= 8,
    );

    expect(offered(mailbox)).toBe(asked);
    expect([...(await attemptsOf(first)), ...(await attemptsOf(later))]).toEqual([]);
    const waiting = (await timelineOf(client, later)).find(({ type }) => type === 'waiting');
    expect(waiting).toMatchObject({
      status: 'queued',
      decision: expect.stringMatching(/^passed over: Mail \[smtp\] \(breaker open, \d+ s\)$/),
    });
    expect(await breakerOf(id)).toMatchObject({ lastFault: '421 4.3.2 closing', changedAt: expect.any(String) });
    const { deliveries } = (
      await client.master.post('/notifications/preview', { to: people(1), channels: { email: anEmail() } })
    ).body;
    expect(deliveries).toMatchObject([
      {
        status: 'queued',
        reason: null,
        provider: null,
        passedOver: [{ reason: 'breaker_open', forSeconds: expect.any(Number) }],
      },
    ]);
    expect(deliveries[0].waitsSeconds).toBeGreaterThan(0);
  });

  it('is left alone however well it was before; and one fault after it is well again is one', async () => {
    const id = await anSmtpProvider(client, mailbox);
    await rows(
      app,
      `INSERT INTO provider_calls (client_id, provider_id, slot, calls, faults, times)
       SELECT $1, $2, date_bin('10 seconds', now(), 'epoch') - interval '10 seconds', 100000, 0, array_fill(0, ARRAY[24])`,
      [client.id, id],
    );
    const there = elsewhere.part(ProviderBreakers);
    const fault = { outcome: providerFault('421'), durationMs: 1, isProbe: false };
    const fail = () => there.report({ clientId: client.id, providerId: id }, null, fault);
    for (let n = 1; n < 20; n++) await fail();
    expect(await breakerOf(id)).toMatchObject({ state: 'closed' });
    await fail();
    expect(await breakerOf(id)).toMatchObject({ state: 'open' });

    // It is well again, as another process finds.
    await client.master.post(`/providers/${id}/test`, { to: 'ann@example.com' });
    const wish = { channel: 'email', addressKind: null, providerId: id, recipients: 1, deliveryId: null };
    await eventually(async () => {
      const [route] = (await elsewhere.part(ProviderRouter).choose(client.id, wish)).routes;
      return route?.gate === null;
    });
    await rows(app, `UPDATE provider_calls SET slot = slot - interval '1 hour' WHERE provider_id = $1`, [id]);
    await fail();
    expect(await breakerOf(id)).toMatchObject({ state: 'closed' });
  });

  it('is tried by one call at a time over all nodes; while that hangs nobody else is, and when it goes well all are', async () => {
    const id = await anSmtpProvider(client, mailbox);
    mailbox.behave(() => CLOSING);
    const first = await mailTo(8);
    await stateIs(id, 'open');
    await eventually(async () =>
      (await notificationOf(client, first)).deliveries.every(({ status }) => status === 'retrying'),
    );

    // A probe that fails: longer.
    await noticesHeard(app, elsewhere);
    let asked = offered(mailbox);
    await breakersTime(id);
    await hurry();
    await eventually(async () => (await breakerOf(id)).opensForSeconds > 31);
    expect(offered(mailbox) - asked).toBe(1);

    // One that hangs.
    mailbox.behave(() => 'hang');
    asked = offered(mailbox);
    await breakersTime(id);
    const more = await mailTo(20);
    await hurry();
    await eventually(() => offered(mailbox) > asked);
    await eventually(
      async () => (await timelineOf(client, more)).filter(({ type }) => type === 'waiting').length >= 19,
    );
    expect(offered(mailbox) - asked).toBe(1);
    expect(await breakerOf(id)).toMatchObject({ state: 'half_open' });

    // Whoever hung is given up with its time; the next goes well.
    mailbox.behave(() => undefined);
    await rows(app, `UPDATE provider_breakers SET probe_until = now() WHERE provider_id = $1`, [id]);
    await breakersTime(id);
    await eventually(async () => {
      await hurry();
      return (await breakerOf(id)).state === 'closed';
    });
    await eventually(async () => {
      await hurry();
      return received(mailbox) >= 27;
    });
    expect((await attemptsOf(more)).every((attempts) => attempts === 1)).toBe(true);
  }, 60_000);

  it('has one probe, whoever asks at once, until that one’s time is over', async () => {
    const id = await anSmtpProvider(client, mailbox);
    mailbox.behave(() => CLOSING);
    await mailTo(8);
    await stateIs(id, 'open');
    const ask = async () => {
      const asked = Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? app : elsewhere).part(ProviderHealthRepository).probe({ clientId: client.id, providerId: id }, 2),
      );
      return (await Promise.all(asked)).filter(({ kind }) => kind === 'won').length;
    };

    expect(await ask()).toBe(0);
    await rows(app, `UPDATE provider_breakers SET open_until = now() WHERE provider_id = $1`, [id]);
    expect([await ask(), await ask()]).toEqual([1, 0]);
    await rows(app, `UPDATE provider_breakers SET probe_until = now() WHERE provider_id = $1`, [id]);
    expect(await ask()).toBe(1);
  });

  it('is closed again by a test message that goes well, and stays open by one that does not', async () => {
    const id = await anSmtpProvider(client, mailbox);
    mailbox.behave(() => CLOSING);
    await mailTo(8);
    await stateIs(id, 'open');
    const test = async () => (await client.master.post(`/providers/${id}/test`, { to: 'ann@example.com' })).body;

    expect(await test()).toMatchObject({ ok: false, outcome: 'failed', detail: expect.any(String) });
    expect(await breakerOf(id)).toMatchObject({ state: 'open' });
    mailbox.behave(() => undefined);
    expect(await test()).toMatchObject({ ok: true });
    await stateIs(id, 'closed');
  });

  it('leaves its work to the next, which is told in the timeline', async () => {
    const [first, second] = [
      await anSmtpProvider(client, mailbox, { name: 'First', priority: 1 }),
      await anSmtpProvider(client, other, { name: 'Second', priority: 2 }),
    ];
    mailbox.behave(() => CLOSING);
    await reached(client, await mailTo(8), 'completed');
    await stateIs(first, 'open');

    const id = await mailTo(1);

    await expect(reached(client, id, 'completed')).resolves.toMatchObject({
      deliveries: [{ providerId: second, attempts: 1 }],
    });
    expect((await timelineOf(client, id)).filter(({ type }) => type === 'attempt')).toMatchObject([
      { decision: expect.stringMatching(/^first choice; passed over: First \[smtp\] \(breaker open, \d+ s\)$/) },
    ]);
  });

  it('is one that fails mostly: not one that fails now and then, nor one whose recipients are refused', async () => {
    const id = await anSmtpProvider(client, mailbox);
    const calls = async () => (await client.master.get(`/providers/${id}/health`)).body.calls;
    mailbox.behave((recipient, stage) =>
      stage === 'rcpt' && /p[1-2]\d@/.test(recipient) ? { code: 550, text: '5.1.1 no such user' } : undefined,
    );
    await mailTo(54);
    await eventually(async () => (await calls()) >= 54);
    mailbox.behave(() => CLOSING); // only now: six that come first would be all there is
    await mailTo(6);
    await eventually(async () => (await calls()) >= 60);

    expect(await breakerOf(id)).toMatchObject({ state: 'closed' });
  });
});

describe('the limits of a provider', () => {
  afterEach(async () => {
    if (!app.part(Redis).isUp) await redis.start();
    await eventually(() => app.part(Redis).isUp && elsewhere.part(Redis).isUp);
  });

  const sentOf = async (...ids: string[]) =>
    (await Promise.all(ids.map((id) => notificationOf(client, id)))).flatMap(({ deliveries }) =>
      deliveries.filter(({ status }) => status === 'sent'),
    ).length;
  /** Every one has been looked at, at least once. */
  const settled = (...ids: string[]) =>
    eventually(async () => {
      const seen = (await Promise.all(ids.map((id) => notificationOf(client, id)))).flatMap(
        ({ deliveries }) => deliveries,
      );
      return seen.every(({ status, reason }) => status === 'sent' || reason === 'quota_exceeded');
    });

  it('hold over all nodes at once; the rest waits for its time, says why, and is sent when there is room', async () => {
    await rows(app, `SELECT pg_sleep(61) WHERE extract(epoch FROM now())::bigint % 3600 > 3540`); // no new hour meanwhile
    const id = await anSmtpProvider(client, mailbox, { limits: { perHour: 12 } });
    const there = elsewhere.api(client.masterKey);
    const wish = { to: people(5), channels: { email: anEmail() } };
    const ids = await Promise.all(
      Array.from(
        { length: 8 },
        async (_, n) => (await (n % 2 ? client.master : there).post('/notifications/send', wish)).body.id as string,
      ),
    );
    await settled(...ids);
    await hurry();
    await eventually(
      async () =>
        (await rows(app, `SELECT 1 FROM work_items WHERE client_id = $1 AND claims > 1`, [client.id])).length >= 20,
    );
    await settled(...ids);

    expect(await sentOf(...ids)).toBe(12);
    expect(received(mailbox)).toBe(12);
    const [{ soonest, longest } = { soonest: 0, longest: 0 }] = await rows<{ soonest: number; longest: number }>(
      app,
      `SELECT min(extract(epoch FROM run_at - now()))::float8 AS soonest, max(extract(epoch FROM run_at - now()))::float8 AS longest
         FROM work_items WHERE client_id = $1 AND state = 'ready' AND reason = 'quota_exceeded'`,
      [client.id],
    );
    const [{ left } = { left: 0 }] = await rows<{ left: number }>(
      app,
      `SELECT extract(epoch FROM date_trunc('hour', now()) + interval '1 hour' - now())::float8 AS left`,
    );
    expect(soonest).toBeGreaterThan(left - 30);
    expect(longest).toBeLessThan(left + 3_600 + 30);
    expect((await client.master.get(`/providers/${id}/health`)).body.quotas).toMatchObject([
      { period: 'hour', limit: 12, used: 12 },
    ]);

    // The hour is over.
    await rows(app, `UPDATE provider_usage SET began_at = began_at - interval '1 hour' WHERE provider_id = $1`, [id]);
    await hurry();
    await eventually(async () => (await sentOf(...ids)) === 24);
    await settled(...ids);
    expect(received(mailbox)).toBe(24);
    expect((await Promise.all(ids.map(attemptsOf))).flat().every((attempts) => attempts === 1)).toBe(true);
  }, 130_000);

  it('hold to the last one, whoever takes at once', async () => {
    const id = await anSmtpProvider(client, mailbox);
    const take = (node: TestApp) =>
      node.part(ProviderQuotas).take({ clientId: client.id, providerId: id }, { perDay: 25 });

    const taken: (number | null)[] = [await take(app)];
    for (let round = 0; round < 10; round++)
      taken.push(...(await Promise.all(Array.from({ length: 10 }, (_, n) => take(n % 2 ? app : elsewhere)))));

    expect(taken.filter((wait) => wait === null)).toHaveLength(25);
    expect(taken.every((wait) => wait === null || wait > 0)).toBe(true);
  });

  it('hold each second, and those who wait take their turns', async () => {
    await anSmtpProvider(client, mailbox, { limits: { perSecond: 4 } });

    await reached(client, await mailTo(16), 'completed');

    const perSecond = await rows<{ count: number }>(
      app,
      `SELECT count(*)::integer AS count FROM provider_usage u JOIN deliveries d ON d.client_id = u.client_id WHERE u.client_id = $1 AND u.period = 'second' AND u.used > 4`,
      [client.id],
    );
    expect(perSecond).toEqual([{ count: 0 }]);
    const [{ longest } = { longest: 99 }] = await rows<{ longest: number }>(
      app,
      `SELECT max(claims) AS longest FROM work_items WHERE client_id = $1`,
      [client.id],
    );
    expect(longest).toBeLessThanOrEqual(8);
    expect(received(mailbox)).toBe(16);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['Redis has lost everything', () => app.part(Redis).commands.flushall()],
    ['Redis is away', () => redis.kill()],
  ])('hold when %s: nothing opens wide, and nothing closes shut', async (_what, befall) => {
    await anSmtpProvider(client, mailbox, { limits: { perDay: 6 } });
    await reached(client, await mailTo(3), 'completed');

    await befall();
    const id = await mailTo(9);
    await settled(id);

    expect(await sentOf(id)).toBe(3);
    expect(received(mailbox)).toBe(6);
  });

  it('that are raised let what waits go at once', async () => {
    const id = await anSmtpProvider(client, mailbox, { limits: { perDay: 2 } });
    const waiting = await mailTo(5);
    await settled(waiting);
    expect(await sentOf(waiting)).toBe(2);

    await client.master.patch(`/providers/${id}`, { limits: { perDay: 5 } });

    await reached(client, waiting, 'completed');
  });

  it('leave the rest to the next provider, and a preview says so without taking any', async () => {
    const [first, second] = [
      await anSmtpProvider(client, mailbox, { name: 'First', priority: 1, limits: { perDay: 2 } }),
      await anSmtpProvider(client, other, { name: 'Second', priority: 2 }),
    ];
    const preview = async () =>
      (await client.master.post('/notifications/preview', { to: people(1), channels: { email: anEmail() } })).body
        .deliveries[0];
    for (let n = 0; n < 5; n++)
      expect(await preview()).toMatchObject({ provider: { providerId: first }, passedOver: [] });

    await reached(client, await mailTo(5), 'completed');

    expect([received(mailbox), received(other)]).toEqual([2, 3]);
    expect(await preview()).toMatchObject({
      ...{ status: 'sent', provider: { providerId: second }, failover: [] },
      passedOver: [{ providerId: first, reason: 'quota_exceeded', forSeconds: expect.any(Number) }],
    });
  });
});

describe('the next provider', () => {
  it.each<[string, { code: number; text: string }, string]>([
    ['is asked when one refuses our credentials', { code: 535, text: 'no' }, 'sent'],
    ['is asked when one is closing', CLOSING, 'sent'],
    ['is not asked about a recipient that one refuses for good', { code: 550, text: 'no such user' }, 'bounced'],
    ['is not asked about a recipient that is busy', { code: 450, text: 'later' }, 'retrying'],
  ])('%s', async (_what, verdict, status) => {
    await anSmtpProvider(client, mailbox, { priority: 1 });
    await anSmtpProvider(client, other, { priority: 2 });
    mailbox.behave(() => verdict);
    const id = await mailTo(1);

    const seen = await deliveryReached(client, id, status);
    expect(seen.attempts).toBe(1);
    expect(offered(other)).toBe(status === 'sent' ? 1 : 0);
  });
});
