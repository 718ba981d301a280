import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Polling } from '../../src/modules/receipts/polling.js';
import { ReceiptsService } from '../../src/modules/receipts/receipts.service.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, deliveryReached, notificationOf, reached, send, timelineOf } from '../builders/notifications.js';
import { anSmtpProvider, aProvider } from '../builders/providers.js';
import { aMailgun, anEvent, type FakeMailgun, signed } from '../fakes/mailgun.js';
import { aStatusCallback, aTwilio, type FakeTwilio } from '../fakes/twilio.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Opened } from '../support/opened.js';
import { rows } from '../support/rows.js';

const PUBLIC_URL = 'https://chat.example/behind/a/proxy';
const webhookSigningKey = 'signing-key-0123456789';
const mailgunAccount = { apiKey: 'key-0123456789abcdef', domain: 'mg.example.com' };
const twilioAccount = { accountSid: 'AC00000000000000000000000000000001', authToken: 'token-0123456789abcdef' };

let app: TestApp;
let client: TestClient;
let mailgun: FakeMailgun;
let twilio: FakeTwilio;
const opened = new Opened();

beforeAll(async () => {
  app = await anApp({ PUBLIC_URL });
}, 60_000);
afterAll(() => app.close());
beforeEach(async () => {
  client = await aClient(app);
  mailgun = await opened.keep(aMailgun(mailgunAccount));
  twilio = await opened.keep(aTwilio(twilioAccount));
});
afterEach(() => opened.closeAll());

const aMailgunProvider = (of: TestClient, wish: object = {}) =>
  aProvider(of, 'mailgun', {
    ...{ ...mailgunAccount, from: 'shop@mg.example.com', baseUrl: mailgun.url, webhookSigningKey },
    ...wish,
  });
const aTwilioProvider = (of: TestClient) =>
  aProvider(of, 'twilio', { ...twilioAccount, from: '+15005550006', baseUrl: twilio.url });

const tell = (providerId: string, body: object | string, headers: Record<string, string> = {}) =>
  app.api().post(`/providers/${providerId}/events`, body, headers);
const tellOfMail = (providerId: string, event: object) => tell(providerId, signed(event, webhookSigningKey));
const about = (deliveryId: string, event: string, wish: object = {}) =>
  anEvent({ event, 'user-variables': { 'delivery-id': deliveryId }, ...wish });
const bounce = { severity: 'permanent', reason: 'bounce', 'delivery-status': { code: 550, message: 'no such user' } };

/** A mail that Mailgun has taken. */
async function aSentMail(to = 'ann@example.com', of = client) {
  const id = await send(of, { to: { email: to }, channels: { email: anEmail() } });
  const { id: deliveryId } = await deliveryReached(of, id, 'sent');
  return { id, deliveryId };
}
const deliveryOf = async (id: string, of = client) =>
  ((await of.master.get(`/notifications/${id}`)).body as { deliveries: Record<string, string | null>[] })
    .deliveries[0]!;
const newsOf = async (id: string) => (await timelineOf(client, id)).filter(({ type }) => type !== 'completed');
const typesOf = async (id: string) => (await newsOf(id)).map(({ type, status }) => `${type} ${status}`);

