import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Counted } from '../../src/modules/analytics/index.js';
import { MessagesService } from '../../src/modules/messages/messages.service.js';
import { NotificationsService } from '../../src/modules/notifications/notifications.service.js';
import { Quotas } from '../../src/modules/quotas/quotas.js';
import { Clock, Database, newId } from '../../src/platform/database/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import type { Reply } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { OutboxEar } from '../support/outbox-ear.js';
import { rows } from '../support/rows.js';

let app: TestApp;
/** Another process of the installation. */
let elsewhere: TestApp;
let ear: OutboxEar;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  elsewhere = await app.another();
  ear = await OutboxEar.at(app, elsewhere);
  // A minute after midnight: no hour or day ends while quotas are tested.
  const [{ left } = { left: 0 }] = await rows<{ left: number }>(
    app,
    `SELECT ceil(86400 - extract(epoch FROM now())::numeric % 86400)::integer + 60 AS left`,
  );
  for (const node of [app, elsewhere]) node.part(Clock).advance(left);
}, 60_000);

afterEach(() => {
  jest.restoreAllMocks();
  sockets.closeAll();
});
afterAll(() => app.close());

const withLimits = (limits: object): Promise<TestClient> => aClient(app, { settings: { limits } });

/** As callers do who are told that there is no room for them at the database right now. */
async function patiently(ask: () => Promise<Reply>): Promise<Reply> {
  for (;;) {
    const reply = await ask();
    if (reply.status !== 503) return reply;
  }
}

async function times(count: number, call: (n: number) => Promise<Reply>): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (let n = 0; n < count; n++) replies.push(await call(n));
  return replies;
}

