import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { Analytics1764290000000 } from '../../src/migrations/1764290000000-analytics.js';
import { AnalyticsTimes1764320000000 } from '../../src/migrations/1764320000000-analytics-times.js';
import { ANALYTICS_AUDIT } from '../../src/modules/analytics/analytics.audit.js';
import { RecurringJobs } from '../../src/platform/queue/index.js';
import { Counted } from '../../src/modules/analytics/counted.js';
import { GRAINS } from '../../src/modules/analytics/facts.js';
import { Rolling } from '../../src/modules/analytics/rolling.js';
import { RollupsRepository } from '../../src/modules/analytics/rollups.repository.js';
import { statements } from '../../src/platform/database/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anEmail, notificationOf, reached, send, timelineOf } from '../builders/notifications.js';
import { aProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

/*
 * Two clients that look alike. What analytics says of each is what a recount over the API says; and what the database has in its
 * counts is what it has in its rows, whatever happened to either.
 */

let app: TestApp;
let database: pg.Client;
let a: TestClient;
let b: TestClient;

beforeAll(async () => {
  app = await anApp();
  // Nobody rolls or folds but the tests: what the house takes meanwhile they could neither count nor wait for.
  const { jobs } = app.part(RecurringJobs) as unknown as { jobs: Map<string, unknown> };
  for (const name of ['analytics.roll', 'analytics.clean']) jobs.delete(name);
  database = new pg.Client({ connectionString: app.environment.DATABASE_URL });
  await database.connect();
  [a, b] = [await aClient(app, { name: 'Shop' }), await aClient(app, { name: 'Shop' })];
  await Promise.all([lively(a, ['ann', 'bob']), lively(b, ['ann'])]);
}, 60_000);

afterAll(async () => {
  await database.end();
  await app.close();
});

/** Deliveries that end in every way, on two channels. */
async function lively(client: TestClient, users: readonly string[]): Promise<void> {
  await aProvider(client, 'simulator', { channel: 'email' }, { name: 'Mail' });
  const to = ['ann', 'bounced', 'failed', 'bob'].map((name) => ({ email: `${name}@simulator.test` }));
  const mail = { email: anEmail() };
  const later = await send(client, {
    to,
    channels: mail,
    sendAt: new Date(Date.now() + 3_600_000).toISOString(),
    tags: ['late'],
  });
  const ended = (id: string) => reached(client, id, 'completed', 'partially_failed');
  await ended(await send(client, { to, channels: mail, tags: ['order', 'paid', 'order'] }));
  // So that the next one bounces, too: which of two at once would be suppressed nobody can say.
  await database.query('DELETE FROM suppressions WHERE client_id = $1', [client.id]);
  const sent = await Promise.all([
    send(client, { to, channels: mail, category: 'marketing', tags: ['news'] }),
    send(client, {
      to: users.map((userId) => ({ userId })),
      channels: { websocket: { title: 'Hello' } },
      tags: ['order'],
    }),
    send(client, { to, channels: mail, test: true, tags: ['order'] }),
  ]);
  await client.master.post(`/notifications/${later}/cancel`, {});
  await Promise.all(sent.map(ended));
  await reached(client, later, 'cancelled');
}

const roll = () => app.part(Rolling).roll();

/** What the counts of the database say that its rows do not. */
async function differences(): Promise<string[]> {
  const found: string[] = [];
  for (const { find } of ANALYTICS_AUDIT.rules)
    found.push(...(await database.query<{ id: string }>(find.text)).rows.map(({ id }) => id));
  return found;
}

interface Figures {
  readonly count: number;
  readonly statuses: Record<string, number>;
  readonly successRate: number | null;
  readonly acceptToSentMs: { p50: number; p95: number; p99: number } | null;
}
interface Report {
  readonly total: Figures;
  readonly buckets: readonly (Figures & { at: string })[];
  readonly series: readonly { group: Record<string, string | null>; total: Figures; buckets: readonly Figures[] }[];
}

async function analytics<R>(client: TestClient, path: string): Promise<R> {
  const { status, body } = await client.master.get(`/analytics/${path}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body as R;
}

async function pageOf<T>(client: TestClient, path: string, filter: Record<string, string> = {}): Promise<T[]> {
  const { status, body } = await client.master.get(
    `${path}?${new URLSearchParams({ limit: '100', ...filter }).toString()}`,
  );
  if (status !== 200) throw new Error(JSON.stringify(body));
  return (body as { data: T[] }).data;
}

interface Listed {
  readonly notificationId: string;
  readonly channel: string;
  readonly status: string;
  readonly providerId: string | null;
  readonly category: string;
  readonly tags: readonly string[];
}

/** Every delivery that was not only tried, from the lists of the API. */
async function listed(client: TestClient): Promise<Listed[]> {
  interface Seen {
    readonly id: string;
    readonly category: string;
    readonly tags: readonly string[];
    readonly test: boolean;
  }
  const notifications = (await pageOf<Seen>(client, '/notifications')).filter(({ test }) => !test);
  const each = notifications.map(async ({ id, category, tags }) => {
    const deliveries = await pageOf<Listed>(client, '/deliveries', { notificationId: id });
    return deliveries.map((delivery) => ({ ...delivery, notificationId: id, category, tags: [...new Set(tags)] }));
  });
  return (await Promise.all(each)).flat();
}

const FIELD = { channel: 'channel', provider: 'providerId', status: 'status', category: 'category' } as const;

function recount(deliveries: readonly Listed[], groupBy: string): Record<string, number> {
  const counts: Record<string, number> = {};
  const fields = groupBy.split(',');
  for (const delivery of deliveries) {
    const tags = fields.includes('tag') ? delivery.tags : [''];
    for (const tag of tags) {
      const group = fields.map((field) => (field === 'tag' ? tag : delivery[FIELD[field as keyof typeof FIELD]]));
      counts[JSON.stringify(group)] = (counts[JSON.stringify(group)] ?? 0) + 1;
    }
  }
  return counts;
}

async function expectToAgree(client: TestClient, groupBy: string): Promise<void> {
  const { series, total } = await analytics<Report>(client, `deliveries?groupBy=${groupBy}`);
  const deliveries = await listed(client);
  const said = series.map(({ group, total: { count } }) => [
    JSON.stringify(groupBy.split(',').map((by) => group[by])),
    count,
  ]);
  expect(Object.fromEntries(said)).toEqual(recount(deliveries, groupBy));
  expect(total.count).toBe(deliveries.length);
}

describe('deliveries', () => {
  beforeAll(roll);

  it.each(['channel', 'provider', 'status', 'category', 'channel,provider,status,category', 'tag', 'tag,status'])(
    'are counted by %s as a recount counts them, of each client its own',
    async (groupBy) => {
      await expectToAgree(a, groupBy);
      await expectToAgree(b, groupBy);
    },
  );

  it('have rates and times, and buckets that are there when they are empty', async () => {
    const { total, buckets } = await analytics<Report>(a, 'deliveries');

    expect(total).toEqual({
      count: 14,
      statuses: { delivered: 4, bounced: 2, failed: 2, sent: 2, cancelled: 4 },
      successRate: 0.6,
      acceptToSentMs: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
    });
    const { p50 = 0, p99 = 0 } = total.acceptToSentMs ?? {};
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
    expect(buckets).toHaveLength(25);
    expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(14);
    expect(buckets[0]).toEqual({
      at: expect.any(String),
      count: 0,
      statuses: {},
      successRate: null,
      acceptToSentMs: null,
    });
  });

  it('are of hours and days of the zone that is asked for', async () => {
    const day = await analytics<Report & { from: string; to: string }>(
      a,
      'deliveries?interval=day&timeZone=Asia/Kolkata&from=2026-03-28T12:00:00Z&to=2026-03-29T12:00:00Z',
    );
    expect([day.from, ...day.buckets.map(({ at }) => at).slice(1), day.to]).toEqual([
      ...['2026-03-27T18:30:00.000Z', '2026-03-28T18:30:00.000Z', '2026-03-29T18:30:00.000Z'],
    ]);
    const { buckets } = await analytics<Report>(a, 'deliveries?timeZone=Asia/Kathmandu');
    expect(new Date(buckets[0]?.at ?? '').getUTCMinutes()).toBe(15);
    expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(14);
    const minutes = await analytics<Report>(a, 'deliveries?interval=minute');
    expect(minutes.total.count).toBe(14);
  });

  it('move with their status, back as well as forth', async () => {
    const before = await analytics<Report>(a, 'deliveries');
    await database.query(
      `UPDATE deliveries SET status = 'bounced', reason = 'hard_bounce' WHERE client_id = $1 AND status = 'sent' AND channel = 'websocket' AND recipient = 'bob'`,
      [a.id],
    );
    const [from, to] = [-3_600_000, 3_600_000].map((ahead) => new Date(Date.now() + ahead).toISOString());
    const replayed = await a.master.post('/deliveries/replay', { from, to, channel: 'email' });
    expect(replayed.status).toBe(202);
    await eventually(async () => {
      await roll();
      return (await listed(a)).every(({ status }) => !['queued', 'sending', 'retrying'].includes(status));
    });
    await roll();

    await expectToAgree(a, 'channel,provider,status,category');
    const after = await analytics<Report>(a, 'deliveries');
    expect(after.total.count).toBe(before.total.count);
    expect(after.total.statuses['sent']).toBe(1);
    await expect(differences()).resolves.toEqual([]);
  });
});

it('counts on what somebody was sent who is erased, and forgets what only it was called', async () => {
  const wish = { to: { userId: 'zoe' }, channels: { websocket: { title: 'Hello' } } };
  await reached(b, await send(b, { ...wish, tags: ['for-zoe'] }), 'completed');
  await reached(b, await send(b, { ...wish, tags: ['order'] }), 'completed');
  await roll();
  const before = await analytics<Report>(b, 'deliveries?groupBy=tag');
  await b.master.delete('/users/zoe');
  await roll();

  const after = await analytics<Report>(b, 'deliveries?groupBy=tag');
  const tags = ({ series }: Report) => series.map(({ group, total: { count } }) => [group['tag'], count]);
  expect(tags(before)).toContainEqual(['for-zoe', 1]);
  expect(tags(after)).toEqual(tags(before).map(([tag, count]) => [tag === 'for-zoe' ? null : tag, count]));
  await expect(differences()).resolves.toEqual([]);
});

describe('what was noted is added once', () => {
  const rolling = statements().find(({ name }) => name === 'analytics.roll')?.text ?? '';
  const wish = { to: [{ userId: 'ann' }, { userId: 'bob' }], channels: { websocket: { title: 'Hello' } } };

  it('although a roller dies before it commits', async () => {
    await reached(a, await send(a, wish), 'completed');
    const dying = new pg.Client({ connectionString: app.environment.DATABASE_URL });
    dying.on('error', () => undefined);
    await dying.connect();
    await dying.query('BEGIN');
    const taken = await dying.query<{ taken: number }>(rolling, [1_000]);
    const { rows } = await dying.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await database.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await dying.end().catch(() => undefined);

    await roll();

    expect(taken.rows[0]?.taken).toBeGreaterThan(0);
    await expectToAgree(a, 'channel,status');
    await expect(differences()).resolves.toEqual([]);
  });

  it('by two rollers at once', async () => {
    await reached(a, await send(a, wish), 'completed');
    const other = new pg.Client({ connectionString: app.environment.DATABASE_URL });
    await other.connect();
    await other.query('BEGIN');
    await other.query(rolling, [1]);
    await reached(a, await send(a, wish), 'completed');
    const rolled = roll(); // waits for a count that the other has, and for nothing else
    await other.query('COMMIT');
    await other.end();
    await rolled;

    await expectToAgree(a, 'channel,status');
    await expect(differences()).resolves.toEqual([]);
  });

  it('and is not said to be in the figures before', async () => {
    const id = await send(a, wish);
    const { createdAt } = (await a.master.get(`/notifications/${id}`)).body as { createdAt: string };
    const asOf = async () => Date.parse((await analytics<{ asOf: string }>(a, 'deliveries')).asOf);
    await eventually(async () => {
      await roll();
      return (await asOf()) >= Date.parse(createdAt);
    });

    await reached(a, id, 'completed');
    await expectToAgree(a, 'channel');
    await roll();
  });
});

interface MessageReport {
  readonly total: Record<string, number>;
  readonly buckets: readonly Record<string, number>[];
}

describe('messages', () => {
  const rooms: Record<string, string> = {};

  beforeAll(async () => {
    for (const client of [a, b]) {
      const users = await Promise.all(['ann', 'bob', 'eve'].map((userId) => client.login(userId)));
      for (const name of ['one', 'two']) {
        const roomId = await aRoom(client, { type: 'group', name, members: ['ann', 'bob', 'eve'] });
        rooms[`${client.id} ${name}`] = roomId;
        for (const user of users.slice(0, client === a ? 2 : 1))
          await user.api.post('/messages', { roomId, content: 'Hello' });
      }
    }
    await a.master.post('/messages', { roomId: rooms[`${a.id} one`], type: 'system', content: 'Welcome' });
    await roll();
  });

  it('are counted with the rooms and users they came from, each once', async () => {
    const { total, buckets } = await analytics<MessageReport>(a, 'messages');
    expect(total).toEqual({ messages: 4, systemMessages: 1, activeRooms: 2, activeUsers: 2 });
    expect(buckets).toHaveLength(25);
    expect(buckets.filter(({ messages }) => messages === 0)).not.toHaveLength(0);
    const others = await analytics<MessageReport>(b, 'messages?interval=day&timeZone=America/New_York');
    expect(others.total).toEqual({ messages: 2, systemMessages: 0, activeRooms: 2, activeUsers: 1 });
  });

  it('stay counted when their room is gone, and when a user is forgotten', async () => {
    await a.master.delete(`/rooms/${rooms[`${a.id} two`]}`);
    await a.master.delete('/users/bob');
    await eventually(async () => {
      const { rows } = await database.query(`SELECT 1 FROM messages WHERE client_id = $1 AND sender_id = 'bob'`, [
        a.id,
      ]);
      return rows.length === 0;
    });
    await roll();

    const { total } = await analytics<MessageReport>(a, 'messages');
    expect(total).toEqual({ messages: 4, systemMessages: 1, activeRooms: 2, activeUsers: expect.any(Number) });
    await expect(differences()).resolves.toEqual([]);
  });
});

interface CallReport {
  readonly total: { calls: number; errors: number; errorRate: number | null; latencyMs: object | null };
  readonly series: readonly {
    providerId?: string;
    name?: string;
    url?: string;
    total: { calls: number; outcomes: object };
  }[];
}

it('counts the calls of providers as the timelines do', async () => {
  await roll();
  const { total, series } = await analytics<CallReport>(a, 'providers');

  const ids = (await pageOf<{ id: string }>(a, '/notifications')).map(({ id }) => id);
  const entries = (await Promise.all(ids.map((id) => timelineOf(a, id)))).flat();
  const calls = entries.filter(({ type, providerId }) => type === 'attempt' && providerId);
  expect(total.calls).toBe(calls.length);
  expect(total.errors).toBe(calls.filter(({ status }) => status !== 'sent' && status !== 'delivered').length);
  expect(total.latencyMs).not.toBeNull();
  const mail = series.find(({ name }) => name === 'Mail');
  expect(mail?.total.calls).toBe(calls.filter(({ providerId }) => providerId === mail?.providerId).length);
  expect(mail?.total.calls).toBeGreaterThan(7);
});

it('counts webhooks, out and in', async () => {
  const url = 'http://127.0.0.1:9/nobody';
  const endpoint = await a.master.post('/webhooks/endpoints', { url, eventTypes: ['provider.degraded'] });
  await a.master.post(`/webhooks/endpoints/${endpoint.body.id}/test`, {});
  const source = await a.master.post('/webhooks/sources', {
    event: 'order.paid',
    verification: { scheme: 'none' },
    actions: [],
  });
  for (const n of [1, 2]) await fetch(source.body.url, { method: 'POST', body: JSON.stringify({ id: n }) });
  interface Webhooks {
    readonly outbound: CallReport;
    readonly inbound: { total: object; series: readonly { event: string }[] };
  }

  const { outbound, inbound } = await eventually(async () => {
    await roll();
    const report = await analytics<Webhooks>(a, 'webhooks');
    expect(report.inbound.total).toEqual({ events: 2, statuses: { completed: 2 } });
    expect(report.outbound.total).toMatchObject({ calls: 1, errors: 1, errorRate: 1 });
    return report;
  });

  expect(outbound.series).toEqual([expect.objectContaining({ endpointId: endpoint.body.id, url })]);
  expect(outbound.series[0]?.total.outcomes).toEqual({ failed: 1 });
  expect(inbound.series).toEqual([expect.objectContaining({ event: 'order.paid', sourceId: source.body.id })]);
  expect((await analytics<Webhooks>(b, 'webhooks')).outbound.series).toEqual([]);
});

it('has a dashboard that says the same', async () => {
  await roll();
  interface Dashboard {
    readonly notifications: number;
    readonly deliveries: Report;
    readonly messages: MessageReport;
    readonly providers: readonly { name: string; total: object }[];
    readonly webhooks: { outbound: { total: object }; inbound: { total: object } };
  }
  const board = await analytics<Dashboard>(a, 'dashboard');
  const [deliveries, messages, providers, webhooks] = await Promise.all([
    analytics<Report>(a, 'deliveries?groupBy=channel'),
    analytics<MessageReport>(a, 'messages'),
    analytics<CallReport>(a, 'providers'),
    analytics<{ outbound: { total: object }; inbound: { total: object } }>(a, 'webhooks'),
  ]);

  const accepted = (await listed(a)).map(({ notificationId }) => notificationId);
  expect(board.notifications).toBe(new Set(accepted).size);
  expect(board.deliveries).toEqual({ total: deliveries.total, buckets: deliveries.buckets, series: deliveries.series });
  expect(board.messages).toEqual({ total: messages.total, buckets: messages.buckets });
  expect(board.providers.map(({ total }) => total)).toEqual(providers.series.map(({ total }) => total));
  expect(board.webhooks.outbound.total).toEqual(webhooks.outbound.total);
  expect(board.webhooks.inbound.total).toEqual(webhooks.inbound.total);
  const week = await analytics<Dashboard>(a, 'dashboard?from=2026-01-01T00:00:00Z&to=2026-01-31T00:00:00Z');
  expect(week.deliveries.buckets).toHaveLength(30);
});

it('says since a moment what a client has sent', async () => {
  const deliveries = await listed(a);
  const tried = deliveries.filter(({ status }) => !['skipped', 'suppressed'].includes(status));
  const [anHourAgo, inAnHour] = [-1, 1].map((hours) => new Date(Date.now() + hours * 3_600_000)) as [Date, Date];
  const both = await app.part(Counted).since([a.id, b.id], anHourAgo);
  const since = both.get(a.id)!;

  expect(since.messages).toBe(5);
  expect(since.channels).toEqual(
    Object.fromEntries(
      Object.entries(recount(tried, 'channel')).map(([key, n]) => [(JSON.parse(key) as string[])[0], n]),
    ),
  );
  expect(since.notifications).toBe(new Set(deliveries.map(({ notificationId }) => notificationId)).size);
  expect(both.get(b.id)).not.toEqual(since);
  expect((await app.part(Counted).since([a.id], inAnHour)).get(a.id)).toEqual({
    ...{ messages: 0, notifications: 0, channels: {} },
  });
});

it.each([
  ['deliveries?from=yesterday', '/from'],
  ['deliveries?from=2026-11-25T00:00:00Z&to=2026-11-24T00:00:00Z', '/from'],
  ['deliveries?from=2020-01-01T00:00:00Z&to=2026-11-24T00:00:00Z', '/interval'],
  ['deliveries?interval=year', '/interval'],
  ['messages?interval=minute', '/interval'],
  ['providers?timeZone=Mars/Olympus', '/timeZone'],
  ['webhooks?timeZone=%2B05:30', '/timeZone'],
  ['deliveries?groupBy=colour', '/groupBy'],
  ['deliveries?groupBy=tag,channel', '/groupBy'],
  ['dashboard?interval=hour', '/interval'],
])('refuses %s at %s', async (path, pointer) => {
  const { status, body } = await a.master.get(`/analytics/${path}`);
  expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
});

it('tells how far it is behind', async () => {
  await reached(a, await send(a, { to: { userId: 'ann' }, channels: { websocket: { title: 'Hello' } } }), 'completed');
  const response = await fetch(`${app.url}/metrics`, {
    headers: { Authorization: `Bearer ${app.environment.ADMIN_KEY}` },
  });
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('chatapi_analytics'));
  expect(lines).toEqual([
    expect.stringMatching(/^chatapi_analytics_waiting [1-9]\d*$/),
    expect.stringMatching(/^chatapi_analytics_behind_seconds \d/),
  ]);
});

async function migrated(migration: new () => MigrationInterface, direction: 'up' | 'down'): Promise<void> {
  const runner = app.part(DataSource).createQueryRunner();
  await runner.startTransaction();
  await new migration()[direction](runner);
  await runner.commitTransaction();
  await runner.release();
}

it('counts what there was before it could count', async () => {
  await migrated(AnalyticsTimes1764320000000, 'down');
  await migrated(Analytics1764290000000, 'down');
  await migrated(Analytics1764290000000, 'up');
  await roll();
  await database.query(`DELETE FROM analytics_counts WHERE kind LIKE '%\\_times'`);
  await migrated(AnalyticsTimes1764320000000, 'up');

  await expectToAgree(a, 'channel,provider,status,category');
  await expectToAgree(a, 'tag');
  await expect(differences()).resolves.toEqual([]);
});

it('counts tags that are too many together, and nothing of them twice or not at all', async () => {
  const busy = await aClient(app);
  const wish = (tags: string[]) => ({ to: { userId: 'ann' }, channels: { websocket: { title: 'Hello' } }, tags });
  const tagsOf = (n: number) => Array.from({ length: 20 }, (_none, at) => `order-${n}-${at}`);
  const notifications = Array.from({ length: 51 }, (_none, n) => wish(tagsOf(n)));
  await busy.master.post('/notifications/batch', { notifications });
  const id = await send(busy, wish(['popular', 'order-50-0']));
  await reached(busy, id, 'completed');
  await eventually(async () =>
    (await pageOf<{ status: string }>(busy, '/notifications')).every((one) => one.status === 'completed'),
  );
  await roll();

  await app.part(Rolling).clean();

  const cells = async () =>
    (
      await database.query<{ tags: number; others: number; all: number }>(
        `SELECT count(DISTINCT key[1]) FILTER (WHERE key[1] <> '')::integer AS tags, sum(n) FILTER (WHERE key[1] = '')::integer AS others, sum(n)::integer AS all
           FROM analytics_counts WHERE client_id = $1 AND kind = 'tag' AND grain = 60`,
        [busy.id],
      )
    ).rows[0];
  expect(await cells()).toEqual({ tags: 1_000, others: 1_022 - 1_001, all: 1_022 });
  const { rows: names } = await database.query('SELECT 1 FROM analytics_tags WHERE client_id = $1', [busy.id]);
  expect(names).toHaveLength(1_000);
  const { series } = await analytics<Report>(busy, 'deliveries?groupBy=tag');
  expect(series.slice(0, 2).map(({ group, total }) => [group['tag'], total.count])).toEqual([
    [null, 21],
    ['order-50-0', 2],
  ]);
  await expect(differences()).resolves.toEqual([]);

  // Late, of all of them.
  await database.query(`UPDATE deliveries SET status = 'failed' WHERE client_id = $1`, [busy.id]);
  await roll();
  await expect(differences()).resolves.toEqual([]);
  await app.part(Rolling).clean();
  expect(await cells()).toEqual({ tags: 1_000, others: 21, all: 1_022 });
  const below = async () =>
    (await database.query('SELECT 1 FROM analytics_counts WHERE client_id = $1 AND n < 0', [busy.id])).rows.length;
  expect(await below()).toBe(0);

  // One of them is used much by now, and what was counted with the others is late.
  const { rows: kept } = await database.query<{ tag: string }>('SELECT tag FROM analytics_tags WHERE client_id = $1', [
    busy.id,
  ]);
  const folded = notifications.flatMap(({ tags }) => tags).find((tag) => !kept.some((one) => one.tag === tag)) ?? '';
  for (let n = 0; n < 3; n++) await reached(busy, await send(busy, wish([folded])), 'completed');
  await database.query(`UPDATE deliveries SET status = 'delivered' WHERE client_id = $1`, [busy.id]);
  await roll();
  expect(await below()).toBeGreaterThan(0);
  await app.part(Rolling).clean();
  expect(await below()).toBe(0);
  await expect(differences()).resolves.toEqual([]);
});

describe('when rows are past their day', () => {
  it('their counts stay, also when one of them moves late', async () => {
    await roll();
    const before = await analytics<Report>(b, 'deliveries?groupBy=channel,status');
    const [{ id } = { id: '' }] = await pageOf<{ id: string }>(b, '/notifications');
    const { deliveries } = await notificationOf(b, id);
    await database.query(`DELETE FROM notifications WHERE client_id = $1 AND id <> $2`, [b.id, id]);
    await database.query(`UPDATE deliveries SET status = 'bounced' WHERE id = $1`, [deliveries[0]?.id]);
    await roll();

    const after = await analytics<Report>(b, 'deliveries');
    expect(after.total.count).toBe(before.total.count);
    expect(await listed(b)).not.toHaveLength(after.total.count);
    await expect(differences()).resolves.toEqual([]);
  });

  it('minutes go before hours do, and do not come back', async () => {
    const { total } = await analytics<Report>(b, 'deliveries');
    const rollups = app.part(RollupsRepository);
    while (await rollups.forget(GRAINS.minute, -1)); // tomorrow is kept
    await reached(
      b,
      await send(b, { to: { userId: 'ann' }, channels: { websocket: { title: 'Hello' } } }),
      'completed',
    );
    await roll();

    expect((await analytics<Report>(b, 'deliveries?interval=minute')).total.count).toBe(0);
    expect((await analytics<Report>(b, 'deliveries')).total.count).toBe(total.count + 1);
    const { rows } = await database.query('SELECT 1 FROM analytics_counts WHERE grain = 1');
    expect(rows).toEqual([]);
    await expect(differences()).resolves.toEqual([]);
  });

  it('and a client that is gone takes its counts along', async () => {
    await database.query(`DELETE FROM clients WHERE id = $1`, [b.id]);
    await roll();

    const { rows } = await database.query('SELECT 1 FROM analytics_counts WHERE client_id = $1', [b.id]);
    expect(rows).toEqual([]);
    await expect(app.part(RollupsRepository).standing()).resolves.toEqual({ behindSeconds: 0, waiting: 0 });
    await expect(differences()).resolves.toEqual([]);
  });
});
