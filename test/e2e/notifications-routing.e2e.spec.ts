import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, type TestClient, type TestUser } from '../builders/clients.js';
import {
  anEmail,
  deliveryReached,
  notificationOf,
  reached,
  type SeenNotification,
  send,
  timelineOf,
} from '../builders/notifications.js';
import { anSmtpProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { rows } from '../support/rows.js';
import { aSocket } from '../support/sockets.js';

const FIRST = { mode: 'first', order: ['websocket', 'email'] } as const;

let app: TestApp;
let mailbox: Mailbox;
let client: TestClient;
let ann: TestUser;

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp();
  client = await aClient(app);
  await anSmtpProvider(client, { port: mailbox.port });
  ann = await client.login('ann', { email: 'ann@example.com' });
}, 60_000);

afterAll(async () => {
  await app.close();
  await mailbox.close();
});

const both = (wish: object = {}) => ({
  to: { userId: 'ann' },
  channels: { websocket: { body: 'Hello' }, email: anEmail() },
  ...wish,
});
const statuses = ({ deliveries }: SeenNotification) =>
  Object.fromEntries(deliveries.map(({ channel, status, reason }) => [channel, reason ?? status]));
const mails = () => mailbox.received.length;

/** Lets the time of a delivery that waits come. */
const timeComes = (id: string) => rows(app, `UPDATE work_items SET run_at = now() WHERE id = '${id}' RETURNING id`);

describe('one channel after the other', () => {
  it('stops at the first that reached them, and the next is not needed', async () => {
    const socket = await aSocket('raw', app.url, ann.apiKey);
    try {
      const before = mails();
      const id = await send(client, both({ routing: { ...FIRST, until: 'delivered', stepTimeoutSeconds: 600 } }));

      const seen = await reached(client, id, 'completed');

      expect(statuses(seen)).toEqual({ websocket: 'delivered', email: 'not_needed' });
      expect(seen.counts).toEqual({ total: 2, open: 0, failed: 0, skipped: 1 });
      expect(mails()).toBe(before);
    } finally {
      socket.close();
    }
  });

  it('goes on to the next when its time is over', async () => {
    const id = await send(client, both({ routing: { ...FIRST, until: 'delivered', stepTimeoutSeconds: 1 } }));

    expect(statuses(await reached(client, id, 'completed'))).toEqual({ websocket: 'sent', email: 'sent' });
  });

  it('waits for the step before, and is called off when it is seen meanwhile', async () => {
    const socket = await aSocket('raw', app.url, ann.apiKey);
    try {
      const before = mails();
      const id = await send(client, both({ routing: { ...FIRST, until: 'seen', stepTimeoutSeconds: 600 } }));
      const item = await deliveryReached(client, id, 'delivered');
      expect(statuses(await notificationOf(client, id))).toEqual({ websocket: 'delivered', email: 'pending' });

      await socket.command('notification.seen', { id: item.id });
      expect(statuses(await reached(client, id, 'completed'))).toEqual({ websocket: 'delivered', email: 'not_needed' });
      expect(mails()).toBe(before);
    } finally {
      socket.close();
    }
  });

  it('does not wait for a step that comes to nothing', async () => {
    await client.login('eve', { email: 'eve@example.com' });
    mailbox.behave((recipient) => (recipient === 'eve@example.com' ? { code: 550, text: '5.1.1 unknown' } : undefined));
    const routing = { mode: 'first', order: ['email', 'websocket'], until: 'sent', stepTimeoutSeconds: 600 };

    const id = await send(client, both({ to: { userId: 'eve' }, routing }));

    const seen = await reached(client, id, 'partially_failed');
    expect(statuses(seen)).toEqual({ email: 'hard_bounce', websocket: 'sent' });
    mailbox.behave(() => undefined);
  });

  it('leaves out a step that cannot be taken', async () => {
    const to = [{ userId: 'nobody with an address' }, { email: 'x@example.com' }];
    const routing = { mode: 'first', order: ['email', 'websocket'], until: 'sent', stepTimeoutSeconds: 600 };

    const id = await send(client, both({ to, routing }));

    const seen = await reached(client, id, 'completed');
    expect(seen.deliveries.map(({ channel, status, reason }) => [channel, reason ?? status])).toEqual(
      expect.arrayContaining([
        ['websocket', 'sent'],
        ['email', 'no_address'],
        ['email', 'sent'],
        ['websocket', 'no_address'],
      ]),
    );
  });

  it('is called back as a whole', async () => {
    const id = await send(client, both({ routing: { ...FIRST, until: 'seen', stepTimeoutSeconds: 600 } }));
    await deliveryReached(client, id, 'sent');

    const { body } = await client.master.post(`/notifications/${id}/cancel`);

    expect(body).toMatchObject({ cancelled: [expect.any(String)], tooLate: [{ status: 'sent' }] });
    expect(statuses(await notificationOf(client, id))).toEqual({ websocket: 'sent', email: 'cancelled' });
  });
});