describe('quotas', () => {
  const emails = (count: number) => Array.from({ length: count }, (_, n) => ({ email: `ann${n}@example.com` }));
  const mail = (count = 1) => ({ to: emails(count), channels: { email: { subject: 'Hello', text: 'Hello' } } });
  const inbox = { to: { userId: 'ann' }, channels: { websocket: { body: 'Hello' } } };
  const statuses = (replies: readonly Reply[]) => replies.map(({ status }) => status);
  const count = (of: readonly number[], status: number) => of.filter((one) => one === status).length;
  const storedBy = async ({ id }: TestClient, table: 'messages' | 'notifications') =>
    (await rows<{ id: string }>(app, `SELECT id FROM ${table} WHERE client_id = $1`, [id])).length;
  const usageOf = async (client: TestClient, what: string, window: string, channel: string | null = null) => {
    const { body } = await client.master.get('/analytics/usage');
    return body.quotas.find(
      (one: { what: string; window: string; channel: string | null }) =>
        one.what === what && one.window === window && one.channel === channel,
    ) as { used: number; limit: number | null; resetsAt: string };
  };

  it('of messages hold to the last one under 64 senders at once, on both nodes, over REST and sockets; of that client alone', async () => {
    const generous = { requestsPerSecond: 10_000, requestsPerMinute: 100_000, commandsPerSecond: 1_000 };
    const client = await withLimits({ ...generous, messagesPerDay: 25 });
    const twin = await withLimits({ ...generous, messagesPerDay: 40 });
    const send = async (of: TestClient) => {
      const roomId = await aRoom(of, { type: 'group', members: ['ann'] });
      const { apiKey } = await of.login('ann');
      const there = elsewhere.api(apiKey);
      const open = [await sockets.open('raw', app.url, apiKey), await sockets.open('socket.io', elsewhere.url, apiKey)];
      return Promise.all(
        Array.from({ length: 64 }, async (_, n) => {
          const message = { roomId, content: `${n}` };
          if (n % 4 < 2) {
            const node = (n % 4 ? there : app.api(apiKey)).with({ ...(n % 8 < 4 && { 'Idempotency-Key': `${n}` }) });
            return patiently(() => node.post('/messages', message));
          }
          const { ok, error } = await open[n % 2]!.command('message.send', message);
          return { status: ok ? 201 : 429, body: { ...error, ...error?.details } } as Reply;
        }),
      );
    };

    const [replies, others] = await Promise.all([send(client), send(twin)]);

    expect([count(statuses(replies), 201), count(statuses(replies), 429)]).toEqual([25, 39]);
    expect([count(statuses(others), 201), await storedBy(twin, 'messages')]).toEqual([40, 40]);
    expect(await storedBy(client, 'messages')).toBe(25);
    for (const { body } of replies.filter(({ status }) => status === 429))
      expect(body).toMatchObject({ code: 'quota_exceeded', scope: 'client' });
    expect(await usageOf(client, 'messages', 'day')).toMatchObject({ used: 25, limit: 25 });
  });

  it('of notifications hold to the last one under 64 senders at once, on both nodes', async () => {
    const client = await withLimits({
      requestsPerSecond: 10_000,
      requestsPerMinute: 100_000,
      notificationsPerHour: 30,
    });
    const nodes = [client.master, elsewhere.api(client.masterKey)];

    const replies = await Promise.all(
      Array.from({ length: 64 }, (_, n) =>
        patiently(() =>
          nodes[n % 2]!.with({ ...(n % 4 < 2 && { 'Idempotency-Key': `${n}` }) }).post('/notifications/send', inbox),
        ),
      ),
    );

    expect([count(statuses(replies), 202), count(statuses(replies), 429)]).toEqual([30, 34]);
    expect(await storedBy(client, 'notifications')).toBe(30);
    const refused = replies.find(({ status }) => status === 429)!;
    expect(refused.body).toMatchObject({
      code: 'quota_exceeded',
      scope: 'client',
      quota: 'notifications',
      limit: 30,
      window: 'hour',
    });
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(3_000);
    expect(retryAfter).toBeLessThanOrEqual(3_600);
    expect(refused.headers.get('ratelimit-limit')).not.toBeNull();
  });

  it('of a channel take what goes to many at once as a whole, or not at all', async () => {
    const client = await withLimits({ channels: { email: { perDay: 50 } } });
    const { master } = client;

    const replies = await times(4, (n) => master.post('/notifications/send', mail([30, 30, 20, 1][n])));

    expect(statuses(replies)).toEqual([202, 429, 202, 429]);
    expect(replies[1]!.body).toMatchObject({ code: 'quota_exceeded', scope: 'channel', quota: 'email', limit: 50 });
    expect((await master.post('/notifications/send', inbox)).status).toBe(202);
    expect(await usageOf(client, 'deliveries', 'day', 'email')).toMatchObject({ used: 50, limit: 50 });
    expect(await usageOf(client, 'deliveries', 'day', 'websocket')).toMatchObject({ limit: null });
  });

  it('of a channel hold to the last one under 64 senders at once, on both nodes, alone and in batches', async () => {
    const client = await withLimits({
      ...{ requestsPerSecond: 10_000, requestsPerMinute: 100_000, routesPerMinute: { bulk: 1_000 } },
      ...{ notificationsPerDay: 1_000, channels: { websocket: { perHour: 50 } } },
    });
    const nodes = [client.master, elsewhere.api(client.masterKey)];
    const three = { to: ['ann', 'bob', 'zoe'].map((userId) => ({ userId })), channels: inbox.channels };

    const replies = await Promise.all(
      Array.from({ length: 64 }, (_, n) =>
        patiently(() =>
          n % 4 < 2
            ? nodes[n % 2]!.post('/notifications/send', three)
            : nodes[n % 2]!.post('/notifications/batch', { notifications: [three, three] }),
        ),
      ),
    );

    const accepted = replies.flatMap(({ status, body }) =>
      body.results ? body.results.filter(({ id }: { id?: string }) => id) : status === 202 ? [body] : [],
    );
    expect(accepted).toHaveLength(16); // of three each; for two there is room, and nobody has use for it
    expect(await storedBy(client, 'notifications')).toBe(16);
    expect(await usageOf(client, 'deliveries', 'hour', 'websocket')).toMatchObject({ used: 48, limit: 50 });
    expect(await usageOf(client, 'notifications', 'day')).toMatchObject({ used: 16, limit: 1_000 });
  });

  it('count neither what is repeated, refused, nor a test; and repeats are answered when they are spent', async () => {
    const client = await withLimits({ messagesPerDay: 1, notificationsPerDay: 2 });
    const { master } = client;
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const message = { roomId, content: 'Once', clientMessageId: 'once' };
    const say = () => master.as('ann').post('/messages', message);
    const send = () => master.with({ 'Idempotency-Key': 'same' }).post('/notifications/send', inbox);

    expect(
      statuses([
        await master.as('ann').post('/messages', { ...message, roomId: randomUUID() }),
        await say(),
        await say(),
      ]),
    ).toEqual([404, 201, 200]);
    expect((await master.as('ann').post('/messages', { roomId, content: 'More' })).status).toBe(429);
    expect(statuses([await say(), await send(), await send()])).toEqual([200, 202, 202]);
    const batch = await master.post('/notifications/batch', { notifications: [{ to: [] }, inbox, inbox] });
    expect(batch.body.results.map(({ error }: { error?: { code: string } }) => error?.code)).toEqual([
      'validation_failed',
      undefined,
      'quota_exceeded',
    ]);
    expect(statuses([await send(), await master.post('/notifications/send', { ...inbox, test: true })])).toEqual([
      202, 202,
    ]);
    expect((await usageOf(client, 'notifications', 'day')).used).toBe(2);
  });

  it('count nothing that was rolled back', async () => {
    const client = await withLimits({ messagesPerDay: 5, notificationsPerDay: 5 });
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const caller = {
      clientId: client.id,
      keyId: 'k',
      keyType: 'master',
      scopes: new Set<never>(),
      userId: 'ann',
      expiresAt: null,
      limits: {},
      allowedOrigins: [],
    } as const;
    await app.part(Quotas).expect([client.id]);

    const dies = app.part(Database).transaction(async (tx) => {
      await app
        .part(MessagesService)
        .sendIn(tx, caller, { roomId, type: 'user', content: 'Lost', contentType: 'text' });
      throw new Error('the process dies here');
    });

    await expect(dies).rejects.toThrow('dies');
    expect((await usageOf(client, 'messages', 'day')).used).toBe(0);
  });

  it('have what the house sends by itself left out, with the reason, and what it tells of failures is free', async () => {
    const client = await withLimits({ notificationsPerDay: 1 });
    await client.login('ann');
    const own = (more: object = {}) => ({
      id: newId(),
      origin: 'test',
      to: { userId: 'ann' },
      channel: 'websocket',
      tags: [],
      metadata: {},
      ...more,
    });
    const wishes = [own(), own(), own({ isFree: true })];
    await app.part(Quotas).expect([client.id]);

    await app.part(Database).transaction((tx) => app.part(NotificationsService).submitIn(tx, client.id, wishes));

    const stored = await rows<{ id: string; status: string; reason: string | null }>(
      app,
      `SELECT d.notification_id AS id, n.ended_as AS status, d.reason FROM deliveries d JOIN notifications n ON n.id = d.notification_id WHERE d.client_id = $1`,
      [client.id],
    );
    const ends = wishes.map(({ id }) => stored.find((one) => one.id === id));
    expect(ends.map((end) => end?.reason)).toEqual([null, 'quota_exceeded', null]);
    expect(ends[1]).toMatchObject({ status: 'completed' });
  });

  it('are told of once at four fifths and once when they are spent', async () => {
    const client = await withLimits({ notificationsPerDay: 5, channels: { websocket: { perHour: 5 } } });
    ear.hear(client.id);

    for (let n = 0; n < 6; n++) await client.master.post('/notifications/send', inbox);

    const told = await ear.heard(client.id, 'quota.%');
    expect(told.map(({ type, data }) => [type, data.name, data.used, data.window])).toEqual([
      ['quota.warning', 'websocket', 4, 'hour'],
      ['quota.warning', 'notifications', 4, 'day'],
      ['quota.exceeded', 'websocket', 5, 'hour'],
      ['quota.exceeded', 'notifications', 5, 'day'],
    ]);
    expect(told[0]!.data).toMatchObject({ scope: 'client', providerId: null, limit: 5 });
  });

  it('begin anew with the hour', async () => {
    const client = await withLimits({ notificationsPerHour: 1 });
    const send = () => client.master.post('/notifications/send', inbox);
    expect(statuses([await send(), await send()])).toEqual([202, 429]);

    await rows(app, `UPDATE client_usage SET began_at = began_at - interval '1 hour' WHERE client_id = $1`, [
      client.id,
    ]);

    expect((await usageOf(client, 'notifications', 'hour')).used).toBe(0);
    expect(statuses([await send(), await send()])).toEqual([202, 429]);
  });

  it('that are set in the middle of a day begin with what rollups say was used, and so do those that paused', async () => {
    const client = await aClient(app, { name: 'In the middle' });
    const since = jest.spyOn(app.part(Counted), 'since');
    const rolledUp = (notifications: number) =>
      since.mockImplementation((ids) =>
        Promise.resolve(new Map(ids.map((id) => [id, { messages: 0, notifications, channels: { websocket: 3 } }]))),
      );
    rolledUp(7);
    const limit = (limits: object | null) => app.operator.patch(`/clients/${client.id}`, { settings: { limits } });
    const used = async () => (await usageOf(client, 'notifications', 'day')).used;
    expect(await usageOf(client, 'notifications', 'day')).toMatchObject({ used: 7, limit: null });

    await limit({ notificationsPerDay: 8 });
    await eventually(async () => (await usageOf(client, 'notifications', 'day')).limit === 8);
    expect([
      (await client.master.post('/notifications/send', inbox)).status,
      (await client.master.post('/notifications/send', inbox)).status,
    ]).toEqual([202, 429]);
    expect(await used()).toBe(8);

    await limit(null);
    await eventually(async () => (await usageOf(client, 'notifications', 'day')).limit === null);
    rolledUp(12);
    await limit({ notificationsPerDay: 100 });
    // What is seen of it is what it will begin with.
    const { body } = await app.operator.get('/admin/clients?name=In the middle');
    expect(body.data[0].usage).toContainEqual(
      expect.objectContaining({ what: 'notifications', window: 'day', used: 12, limit: 100 }),
    );
    await eventually(async () => (await usageOf(client, 'notifications', 'day')).limit === 100);
    expect(await used()).toBe(12);
    rolledUp(7);
    await limit({ notificationsPerDay: 200 });
    await eventually(async () => (await usageOf(client, 'notifications', 'day')).limit === 200);
    expect(await used()).toBe(12);
  });

  it('of what there is no such channel are a fault', async () => {
    const { status, body } = await app.operator.post('/clients', {
      name: 'x',
      settings: { limits: { channels: { pigeon: { perDay: 1 }, email: { perDay: 0 } } } },
    });

    expect(status).toBe(400);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/settings/limits/channels/email/perDay',
      '/settings/limits/channels/pigeon',
    ]);
  });
});

