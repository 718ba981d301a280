import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ProviderRegistry } from '../../src/extension/provider-registry.js';
import type { ProviderContext } from '../../src/extension/index.js';
import { NewsService, NotificationsService } from '../../src/modules/notifications/index.js';
import { NOTIFICATION_OUTBOUND } from '../../src/modules/notifications/notifications.events.js';
import { Database } from '../../src/platform/database/index.js';
import { atHops, OutboundCatalogue, type OutboundEventName } from '../../src/platform/outbox/index.js';
import { TokenBox } from '../../src/platform/security/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, deliveryReached, notificationOf, reached, send, timelineOf } from '../builders/notifications.js';
import { aProvider, anSmtpProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { type HeardEvent, OutboxEar } from '../support/outbox-ear.js';
import { rows } from '../support/rows.js';
import { statementsOf } from '../support/statements.js';

const LATER = '2100-01-01T00:00:00Z';

let app: TestApp;
let elsewhere: TestApp;
let mailbox: Mailbox;
let ear: OutboxEar;
let client: TestClient;

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp({ WORK_LEASE_SECONDS: '4' });
  elsewhere = await app.another();
  ear = await OutboxEar.at(app, elsewhere);
}, 60_000);

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

beforeEach(async () => {
  client = await aClient(app);
  await simulated(client);
  ear.hear(client.id);
});

afterEach(() => {
  ear.refuses = false;
  mailbox.behave(() => undefined);
});

const simulated = (of: TestClient, channel = 'email') => aProvider(of, 'simulator', { channel });
const to = (...names: string[]) => ({
  to: names.map((name) => ({ email: `${name}@simulator.test` })),
  channels: { email: anEmail() },
});
const types = (told: readonly HeardEvent[]) => told.map(({ type }) => type);
/** What is told of a client, once it is so much. */
const told = (count: number, of = client): Promise<HeardEvent[]> =>
  eventually(async () => {
    const heard = await ear.heard(of.id);
    if (heard.length < count) throw new Error(`Only ${types(heard).join()}`);
    return heard;
  });

describe('what becomes of a notification is told to other systems, once', () => {
  it.each([
    ['one that arrives', ['delivered'], ['delivery.delivered', 'notification.completed'], 'completed'],
    ['one that bounces', ['bounced'], ['delivery.bounced', 'notification.failed'], 'failed'],
    ['one that fails', ['failed'], ['delivery.failed', 'notification.failed'], 'failed'],
    [
      'one of two that fails',
      ['failed', 'delivered'],
      ['delivery.delivered', 'delivery.failed', 'notification.failed'],
      'partially_failed',
    ],
    [
      'one that is complained of',
      ['complained'],
      ['delivery.delivered', 'engagement.complained', 'notification.completed'],
      'completed',
    ],
  ])('%s', async (_what, names, expected, status) => {
    const id = await send(client, { ...to(...names), tags: ['order'], metadata: { orderId: 4711 } });
    await reached(client, id, status);

    const heard = await told(expected.length);

    expect(types(heard).sort()).toEqual(expected);
    expect(types(heard).lastIndexOf(`notification.${status === 'completed' ? 'completed' : 'failed'}`)).toBe(
      names.length === 1 ? 1 : 2,
    );
    const { body: seen } = await client.master.get(`/notifications/${id}`);
    const { deliveries, ...summary } = seen;
    expect(heard.find(({ type }) => type.startsWith('notification'))?.data).toEqual(summary);
    for (const { data } of heard.filter(({ type }) => type.startsWith('delivery'))) {
      const { notificationId, category, tags, metadata, ...delivery } = data;
      expect({ notificationId, category, tags, metadata }).toEqual({
        ...{ notificationId: id, category: 'transactional', tags: ['order'], metadata: { orderId: 4711 } },
      });
      const shown = deliveries.find((one: { id: string }) => one.id === delivery.id);
      expect(shown).toMatchObject({ ...delivery, complainedAt: shown.complainedAt });
    }
  });

  it('one that a provider took, which is all that is known of it', async () => {
    await anSmtpProvider(client, { port: mailbox.port }, { priority: 1 });
    const id = await send(client, { to: { email: 'ann@example.com' }, channels: { email: anEmail() } });
    const { providerId } = await deliveryReached(client, id, 'sent');
    expect(providerId).not.toBeNull();

    expect(types(await told(2))).toEqual(['delivery.sent', 'notification.completed']);
  });

  it('one whose address is suppressed, with its acceptance', async () => {
    await client.master.post('/suppressions', { channel: 'email', address: 'no@simulator.test', reason: 'manual' });
    const id = await send(client, to('no'));

    const heard = await ear.heard(client.id);

    expect(types(heard)).toEqual(['delivery.suppressed', 'notification.failed']);
    expect(heard.map(({ data }) => data.status)).toEqual(['suppressed', 'failed']);
    expect(heard[1]?.data.id).toBe(id);
  });

  it('one that is called back', async () => {
    const id = await send(client, { ...to('delivered'), sendAt: LATER });
    await client.master.post(`/notifications/${id}/cancel`);

    expect((await ear.heard(client.id)).map(({ type, data }) => [type, data.id])).toEqual([
      ['notification.cancelled', id],
    ]);
  });

  it('one whose time is over', async () => {
    const id = await send(client, { ...to('busy'), expiresAt: new Date(Date.now() + 1_500).toISOString() });
    await reached(client, id, 'expired');

    expect((await told(2)).map(({ type, data }) => [type, data.status])).toEqual([
      ['delivery.failed', 'expired'],
      ['notification.failed', 'expired'],
    ]);
  });

  it('one of which a later step was not needed', async () => {
    await simulated(client, 'sms');
    await client.master.put('/users/ann', { email: 'delivered@simulator.test', phone: '+15550000000' });
    const id = await send(client, {
      to: { userId: 'ann' },
      channels: { email: anEmail(), sms: { text: 'Hello' } },
      routing: { mode: 'first', order: ['email', 'sms'], until: 'delivered', stepTimeoutSeconds: 60 },
    });
    await reached(client, id, 'completed');

    expect(types(await told(2))).toEqual(['delivery.delivered', 'notification.completed']);
  });

  it('nothing of a test', async () => {
    await client.master.post('/suppressions', { channel: 'email', address: 'no@simulator.test', reason: 'manual' });
    for (const name of ['delivered', 'no']) {
      const id = await send(client, { ...to(name), test: true });
      await reached(client, id, 'completed', 'failed');
    }

    expect(await ear.heard(client.id)).toEqual([]);
  });

  it('each type of it stands in the catalogue', () => {
    const known = app
      .part(OutboundCatalogue)
      .all()
      .map(({ type }) => type);
    expect(known).toEqual(expect.arrayContaining(Object.keys(NOTIFICATION_OUTBOUND)));
  });
});