describe('what Mailgun tells', () => {
  it('moves the delivery, and its engagement apart', async () => {
    const providerId = await aMailgunProvider(client);
    const { id, deliveryId } = await aSentMail();
    await expect(tellOfMail(providerId, about(deliveryId, 'delivered'))).resolves.toMatchObject({
      status: 200,
      body: { received: 1 },
    });
    await tellOfMail(providerId, about(deliveryId, 'opened'));
    await tellOfMail(providerId, about(deliveryId, 'clicked'));
    await tellOfMail(providerId, about(deliveryId, 'unsubscribed'));
    await tellOfMail(providerId, about(deliveryId, 'complained'));

    const delivery = await deliveryOf(id);
    expect(delivery.status).toBe('delivered');
    for (const time of ['deliveredAt', 'openedAt', 'clickedAt', 'unsubscribedAt', 'complainedAt'])
      expect(delivery[time]).toMatch(/Z$/);
    expect((await typesOf(id)).slice(-5)).toEqual([
      'delivered delivered',
      'opened delivered',
      'clicked delivered',
      'unsubscribed delivered',
      'complained delivered',
    ]);
  });

  it('is heard while the client is suspended: what was sent before has an end', async () => {
    const providerId = await aMailgunProvider(client);
    const { id, deliveryId } = await aSentMail();
    const set = (status: string) => app.operator.patch(`/clients/${client.id}`, { status });
    await set('suspended');
    await eventually(async () => (await client.master.get('/clients/me')).status === 403);

    expect((await tellOfMail(providerId, about(deliveryId, 'failed', bounce))).body).toEqual({ received: 1 });
    expect((await tell(providerId, signed(about(deliveryId, 'opened'), 'another key'))).status).toBe(401);

    await set('active');
    await eventually(async () => (await client.master.get('/clients/me')).status === 200);
    expect((await deliveryOf(id)).status).toBe('bounced');
    expect((await client.master.get('/suppressions')).body.data).toMatchObject([{ reason: 'hard_bounce' }]);
  });

  it('counts once, however often and in whatever order it comes', async () => {
    const providerId = await aMailgunProvider(client);
    const { id, deliveryId } = await aSentMail();
    const events = [
      about(deliveryId, 'opened', { timestamp: Date.now() / 1_000 }),
      about(deliveryId, 'opened', { timestamp: Date.now() / 1_000 + 5 }),
      about(deliveryId, 'delivered'),
      about(deliveryId, 'accepted'),
      about(deliveryId, 'failed', bounce),
    ];
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_none, n) => tellOfMail(providerId, events[n % events.length]!)),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const { status, counts } = await notificationOf(client, id);
    const delivery = await deliveryOf(id);
    expect(delivery.openedAt).not.toBeNull();
    const told = (await typesOf(id)).filter((type) => /^(opened|delivered|bounced)/.test(type));
    expect(told.filter((type) => type.startsWith('opened'))).toHaveLength(1);
    // Whichever of the two was first, the other comes too late.
    expect([
      ['completed', 'delivered', 0],
      ['failed', 'bounced', 1],
    ]).toContainEqual([status, delivery.status, counts.failed]);
    expect(counts.open).toBe(0);
  });

  it('a bounce fails what was complete, and what has bounced can be sent again', async () => {
    const providerId = await aMailgunProvider(client);
    const { id, deliveryId } = await aSentMail();
    await tellOfMail(providerId, about(deliveryId, 'failed', bounce));

    await expect(notificationOf(client, id)).resolves.toMatchObject({
      ...{ status: 'failed', counts: { total: 1, open: 0, failed: 1 } },
      deliveries: [{ status: 'bounced', reason: 'hard_bounce' }],
    });
    expect((await newsOf(id)).at(-1)).toMatchObject({ type: 'bounced', providerId, reason: 'hard_bounce' });
    const [suppression] = (await client.master.get('/suppressions')).body.data as { id: string }[];
    await client.master.delete(`/suppressions/${suppression?.id}`);
    expect((await client.master.post(`/notifications/${id}/retry`)).body).toEqual({ count: 1 });
    await reached(client, id, 'completed');
    expect(mailgun.mails).toHaveLength(2);
    expect(new Set(mailgun.mails.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('before the call that sent it has returned is not lost', async () => {
    const providerId = await aMailgunProvider(client);
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    mailgun.behave(async () => {
      await held;
      return { body: { id: '<early@mg.example.com>', message: 'Queued. Thank you.' } };
    });
    const id = await send(client, { to: { email: 'Ann@Example.com' }, channels: { email: anEmail() } });
    await eventually(() => mailgun.calls.length === 1);
    const early = (recipient: string) =>
      anEvent({ event: 'delivered', recipient, message: { headers: { 'message-id': 'early@mg.example.com' } } });
    await tellOfMail(providerId, early('ann@example.com'));
    await tellOfMail(providerId, early('somebody.else@example.com'));
    expect((await deliveryOf(id)).status).not.toBe('delivered');
    answer();

    await deliveryReached(client, id, 'delivered');
    expect((await typesOf(id)).filter((type) => type.startsWith('delivered'))).toHaveLength(1);
  });

  it('of a mail that never was ours names its recipient for a day, and no longer', async () => {
    const providerId = await aMailgunProvider(client);
    await tellOfMail(providerId, anEvent({ event: 'failed', ...bounce, recipient: 'nobody@example.com' }));
    const kept = async () =>
      (
        await rows<{ recipient: string | null; again: number | null }>(
          app,
          `SELECT recipient, extract(epoch FROM look_at - received_at)::float8 AS again FROM receipts WHERE provider_id = $1 AND kind = 'bounced'`,
          [providerId],
        )
      )[0];
    const age = async (interval: string) => {
      const aged = `received_at = now() - $2::interval, look_at = now()`;
      await rows(app, `UPDATE receipts SET ${aged} WHERE provider_id = $1`, [providerId, interval]);
      await app.part(ReceiptsService).lookForParked();
      return eventually(async () => {
        const found = await kept();
        return found?.again === null || (found?.again ?? 0) > 3_600 ? found : false;
      });
    };

    expect(await kept()).toMatchObject({ recipient: 'nobody@example.com' });
    const { again } = await age('20 hours');
    expect(again).toBeLessThan(86_400 + 5);
    expect(await age('25 hours')).toEqual({ recipient: null, again: null });
  });

  it('under a signature that was used for other news is not heard', async () => {
    const providerId = await aMailgunProvider(client);
    const { id, deliveryId } = await aSentMail();
    const call = signed(about(deliveryId, 'delivered'), webhookSigningKey);
    await tell(providerId, call);
    await tell(providerId, { ...call, 'event-data': about(deliveryId, 'complained') });

    await expect(deliveryOf(id)).resolves.toMatchObject({ status: 'delivered', complainedAt: null });
  });

  it('of another client’s delivery is not heard', async () => {
    const other = await aClient(app);
    const providerId = await aMailgunProvider(client);
    await aMailgunProvider(other);
    const { id, deliveryId } = await aSentMail('ann@example.com', other);
    const { status } = await tellOfMail(providerId, about(deliveryId, 'complained'));

    expect(status).toBe(200);
    await expect(deliveryOf(id, other)).resolves.toMatchObject({ status: 'sent', complainedAt: null });
  });

  it('brings a ladder to its next step, or to its end', async () => {
    const providerId = await aMailgunProvider(client);
    await aTwilioProvider(client);
    const wish = {
      to: { userId: 'ann' },
      channels: { email: anEmail(), sms: { text: 'Hello' } },
      routing: { mode: 'first', order: ['email', 'sms'], until: 'delivered', stepTimeoutSeconds: 3_600 },
    };
    await client.master.put('/users/ann', { email: 'ann@example.com', phone: '+14155550100' });
    const [first, second] = [await send(client, wish), await send(client, wish)];
    const [bounced, read] = [
      await deliveryReached(client, first, 'sent'),
      await deliveryReached(client, second, 'sent'),
    ];
    await tellOfMail(providerId, about(bounced.id, 'failed', bounce));
    await tellOfMail(providerId, about(read.id, 'opened'));

    await eventually(() => twilio.messages.length === 1);
    await expect(reached(client, second, 'completed')).resolves.toMatchObject({
      deliveries: expect.arrayContaining([
        expect.objectContaining({ channel: 'sms', reason: 'not_needed' }),
      ]) as unknown,
    });
    await eventually(async () => (await deliveryOf(first)).status === 'bounced');
  });

  it.each([
    ['failed', 'hard_bounce', bounce],
    ['complained', 'complaint', {}],
    ['unsubscribed', 'unsubscribe', {}],
  ])('keeps from writing there again: %s', async (event, reason, wish) => {
    const other = await aClient(app);
    await aMailgunProvider(other);
    const providerId = await aMailgunProvider(client);
    const { deliveryId } = await aSentMail('Ann@Example.com');
    await tellOfMail(providerId, about(deliveryId, event, wish));
    await tellOfMail(providerId, about(deliveryId, event, wish));

    const listed = async ({ master }: TestClient) => (await master.get('/suppressions')).body.data as object[];
    expect(await listed(client)).toMatchObject([{ channel: 'email', address: 'ann@example.com', reason }]);
    expect(await listed(other)).toEqual([]);
    const marketing = { to: { email: 'ann@example.com' }, channels: { email: anEmail() }, category: 'marketing' };
    await deliveryReached(client, await send(client, marketing), 'suppressed');
    await deliveryReached(other, await send(other, marketing), 'sent');
  });

  it('of a bounce after the delivery keeps from writing there again, and the delivery stays', async () => {
    const providerId = await aMailgunProvider(client);
    const { id, deliveryId } = await aSentMail();
    await tellOfMail(providerId, about(deliveryId, 'delivered'));
    await tellOfMail(providerId, about(deliveryId, 'failed', bounce));

    expect((await deliveryOf(id)).status).toBe('delivered');
    expect((await client.master.get('/suppressions')).body.data).toMatchObject([{ reason: 'hard_bounce' }]);
  });

  it('of somebody who is erased keeps nothing of what was said', async () => {
    const providerId = await aMailgunProvider(client);
    const { id, deliveryId } = await aSentMail();
    await client.master.put('/users/ann', { email: 'ann@example.com' });
    await client.master.delete('/users/ann');
    await tellOfMail(providerId, about(deliveryId, 'failed', { ...bounce, reason: 'bounce' }));

    const bounced = (await timelineOf(client, id)).find(({ type }) => type === 'bounced');
    expect(bounced).toBeDefined();
    expect(bounced?.detail ?? null).toBeNull();
    expect((await client.master.get('/suppressions')).body.data).toEqual([]);
  });
});

describe('a call that is not the provider’s', () => {
  it.each([
    ['unsigned', () => ({ 'event-data': anEvent() })],
    ['signed with another key', () => signed(anEvent(), 'another-key')],
    ['too old', () => signed(anEvent(), webhookSigningKey, { at: Date.now() - 301_000 })],
    ['no JSON', () => 'event=delivered'],
    ['empty', () => ''],
  ])('is refused: %s', async (_what, call) => {
    const providerId = await aMailgunProvider(client);
    const answer = await tell(providerId, call(), { 'Content-Type': 'text/plain' });

    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_signature' } });
  });

  it('finds nothing where there is no provider, or none that calls', async () => {
    const smtp = await anSmtpProvider(client, { port: 25 });
    for (const id of [smtp, crypto.randomUUID(), 'no-id'])
      await expect(tell(id, {})).resolves.toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('is told the limit of a body', async () => {
    const providerId = await aMailgunProvider(client);
    await expect(tell(providerId, 'x'.repeat(300_000))).resolves.toMatchObject({ status: 413 });
  });

  it('is not heard any more once the provider is gone', async () => {
    const providerId = await aMailgunProvider(client);
    await tellOfMail(providerId, anEvent());
    await client.master.delete(`/providers/${providerId}`);
    await eventually(async () => (await tellOfMail(providerId, anEvent())).status === 404);
  });
});

describe('what Twilio tells', () => {
  const eventsUrl = async (providerId: string) =>
    ((await client.master.get(`/providers/${providerId}`)).body as { eventsUrl: string }).eventsUrl;

  async function callBack(url: string, fields: Record<string, string>) {
    const call = aStatusCallback(url, fields, twilioAccount.authToken);
    return app.api().post(`/${url.split('/api/v1/')[1]!}`, call.body.toString(), {
      ...call.headers,
      'Content-Type': 'application/x-www-form-urlencoded',
    });
  }

  it('is signed over the address that it was given', async () => {
    const providerId = await aTwilioProvider(client);
    const id = await send(client, { to: { phone: '+14155550100' }, channels: { sms: { text: 'Hi' } } });
    await deliveryReached(client, id, 'sent');
    const [{ sid = '', StatusCallback: url = '' } = {}] = twilio.messages;
    expect(url).toBe(`${await eventsUrl(providerId)}?delivery=${(await deliveryOf(id)).id}`);
    expect(url).toMatch(/^https:\/\/chat\.example\/behind\/a\/proxy\/api\/v1\/providers\//);
    await expect(callBack(url, { MessageSid: sid, MessageStatus: 'delivered' })).resolves.toMatchObject({
      status: 200,
    });

    await deliveryReached(client, id, 'delivered');
  });

  it('settles what was not known to have been sent', async () => {
    await aTwilioProvider(client);
    twilio.behave(() => 'drop');
    const id = await send(client, { to: { phone: '+14155550100' }, channels: { sms: { text: 'Hi' } } });
    const { id: deliveryId } = await deliveryReached(client, id, 'unknown');
    const { StatusCallback: url = '' } = Object.fromEntries(new URLSearchParams(twilio.calls[0]?.body.toString()));
    await callBack(url, { MessageSid: 'SM1', MessageStatus: 'sent' });

    await reached(client, id, 'completed');
    await expect(deliveryOf(id)).resolves.toMatchObject({ status: 'sent' });
    const works = await rows(app, 'SELECT state FROM work_items WHERE id = $1', [deliveryId]);
    expect(works).toEqual([{ state: 'done' }]);
  });
});

describe('what a provider’s calls have missed', () => {
  /** Whatever the service has asked for by itself meanwhile. */
  const ask = async () => {
    await rows(app, 'UPDATE provider_polls SET next_at = now()');
    await app.part(Polling).run();
  };

  it('is asked for, and counts once with what was told', async () => {
    const providerId = await aMailgunProvider(client);
    const { id, deliveryId } = await aSentMail();
    const delivered = about(deliveryId, 'delivered');
    mailgun.events.push(delivered, about(deliveryId, 'opened'));
    await tellOfMail(providerId, delivered);
    await ask();

    await eventually(async () => (await deliveryOf(id)).openedAt !== null); // another run may have been at it
    expect((await deliveryOf(id)).status).toBe('delivered');
    expect((await typesOf(id)).filter((type) => type.startsWith('delivered'))).toHaveLength(1);
  });

  it('is left for later when the provider does not answer, and the others are asked all the same', async () => {
    const broken = await aMailgunProvider(client, { apiKey: 'a-wrong-key-of-theirs' });
    const other = await aClient(app);
    await aMailgunProvider(other);
    const { id, deliveryId } = await aSentMail('ann@example.com', other);
    mailgun.events.push(about(deliveryId, 'delivered'));
    await ask();

    await deliveryReached(other, id, 'delivered');
    await eventually(async () => {
      const [poll] = await rows<{ hasFailed: boolean; waits: boolean }>(
        app,
        'SELECT failures > 0 AS "hasFailed", next_at > now() AS waits FROM provider_polls WHERE provider_id = $1',
        [broken],
      );
      return poll?.hasFailed && poll.waits;
    });
  });
});