describe('a client reads the limits that hold for it', () => {
  const limitsOf = async ({ master }: TestClient) => (await master.get('/clients/me')).body.limits;

  it('its own, and the defaults of what it has none of', async () => {
    const client = await withLimits({
      ...{ requestsPerMinute: 1_000, keyRequestsPerSecond: 7, connections: 3, inboundPerMinute: 9 },
      ...{ messagesPerDay: 5, channels: { email: { perHour: 8 } }, routesPerMinute: { export: 4 } },
    });

    expect(await limitsOf(client)).toMatchObject({
      requests: {
        ...{ requestsPerSecond: 200, requestsPerMinute: 1_000, keyRequestsPerSecond: 7, keyRequestsPerMinute: 1_000 },
        routesPerMinute: { login: 200, search: 200, bulk: 100, trial: 20, export: 4 },
        ...{ bodyBytes: 262_144, notificationBodyBytes: 8_388_608 },
      },
      inbound: { inboundPerSecond: 200, inboundPerMinute: 9 },
      sockets: {
        connections: 3,
        connectionsPerUser: 20,
        commandsPerSecond: 50,
        commandsInFlight: 32,
        frameBytes: 65_536,
      },
      quotas: {
        ...{ messagesPerHour: null, messagesPerDay: 5, notificationsPerHour: null, notificationsPerDay: null },
        channels: { email: { perHour: 8, perDay: null }, websocket: { perHour: null, perDay: null } },
      },
    });
  });

  it('and each of a content is the one that is checked', async () => {
    const client = await withLimits({ requestsPerSecond: 1_000 });
    const { master } = client;
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const { content } = await limitsOf(client);
    type Most = Readonly<Record<string, number>>;
    const { messages, notifications } = content as Readonly<Record<'messages' | 'notifications', Most>>;
    const { email, sms, push, websocket, webhook } = content.channels as Readonly<Record<string, Most>>;
    const { refusedExtensions, refusedMimeTypes } = content.channels.email as Readonly<Record<string, string[]>>;
    const a = (length: number) => 'a'.repeat(length);
    const list = <T>(length: number, make: (n: number) => T) => Array.from({ length }, (_, n) => make(n));
    const file = (name: string, contentType = 'application/pdf', bytes = 3) => ({
      name,
      contentType,
      content: Buffer.alloc(bytes).toString('base64'),
    });
    const bytes = (length: number) => ({ x: a(length - 8) });
    const say = (message: object) => master.as('ann').post('/messages', { roomId, content: 'Hello', ...message });
    const notify = (contents: object, more: object = {}) =>
      master.post('/notifications/send', {
        to: [
          { email: 'ann@example.com' },
          { phone: '+4915112345678' },
          { userId: 'ann' },
          { url: 'https://example.com/' },
        ],
        channels: { websocket: { body: 'x' }, ...contents },
        test: true,
        ...more,
      });
    const mail = (more: object) => notify({ email: { subject: 'x', text: 'x', ...more } });
    type Try = (over: 0 | 1) => Promise<Reply>;
    const tries: Record<string, Try> = {
      'a message’s content': (over) => say({ content: a(messages.contentLength! + over) }),
      'its attachments': (over) =>
        say({
          attachments: list(messages.attachments! + over, (n) => ({
            url: `https://example.com/${n}`,
            name: 'x',
            size: 1,
            mimeType: 'a/b',
          })),
        }),
      'its mentions': (over) => say({ mentions: list(messages.mentions! + over, (n) => `u${n}`) }),
      'its metadata': (over) => say({ metadata: bytes(messages.metadataBytes! + over) }),
      recipients: (over) => notify({}, { to: list(notifications.recipients! + over, (n) => ({ userId: `u${n}` })) }),
      tags: (over) => notify({}, { tags: list(notifications.tags! + over, (n) => `${n}`) }),
      'a mail’s subject': (over) => mail({ subject: a(email!.subjectLength! + over) }),
      'its text': (over) => mail({ text: a(email!.textLength! + over) }),
      'its copies': (over) => mail({ cc: list(email!.cc! + over, (n) => `a${n}@example.com`) }),
      'its attached files': (over) => mail({ attachments: list(email!.attachments! + over, (n) => file(`${n}.pdf`)) }),
      'one of them': (over) =>
        mail({ attachments: [file('a.pdf', 'application/pdf', email!.attachmentBytes! + over)] }),
      'what is attached': (over) => mail({ attachments: [file(over ? `a.${refusedExtensions![0]}` : 'a.pdf')] }),
      'what it says it is': (over) => mail({ attachments: [file('a', over ? refusedMimeTypes![0] : 'image/png')] }),
      'a text message': (over) => notify({ sms: { text: a(sms!.textLength! + over) } }),
      'its parts': (over) => notify({ sms: { text: 'д'.repeat(sms!.parts! * 67 + over) } }),
      'a push’s data': (over) => notify({ push: { title: 'x', body: 'x', data: bytes(push!.dataBytes! + over) } }),
      'all of it': (over) =>
        notify({ push: { title: 'x', body: a(push!.contentBytes! - 2_000 - 31 + over), data: bytes(2_000) } }),
      'an inbox’s body': (over) => notify({ websocket: { body: a(websocket!.bodyLength! + over) } }),
      'its data': (over) => notify({ websocket: { data: bytes(websocket!.dataBytes! + over) } }),
      'a call’s body': (over) => notify({ webhook: { body: bytes(webhook!.bodyBytes! + over) } }),
    };

    const ends: Record<string, number[]> = {};
    for (const [name, attempt] of Object.entries(tries))
      ends[name] = [(await attempt(0)).status, (await attempt(1)).status];

    const right = (name: string) => [/message’s|^its (attachments|mentions|metadata)$/.test(name) ? 201 : 202, 400];
    expect(ends).toEqual(Object.fromEntries(Object.keys(tries).map((name) => [name, right(name)])));
  });
});