describe('what comes later', () => {
  it('is told when it is another end than the one before', async () => {
    const id = await send(client, to('failed'));
    await reached(client, id, 'failed');
    const retry = async () => {
      const before = (await timelineOf(client, id)).filter(({ type }) => type === 'attempt').length;
      await client.master.post(`/notifications/${id}/retry`);
      await eventually(
        async () => (await timelineOf(client, id)).filter(({ type }) => type === 'attempt').length > before,
      );
      await reached(client, id, 'failed', 'completed');
    };

    await retry();
    const alike = types(await told(3));
    await rows(app, `UPDATE deliveries SET recipient = 'delivered@simulator.test' WHERE client_id = $1`, [client.id]);
    await retry();

    expect(alike).toEqual(['delivery.failed', 'notification.failed', 'delivery.failed']);
    expect(types(await told(5)).slice(3)).toEqual(['delivery.delivered', 'notification.completed']);
  });

  it('is told of a bounce after the sending, once', async () => {
    const [first, second] = await sentMails(2);
    const bounce = (deliveryId: string) => tell(deliveryId, 'bounced');

    await bounce(first ?? '');
    await bounce(first ?? '');
    await bounce(second ?? '');

    expect((await ear.heard(client.id)).slice(3).map(({ type, data }) => `${type} ${String(data.status)}`)).toEqual([
      'delivery.bounced bounced',
      'notification.failed partially_failed',
      'delivery.bounced bounced',
      'notification.failed failed',
    ]);
  });

  it('is told of what recipients do, once, with when they did it', async () => {
    const [deliveryId = ''] = await sentMails(1);
    const at = new Date(Date.now() - 1_000);

    await tell(deliveryId, 'opened', at);
    await tell(deliveryId, 'opened');
    await tell(deliveryId, 'clicked', at);
    await tell(deliveryId, 'unsubscribed', at);

    const heard = (await ear.heard(client.id)).slice(2);
    expect(types(heard)).toEqual([
      'delivery.delivered',
      'engagement.opened',
      'engagement.clicked',
      'engagement.unsubscribed',
    ]);
    for (const { data } of heard.slice(1))
      expect(data).toMatchObject({ id: deliveryId, at: at.toISOString(), tags: [], status: 'delivered' });
  });

  it('is told of who unsubscribes by the link, once', async () => {
    const [deliveryId = ''] = await sentMails(1);
    const link = [client.id, deliveryId, 'email', 'mail0@example.com'];
    const token = app.part(TokenBox).seal('unsubscribe', JSON.stringify(link));
    const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
    for (let n = 0; n < 2; n++)
      await app.api().call('POST', `/unsubscribe/${token}`, 'List-Unsubscribe=One-Click', FORM);

    const heard = (await ear.heard(client.id)).slice(2);

    expect(types(heard)).toEqual(['engagement.unsubscribed']);
    expect(heard[0]?.data).toMatchObject({ id: deliveryId, at: heard[0]?.data.unsubscribedAt });
  });

  /** Mails of one notification, as a mail server took them. @returns their deliveries */
  async function sentMails(count: number): Promise<string[]> {
    await anSmtpProvider(client, { port: mailbox.port }, { priority: 1 });
    const wish = { to: Array.from({ length: count }, (_, n) => ({ email: `mail${n}@example.com` })) };
    const id = await send(client, { ...wish, channels: { email: anEmail() } });
    const { deliveries } = await reached(client, id, 'completed');
    expect(types(await told(count + 1))).toEqual([...wish.to.map(() => 'delivery.sent'), 'notification.completed']);
    return deliveries.map((delivery) => delivery.id);
  }

  const tell = (deliveryId: string, kind: 'bounced' | 'opened' | 'clicked' | 'unsubscribed', at = new Date()) =>
    app.part(Database).transaction((tx) =>
      app.part(NewsService).take(tx, [
        {
          ...{ clientId: client.id, providerId: null, kind, at, detail: null },
          delivery: { id: deliveryId, status: 'sent', ladder: null },
        },
      ]),
    );
});

