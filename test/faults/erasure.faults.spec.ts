import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { SuppressionList } from '../../src/modules/suppressions/index.js';
import { type Erasure, PersonalData } from '../../src/modules/users/index.js';
import { Database } from '../../src/platform/database/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anEvent, signed } from '../fakes/mailgun.js';
import { anApp, anEnvironment, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { OpenSockets } from '../support/open-sockets.js';
import { aProcess } from '../support/processes.js';
import { rows } from '../support/rows.js';
import { TRANSPORTS } from '../support/sockets.js';

const NO_LIMITS = { settings: { limits: { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000 } } };

let app: TestApp;
let client: TestClient;
let mailbox: Mailbox;
const sockets = new OpenSockets();

beforeAll(async () => {
  mailbox = await aMailbox();
  app = await anApp();
  client = await aSendingClient(app);
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(async () => {
  await app.close();
  await mailbox.close();
});

async function aSendingClient(house: Pick<TestApp, 'operator' | 'api'>): Promise<TestClient> {
  const made = await aClient(house, NO_LIMITS);
  const settings = { host: '127.0.0.1', port: mailbox.port, from: 'shop@example.com' };
  await made.master.post('/providers', { kind: 'smtp', name: 'Ours', settings });
  await made.master.post('/webhooks/endpoints', { url: 'http://127.0.0.1:9/nobody', eventTypes: ['*'] });
  return made;
}

/** Every row of every table as text, and every key and value in Redis. */
async function everythingStored(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const tables = await rows<{ name: string }>(
    { environment },
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const dump = tables.map(({ name }) =>
    rows<{ text: string }>({ environment }, `SELECT '${name} ' || t::text AS text FROM ${name} t`),
  );
  return [...(await Promise.all(dump)).flat().map(({ text }) => text), ...(await everythingInRedis(environment))];
}

async function everythingInRedis(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const redis = new Redis(environment.REDIS_URL ?? '');
  try {
    const keys = await redis.keys(`*${environment.REDIS_PREFIX}*`);
    const read: Record<string, (key: string) => Promise<unknown>> = {
      string: (key) => redis.get(key),
      hash: (key) => redis.hgetall(key),
      list: (key) => redis.lrange(key, 0, -1),
      set: (key) => redis.smembers(key),
      zset: (key) => redis.zrange(key, 0, -1),
      stream: (key) => redis.xrange(key, '-', '+'),
    };
    return await Promise.all(
      keys.map(async (key) => `redis ${key} ${JSON.stringify(await read[await redis.type(key)]?.(key))}`),
    );
  } finally {
    redis.disconnect();
  }
}

const traces = async (name: string, environment: NodeJS.ProcessEnv): Promise<string[]> =>
  (await everythingStored(environment)).filter((text) => text.toLowerCase().includes(name));

/** A user whose id and everything else says one unique name, wherever a caller can put one. */
async function aPlantedUser(client: TestClient) {
  const name = `zz${randomBytes(6).toString('hex')}`;
  const userId = `${name}-id`;
  const email = `${name}@example.com`;
  const bob = `bob-${randomUUID()}`;
  const { master } = client;
  const as = master.as(userId);
  await master.put(`/users/${userId}`, {
    displayName: `Ann ${name}`,
    email: `former-${email}`,
    phone: '+4915112345678',
    metadata: { nickname: name },
  });
  await client.login(userId, { device: `${name}’s phone` });
  await master.post('/clients/me/keys', { name: `for ${name}`, type: 'scoped', userId });
  const once = () => ({ 'Idempotency-Key': randomUUID() });
  await master.post(`/users/${userId}/devices`, { kind: 'fcm', token: `token-of-${name}` }, once());
  for (const address of [email, `Former-${email}`])
    await master.post('/suppressions', { channel: 'email', address, reason: 'unsubscribe' }, once());
  await master.put(`/users/${userId}/preferences`, { channels: { email: { marketing: false } } });

  const group = (await as.post('/rooms', { type: 'group', name: 'Team', members: [bob] }, once())).body.id as string;
  const direct = (await as.post('/rooms', { type: 'direct', name: `Bob & ${name}`, members: [bob] })).body.id as string;
  const support = { type: 'support', name: `Help for ${name}`, description: name, metadata: { who: name } };
  await as.post('/rooms', { ...support, members: [bob] });
  const said = {
    content: `I am ${name}`,
    metadata: { from: name },
    mentions: [userId],
    attachments: [{ url: `https://files.example/${name}.pdf`, name: `${name}.pdf`, size: 1, mimeType: 'text/plain' }],
    clientMessageId: `${name}-1`,
  };
  const message = await as.post('/messages', { roomId: group, ...said }, once());
  await as.patch(`/messages/${message.body.id}`, { content: `I am ${name}!` });
  await as.post('/messages', { roomId: direct, ...said });
  const gone = await as.post('/messages', { roomId: group, content: `${name} was here`, clientMessageId: `${name}-2` });
  await as.delete(`/messages/${gone.body.id}`);
  const other = await master
    .as(bob)
    .post('/messages', { roomId: group, content: 'Hello', mentions: [userId, bob] }, once());
  await as.call('PUT', `/messages/${other.body.id}/reactions/👍`);
  await as.call('PUT', `/messages/${message.body.id}/reactions/🎉`);
  await master.as(bob).call('PUT', `/messages/${message.body.id}/reactions/🎉`);
  await as.post(`/rooms/${group}/read`, { seq: 1 });
  const missed = {
    type: 'group',
    members: [userId, bob],
    settings: { escalation: { afterSeconds: 1, channels: ['email'] } },
  };
  const { body: missedRoom } = await as.post('/rooms', missed);
  const missedBy = async (reader: string, sender: string, content: string) => {
    const { body } = await master.as(sender).post('/messages', { roomId: missedRoom.id, content });
    await eventually(async () => {
      const { body: trace } = await master.get(`/messages/${body.id}/trace`);
      return trace.steps.some(({ userId: told }: { userId?: string }) => told === reader);
    });
  };
  await master.put(`/users/${bob}`, { email: `${bob}@example.com` });
  await missedBy(userId, bob, 'Where are you?');
  await missedBy(bob, userId, `Here is ${name}`);

  const notify = async (to: object, more: object = {}) => {
    const email = { subject: `For ${name}`, text: name };
    const wish = { to, channels: { email, websocket: { title: name } }, tags: [name], metadata: { name }, ...more };
    return (await master.post('/notifications/send', wish, once())).body.id as string;
  };
  mailbox.behave((recipient) =>
    recipient.includes(name) ? { code: 550, text: `${recipient} is unknown` } : undefined,
  );
  const refused = await notify([{ userId }]);
  await ended(client, refused);
  await master.put(`/users/${userId}`, { email });
  await ended(
    client,
    await notify([{ email: `Former-${email}`, name: `Ann ${name}` }], {
      channels: { email: { subject: name, text: name } },
    }),
  );
  const plain = { email: { subject: 'News', text: 'For all', cc: [email, 'carl@example.com'], replyTo: email } };
  const shared = await notify([{ userId }, { email: 'carl@example.com' }], { channels: plain, tags: [], metadata: {} });
  await ended(client, shared);
  await notify({ userId }, { sendAt: new Date(Date.now() + 3_600_000).toISOString() });
  await aBounceOfAnUnknownMail(client, email);
  await aWebhookAbout(client, { name, userId, email });
  return { name, userId };
}

/** Another system tells of somebody whom the rules for it name, too. */
async function aWebhookAbout(
  { master }: TestClient,
  { name, userId, email }: { name: string; userId: string; email: string },
): Promise<void> {
  const params = { senderId: userId, roomId: randomUUID(), content: { $: 'payload.text' }, metadata: { to: email } };
  const wish = { event: 'crm', verification: { scheme: 'none' }, actions: [{ type: 'sendMessage', params }] };
  const { body: source } = await master.post('/webhooks/sources', wish);
  for (const told of [{ customer: userId }, { to: `Ann <${email.toUpperCase()}>` }]) {
    const body = JSON.stringify({ ...told, text: `I am ${name}` });
    const answer = await fetch(source.url, { method: 'POST', headers: { 'x-customer': email }, body });
    const { id } = (await answer.json()) as { id: string };
    await eventually(async () => (await master.get(`/webhooks/events/${id}`)).body.status === 'failed');
  }
}

/** A provider tells of a mail to somebody before we know that it took it. */
async function aBounceOfAnUnknownMail({ master }: TestClient, recipient: string): Promise<void> {
  const webhookSigningKey = 'signing-key-0123456789';
  const settings = {
    apiKey: 'key-0123456789',
    domain: 'mg.example.com',
    from: 'shop@mg.example.com',
    webhookSigningKey,
  };
  const { body } = await master.post('/providers', { kind: 'mailgun', name: 'Unused', settings, priority: 999 });
  const bounce = { event: 'failed', severity: 'permanent', reason: `${recipient} is unknown`, recipient };
  await master.post(`/providers/${body.id}/events`, signed(anEvent(bounce), webhookSigningKey));
}

const ended = (client: TestClient, id: string) =>
  eventually(async () => {
    const { body } = await client.master.get(`/notifications/${id}`);
    return body.counts.open === 0;
  });

/** Where the contract lets a caller put a name. */
const PLANTED = [
  'api_keys',
  'deliveries',
  'delivery_events',
  'devices',
  'escalations',
  'idempotency_keys',
  'inbox_counts',
]
  .concat([
    'message_reactions',
    'message_versions',
    'messages',
    'notifications',
    'receipts',
    'room_events',
    'room_members',
    'rooms',
  ])
  .concat(['suppressions', 'user_preferences', 'users'])
  .concat(['inbound_actions', 'inbound_events', 'webhook_outbound_events', 'webhook_sources']);

it('leaves no trace of a name that is in every place a caller can put one: no table, no key of Redis, no log', async () => {
  const environment = await anEnvironment();
  const process = await aProcess(environment);
  const here = await aSendingClient(process);
  const { name, userId } = await aPlantedUser(here);
  const before = new Set((await traces(name, environment)).map((text) => text.split(' ')[0]));
  const { status } = await here.master.delete(`/users/${userId}`);
  const left = await traces(name, environment);
  const again = await here.master.get(`/users/${userId}`);
  await process.stop();

  expect(PLANTED.filter((table) => !before.has(table))).toEqual([]);
  expect([status, left, again.status]).toEqual([204, [], 404]);
  expect(process.output()).toContain('"level":"info"');
  expect(process.output().toLowerCase()).not.toContain(name);
}, 60_000);

const someone = (): string => `user-${randomUUID()}`;
const erase = (userId: string) => client.master.delete(`/users/${userId}`);
const say = async (userId: string, roomId: string, content: string, more: object = {}) =>
  (await client.master.as(userId).post('/messages', { roomId, content, ...more })).body as { id: string; seq: number };
const feedOf = async (roomId: string) =>
  (await client.master.get(`/rooms/${roomId}/events?limit=100`)).body.data as {
    ev: string;
    offset: number;
    data: Record<string, unknown>;
  }[];

describe('the rooms of an erased user', () => {
  it.each(TRANSPORTS)('tell of everything that goes, in order and without a gap, over %s', async (transport) => {
    const [ann, bob, carl] = [someone(), someone(), someone()];
    const roomId = await aRoom(client, { type: 'group', members: [{ userId: ann, role: 'owner' }, bob, carl] });
    const said = await say(ann, roomId, 'Hello');
    const heard = await say(bob, roomId, 'Hello yourself', { mentions: [ann, carl] });
    const gone = await say(ann, roomId, 'Never mind');
    await client.master.as(ann).delete(`/messages/${gone.id}`);
    for (const emoji of ['👍', '🎉'])
      await client.master.as(ann).call('PUT', `/messages/${heard.id}/reactions/${emoji}`);
    await client.master.as(carl).call('PUT', `/messages/${heard.id}/reactions/👍`);
    const socket = await sockets.open(transport, app.url, (await client.login(bob)).apiKey);
    const { head } = socket.of('ready')[0]?.data.rooms[0] as { head: number };

    expect((await erase(ann)).status).toBe(204);

    const owner = await socket.hears('member.updated');
    expect(owner.data).toMatchObject({ role: 'owner' });
    expect((await socket.hears('member.removed')).data.userId).toBe(ann);
    expect((await socket.hears('reaction.removed', 2)).data).toMatchObject({ messageId: heard.id, userId: ann });
    expect((await socket.hears('message.deleted')).data).toMatchObject({ id: said.id, content: null });
    expect((await socket.hears('message.updated')).data).toMatchObject({ id: heard.id, mentions: [carl] });
    expect(socket.durable.filter(({ roomId: of }) => of === roomId).map(({ offset }) => offset)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => head + n),
    );

    const { body: history } = await client.master.get(`/messages?roomId=${roomId}&after=0`);
    expect(history.data).toMatchObject([
      { id: said.id, seq: 1, content: null, senderId: expect.stringMatching(/^erased-[0-9a-f]{32}$/) },
      { id: heard.id, seq: 2, content: 'Hello yourself', reactions: [{ emoji: '👍', count: 1, userIds: [carl] }] },
      { id: gone.id, seq: 3, content: null, senderId: history.data[0].senderId },
    ]);
    const feed = await feedOf(roomId);
    expect(feed.map(({ offset }) => offset)).toEqual(feed.map((_, n) => n + 1));
    expect(feed.length).toBe(head + 6);
    expect(JSON.stringify(feed)).not.toContain(ann);
    expect((await client.master.get(`/rooms/${roomId}`)).body).toMatchObject({ memberCount: 2, head: head + 6 });
  });

  it('entomb more messages than one transaction takes, in all their rooms', async () => {
    const [ann, bob] = [someone(), someone()];
    const roomIds = await Promise.all([1, 2].map(() => aRoom(client, { type: 'group', members: [ann, bob] })));
    const each = 300;
    const send = async (roomId: string) => {
      for (let n = 0; n < each; n += 50) await Promise.all(Array.from({ length: 50 }, () => say(ann, roomId, 'Hello')));
    };
    await Promise.all(roomIds.map(send));

    expect((await erase(ann)).status).toBe(204);

    for (const roomId of roomIds) {
      const { body: room } = await client.master.get(`/rooms/${roomId}`);
      expect(room).toMatchObject({ lastSeq: each, head: 1 + each + 1 + each });
    }
    const [left] = await rows<{ live: number; events: number; places: number }>(
      app,
      `SELECT (SELECT count(*) FROM messages WHERE room_id = ANY ($1) AND (deleted_at IS NULL OR content IS NOT NULL)) AS live,
              (SELECT count(*) FROM room_events WHERE room_id = ANY ($1) AND ev = 'message.deleted') AS events,
              (SELECT count(DISTINCT (room_id, "offset")) FROM (
                 SELECT room_id, "offset" FROM messages UNION ALL SELECT room_id, "offset" FROM room_events) p WHERE room_id = ANY ($1)) AS places`,
      [roomIds],
    );
    expect(left).toEqual({ live: 0, events: 2 * each, places: 2 * (2 * each + 2) });
  }, 60_000);

  it('are opened anew with whoever has the id next', async () => {
    const [ann, bob] = [someone(), someone()];
    const wish = { type: 'direct', name: 'The two of us', members: [ann, bob] };
    const before = await aRoom(client, wish);
    await erase(ann);
    const after = await client.master.post('/rooms', wish);

    expect([after.status, after.body.id === before]).toEqual([201, false]);
    const { body: old } = await client.master.get(`/rooms/${before}`);
    expect(old).toMatchObject({ name: null, memberCount: 1, type: 'direct' });
    expect((await feedOf(before)).map(({ ev }) => ev)).toEqual(['room.created', 'member.removed', 'room.updated']);
  });
});

describe('the keys of an erased user', () => {
  it('open nothing when the answer arrives, and their sockets close with 4003 on every node', async () => {
    const { userId, apiKey, api } = await client.login(someone());
    const elsewhere = await app.another();
    const open = [await sockets.open('raw', app.url, apiKey), await sockets.open('socket.io', elsewhere.url, apiKey)];

    expect((await erase(userId)).status).toBe(204);

    expect((await api.get('/auth/me')).status).toBe(401);
    for (const socket of open) expect((await socket.ends()).code).toBe(4003);
  });

  it('are found where there is nothing else of the user', async () => {
    const userId = someone();
    const { body } = await client.master.post('/clients/me/keys', { name: 'a key', type: 'scoped', userId });

    expect((await client.master.get(`/users/${userId}`)).status).toBe(404);
    expect((await erase(userId)).status).toBe(204);
    expect((await app.api(String(body.key)).get('/auth/me')).status).toBe(401);
  });
});

it('who has themselves erased is in the audit events by their pseudonym alone', async () => {
  const userId = someone();
  await client.master.put(`/users/${userId}`, { displayName: 'Sue' });

  expect((await client.master.as(userId).delete(`/users/${userId}`)).status).toBe(204);

  const told = await rows<{ event: string }>(
    app,
    `SELECT a::text AS event FROM audit_events a WHERE a.client_id = $1 ORDER BY a.at DESC, a.id DESC LIMIT 3`,
    [client.id],
  );
  expect(told[0]?.event).toMatch(/user\.erased.*erased-[0-9a-f]{32}.*erased-[0-9a-f]{32}/);
  expect(told.map(({ event }) => event).join()).not.toContain(userId);
});

describe('the notifications of an erased user', () => {
  it('stay for the others, without the user', async () => {
    const ann = someone();
    const email = `${ann}@example.com`;
    await client.master.put(`/users/${ann}`, { email });
    const mail = { subject: 'News', text: 'For all', cc: [email, 'dora@example.com'], replyTo: email };
    const wish = { to: [{ userId: ann }, { email: 'carl@example.com' }], channels: { email: mail } };
    const once = { 'Idempotency-Key': randomUUID() };
    const sent = await client.master.post('/notifications/send', wish, once);
    const id = String(sent.body.id);
    await ended(client, id);
    await erase(ann);

    const { body } = await client.master.get(`/notifications/${id}`);
    expect(body).toMatchObject({ status: 'completed', counts: { total: 2, open: 0, failed: 0 } });
    const [stored] = await rows<{ channels: object }>(app, `SELECT channels FROM notifications WHERE id = $1`, [id]);
    expect(stored?.channels).toEqual({ email: { subject: 'News', text: 'For all', cc: ['dora@example.com'] } });
    const again = await client.master.post('/notifications/send', wish, once);
    expect([again.status, again.body.id, again.headers.get('idempotency-replayed')]).toEqual([202, id, 'true']);
    expect(JSON.stringify(again.body)).not.toContain(ann);
  });

  it('are not sent any more, and nothing of them is left to read', async () => {
    const ann = someone();
    const sendAt = new Date(Date.now() + 3_600_000).toISOString();
    const channels = { websocket: { title: 'Hello' } };
    const wish = { to: { userId: ann }, channels, sendAt, tags: ['a tag'], metadata: { order: 1 } };
    const { body: sent } = await client.master.post('/notifications/send', wish);
    await erase(ann);

    const { body } = await client.master.get(`/notifications/${sent.id}`);
    expect(body).toMatchObject({ status: 'cancelled', tags: [], metadata: {}, channels: ['websocket'] });
    expect(body.deliveries).toMatchObject([{ status: 'cancelled', reason: 'cancelled' }]);
    const work = await rows(app, `SELECT state, reason FROM work_items WHERE id = $1`, [sent.deliveries[0].id]);
    expect(work).toEqual([{ state: 'dead', reason: 'cancelled' }]);
  });
});

describe('an erasure', () => {
  it('that a fault cut short is finished by the next, under the same pseudonym', async () => {
    const [ann, bob] = [someone(), someone()];
    const roomId = await aRoom(client, { type: 'group', members: [ann, bob] });
    await say(ann, roomId, 'Hello');
    const pseudonyms: string[] = [];
    const faulty = {
      stage: 'content' as const,
      lists: {},
      addressesOf: () => Promise.resolve([]), // the last to be erased
      erase: ({ userId, pseudonym }: Erasure) => {
        if (userId === ann) pseudonyms.push(pseudonym);
        return pseudonyms.length === 1 ? Promise.reject(new Error('The power went out.')) : Promise.resolve(0);
      },
    };
    app.part(PersonalData).register(faulty);

    const first = await erase(ann);
    const between = await client.master.get(`/users/${ann}`);
    const second = await erase(ann);

    expect([first.status, between.status, second.status]).toEqual([500, 200, 204]);
    expect(new Set(pseudonyms).size).toBe(1);
    expect(pseudonyms).toHaveLength(2);
    expect(await traces(ann, app.environment)).toEqual([]);
  });

  it('in the middle of which a mail bounces keeps its address from being written to, and nothing else', async () => {
    const ann = someone();
    const email = `${ann}@example.com`;
    const other = await aClient(app, NO_LIMITS);
    const bounce = (clientId: string) =>
      app.part(Database).transaction((tx) => {
        const bounced = [{ channel: 'email', address: email, reason: 'hard_bounce' as const }];
        return app.part(SuppressionList).add(tx, clientId, bounced);
      });
    for (const house of [client, other]) await house.master.put(`/users/${ann}`, { email });
    await bounce(other.id);
    app.part(PersonalData).register({
      stage: 'content', // after suppressions, before what is in a worker's hands is waited for
      lists: {},
      erase: async ({ userId }: Erasure) => (userId === ann ? bounce(client.id) : 0),
    });

    expect((await erase(ann)).status).toBe(204);

    const stored = async (house: TestClient) =>
      (await house.master.get(`/suppressions?address=${email}`)).body.data as { address: string | null }[];
    expect(await stored(client)).toMatchObject([{ address: null, reason: 'hard_bounce', deliveryId: null }]);
    expect(await stored(other)).toMatchObject([{ address: email, reason: 'hard_bounce' }]);
  });

  it('is of one client’s user: the same id elsewhere is another', async () => {
    const ann = someone();
    const other = await aClient(app, NO_LIMITS);
    const roomOf = async (of: TestClient) => {
      const id = await aRoom(of, { type: 'group', members: [ann] });
      await of.master.as(ann).post('/messages', { roomId: id, content: 'Hello', mentions: [ann] });
      return id;
    };
    const [, theirs] = await Promise.all([roomOf(client), roomOf(other)]);
    const { api } = await other.login(ann);
    await other.master.post(`/users/${ann}/devices`, { kind: 'fcm', token: randomUUID() });

    expect((await erase(ann)).status).toBe(204);

    expect((await api.get(`/messages?roomId=${theirs}`)).body.data).toMatchObject([
      { senderId: ann, content: 'Hello', mentions: [ann] },
    ]);
    expect((await other.master.get(`/users/${ann}/devices`)).body.data).toHaveLength(1);
    expect((await other.master.get(`/rooms/${theirs}`)).body).toMatchObject({ memberCount: 1, head: 2 });
  });

  it('of nobody is 404, and so is a second one', async () => {
    const ann = someone();
    await client.master.put(`/users/${ann}`, {});

    expect([(await erase(someone())).status, (await erase(ann)).status, (await erase(ann)).status]).toEqual([
      404, 204, 404,
    ]);
  });
});