describe('what people declined', () => {
  const prefer = (user: string, preferences: object) =>
    client.master.put(`/users/${user}/preferences`, preferences).then(({ status }) => expect(status).toBe(200));

  it('is skipped with its reason, on that channel and in that category; never what is critical', async () => {
    await client.login('bob', { email: 'bob@example.com' });
    await prefer('bob', { channels: { email: { marketing: false } } });
    const to = { userId: 'bob' };

    const [marketing, transactional, critical] = await Promise.all(
      ['marketing', 'transactional', 'critical'].map((category) => send(client, both({ to, category }))),
    );

    expect(statuses(await reached(client, marketing ?? '', 'completed'))).toEqual({
      websocket: 'sent',
      email: 'opted_out',
    });
    for (const id of [transactional, critical])
      expect(statuses(await reached(client, id ?? '', 'completed'))).toEqual({ websocket: 'sent', email: 'sent' });
  });

  it('holds for what was accepted before, too', async () => {
    await client.login('dan', { email: 'dan@example.com' });
    const id = await send(
      client,
      both({ to: { userId: 'dan' }, category: 'marketing', sendAt: new Date(Date.now() + 3_600_000).toISOString() }),
    );
    await prefer('dan', { channels: { email: { marketing: false }, websocket: { marketing: false } } });
    for (const delivery of (await notificationOf(client, id)).deliveries) await timeComes(delivery.id);

    const seen = await reached(client, id, 'completed');

    expect(statuses(seen)).toEqual({ websocket: 'opted_out', email: 'opted_out' });
    expect(seen.counts).toEqual({ total: 2, open: 0, failed: 0, skipped: 2 });
  });

  it('is over before it began when all of it is declined', async () => {
    await client.login('fay', { email: 'fay@example.com' });
    await prefer('fay', { channels: { email: { marketing: false } } });
    const wish = { to: { userId: 'fay' }, channels: { email: anEmail() }, category: 'marketing' };

    const id = await send(client, wish);

    expect(await notificationOf(client, id)).toMatchObject({ status: 'completed', counts: { open: 0, skipped: 1 } });
  });

  describe('at night', () => {
    const all = { from: '00:00', to: '00:00', timezone: 'Europe/Paris' };

    it('waits for the morning, by email and not by websocket, unless it is critical', async () => {
      await client.login('gus', { email: 'gus@example.com' });
      await prefer('gus', { channels: {}, quietHours: { ...all, outside: 'wait' } });
      const before = mails();
      const id = await send(client, both({ to: { userId: 'gus' } }));
      const critical = await send(client, both({ to: { userId: 'gus' }, category: 'critical' }));

      expect(statuses(await reached(client, critical, 'completed'))).toEqual({ websocket: 'sent', email: 'sent' });
      const waiting = await eventually(async () =>
        (await timelineOf(client, id)).find(({ type }) => type === 'waiting'),
      );
      expect(waiting).toMatchObject({ status: 'queued', reason: 'quiet_hours' });
      expect(mails()).toBe(before + 1);

      await prefer('gus', { channels: {} });
      for (const delivery of (await notificationOf(client, id)).deliveries) await timeComes(delivery.id);
      expect(statuses(await reached(client, id, 'completed'))).toEqual({ websocket: 'sent', email: 'sent' });
    });

    it('is dropped where they want it so', async () => {
      await client.login('hal', { email: 'hal@example.com' });
      await prefer('hal', { channels: {}, quietHours: { ...all, outside: 'drop' } });

      const id = await send(client, both({ to: { userId: 'hal' } }));

      expect(statuses(await reached(client, id, 'completed'))).toEqual({ websocket: 'sent', email: 'quiet_hours' });
    });
  });
});