describe('a change and what is told of it', () => {
  it('are one: what cannot be told has not been accepted', async () => {
    await client.master.post('/suppressions', { channel: 'email', address: 'no@simulator.test', reason: 'manual' });

    ear.refuses = true;
    const { status } = await client.master.post('/notifications/send', to('no'));
    ear.refuses = false;

    expect(status).toBe(500);
    expect((await client.master.get('/notifications')).body.data).toEqual([]);
    expect(await ear.heard(client.id)).toEqual([]);
  });

  it('are one: what cannot be told is settled again, and told once', async () => {
    ear.refuses = true;
    const refused = ear.refused;
    const id = await send(client, to('delivered'));
    await eventually(() => ear.refused > refused);
    expect((await notificationOf(client, id)).status).not.toBe('completed');
    ear.refuses = false;

    await reached(client, id, 'completed');

    expect(types(await told(2))).toEqual(['delivery.delivered', 'notification.completed']);
  }, 30_000);
});

describe('a client that wants nothing', () => {
  it('is told nothing of, and nothing is read for it', async () => {
    const other = await aClient(app);
    await simulated(other);
    await ear.isAlone(other.id, Object.keys(NOTIFICATION_OUTBOUND) as OutboundEventName[]);
    const asked = await statementsOf(async () => {
      const id = await send(other, to('delivered', 'failed', 'complained'));
      await reached(other, id, 'partially_failed');
      await send(client, to('delivered'));
      await told(2);
    });

    const reading = asked.filter((text) => text.includes('"toldAt"'));
    // For the one that wants it: its delivery, and its notification.
    expect(reading).toHaveLength(2);
    expect(await ear.heard(other.id)).toEqual([]);
    expect(types(await ear.heard(client.id))).toEqual(['delivery.delivered', 'notification.completed']);
  });
});

describe('hops', () => {
  it('are a notification’s own, in a batch with others too, and reach its provider and what is told of it', async () => {
    const given = new Map<string, number>();
    for (const process of [app, elsewhere]) {
      const { provider } = process.part(ProviderRegistry).find('simulator') as {
        provider: { send: (context: ProviderContext<unknown>, message: object) => Promise<unknown> };
      };
      const send = provider.send.bind(provider);
      provider.send = (context, message) => {
        given.set(context.deliveryId, context.hops);
        return send(context, message);
      };
    }
    const wish = { ...to('complained'), category: 'transactional', priority: 'normal', metadata: {}, test: false };
    const submit = (hops: number) =>
      atHops(hops, () =>
        app.part(NotificationsService).submit(client.id, { ...wish, tags: [`${hops}`] } as never, 'request'),
      );

    await Promise.all([0, 3, 0, 1].map(submit));

    const heard = await told(12);
    expect(heard).toHaveLength(12);
    for (const { data, hops } of heard) expect(`${hops}`).toBe(data.tags[0]);
    for (const { data, type, hops } of heard) if (type === 'delivery.delivered') expect(given.get(data.id)).toBe(hops);
    expect([...given.values()].sort()).toEqual([0, 0, 1, 3]);
  });
});
