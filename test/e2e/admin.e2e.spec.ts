import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditCleaning } from '../../src/modules/audit/audit-cleaning.js';
import { REMOVED_IN_BATCHES } from '../../src/modules/admin/removal.tables.js';
import { KeysCleaning } from '../../src/modules/clients/keys-cleaning.js';
import { NotificationsCleaning } from '../../src/modules/notifications/index.js';
import { RecurringJobs } from '../../src/platform/queue/index.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { aFullPlace, type OwnPlace } from '../builders/places.js';
import { NO_LIMITS } from '../builders/twins.js';
import { anApp, type TestApp } from '../support/app.js';
import { callsOf } from '../support/calls.js';
import { eventually } from '../support/eventually.js';
import { routeHandlers } from '../support/handlers.js';
import { rows } from '../support/rows.js';
import { statementsOf } from '../support/statements.js';

const WORD = `planted${randomUUID().slice(0, 8)}`;

let app: TestApp;
let client: TestClient;
let place: OwnPlace;

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app, { name: 'Corner Shop', settings: NO_LIMITS });
  place = await aFullPlace(app, client, WORD);
}, 60_000);
afterAll(() => app.close());

describe('what the operator sees of a client', () => {
  const views = routeHandlers.filter(({ path }) => path.startsWith('/admin/clients/{id}/'));

  it('are lists without contents and addresses, and each look is in the client’s own trail', async () => {
    const { master } = client;
    await master.put('/users/zoe', { email: `${WORD}@example.com`, phone: '+4915199998888' });
    const smtp = { host: '127.0.0.1', port: 2525, from: 'shop@example.com', username: 'shop', password: WORD };
    await master.post('/providers', { kind: 'smtp', name: 'SMTP', enabled: false, settings: smtp });
    await master.post('/webhooks/endpoints', {
      url: 'http://127.0.0.1:9/',
      eventTypes: ['*'],
      headers: { 'x-t': WORD },
    });
    const email = { subject: WORD, text: WORD };
    const to = [{ email: `${WORD}@simulator.test` }, { phone: '+4915199998888' }];
    await master.post('/notifications/send', {
      to,
      channels: { email, sms: { text: WORD } },
      tags: [WORD],
      metadata: { WORD },
    });
    const seen: Record<string, string> = {};

    for (const route of views) {
      const [call] = await callsOf(route, {
        id: (kind) => (kind === 'client' ? Promise.resolve(client.id) : place.id(kind)),
      });
      const { status, body } = await app.operator.get(call.path);
      expect([route.name, status]).toEqual([route.name, 200]);
      expect(body.data.length).toBeGreaterThan(0);
      const named = ({ event: _event, ...row }: Record<string, unknown>) => row; // what the client calls its sources
      seen[route.path.slice('/admin/clients/{id}/'.length)] = JSON.stringify(body.data.map(named));
    }

    const { body: trail } = await master.get('/audit-events?action=client.viewed&limit=100');
    expect(trail.data).toHaveLength(views.length);
    expect(trail.data[0]).toMatchObject({ actor: { type: 'operator' }, after: { what: expect.any(String) } });
    // What the client itself calls its providers, keys and endpoints is not about people.
    const { providers, keys, endpoints, ...aboutPeople } = seen;
    expect(
      Object.entries(aboutPeople).filter(([, text]) => text.includes(WORD) || text.includes('4915199998888')),
    ).toEqual([]);
    expect([providers, keys, endpoints].join()).not.toMatch(new RegExp(`"(password|x-t)":"${WORD}`));
    expect(seen.deliveries).toContain('p••••@simulator.test');
    expect(seen.users).toContain('{"id":"zoe","hasEmail":true,"hasPhone":true');
  });

  it('is nothing of a client that is not there', async () => {
    expect((await app.operator.get(`/admin/clients/${randomUUID()}/keys`)).status).toBe(404);
  });
});

describe('the installation', () => {
  it('says what runs, what waits, and whether keys must be rotated', async () => {
    const { body: overview } = await app.operator.get('/admin/overview');
    const { body: ring } = await app.operator.get('/admin/key-ring');

    expect(overview.nodes).toEqual([expect.objectContaining({ role: 'all', version: '0.1.0' })]);
    expect(overview.work).toContainEqual(expect.objectContaining({ kind: 'deliveries', dead: expect.any(Number) }));
    expect(overview).toMatchObject({ redis: 'up', clients: { suspended: 0 } });
    expect(ring).toMatchObject({ keys: [{ first: true }], rotationNeeded: false, unopenable: 0 });
    expect(ring.sealed.map(({ what }: { what: string }) => what)).toContain('API keys');
  });

  it('finds clients by their name and status', async () => {
    const named = async (query: string) =>
      (await app.operator.get(`/clients?${query}`)).body.data.map(({ id }: { id: string }) => id);

    expect(await named('name=CORNER')).toEqual([client.id]);
    expect(await named('name=corner&status=suspended')).toEqual([]);
    expect(await named('name=%25')).toEqual([]);
    const { body } = await app.operator.get('/admin/clients?name=corner');
    expect(body.data).toEqual([expect.objectContaining({ id: client.id, usage: expect.any(Array) })]);
    expect(body.data[0].usage).toContainEqual(expect.objectContaining({ what: 'notifications', limit: null }));
  });
});

it('lists many clients with what they use in as many statements as one', async () => {
  await Promise.all(Array.from({ length: 5 }, () => aClient(app, { settings: { limits: { messagesPerDay: 9 } } })));
  const asked = async (limit: number) => {
    const statements = await statementsOf(async () => {
      const { body } = await app.operator.get(`/admin/clients?limit=${limit}`);
      expect(body.data.length).toBeGreaterThan(Math.min(limit, 6) - 1);
    });
    return statements.filter((text) => /client_usage u WHERE|FROM analytics_counts c, kept|AS limits/.test(text))
      .length;
  };

  expect(await asked(100)).toBe(await asked(1));
});

/** Every table: the job that keeps it small, or why there need be none. */
const RETENTION: Readonly<Record<string, { readonly job: string } | { readonly why: string }>> = {
  alert_digests: { job: 'alerts.clean' },
  alerts: { job: 'alerts.clean' },
  analytics_actives: { job: 'analytics.clean' },
  analytics_changes: { job: 'analytics.roll' },
  analytics_counts: { job: 'analytics.clean' },
  analytics_grains: { why: 'four rows' },
  analytics_reach: { why: 'one row' },
  analytics_tags: { job: 'analytics.clean' },
  api_keys: { job: 'keys.clean' },
  audit_events: { job: 'audit.clean' },
  client_usage: { why: 'one row for a limit and window' },
  clients: { job: 'clients.remove' },
  deliveries: { job: 'notifications.clean' },
  delivery_events: { job: 'notifications.clean' },
  devices: { why: 'of users, who have some; a dead one is removed when a push service says so' },
  escalations: { why: 'part of what became of a message, which stays' },
  idempotency_keys: { job: 'idempotency.clean' },
  inbound_actions: { job: 'webhooks.clean' },
  inbound_events: { job: 'webhooks.clean' },
  inbound_keys: { job: 'webhooks.clean' },
  inbox_counts: { why: 'one row for a user' },
  message_reactions: { why: 'part of messages, which stay' },
  message_versions: { why: 'part of messages, which stay' },
  messages: { why: 'rooms are read from the beginning, for ever: numbers have no gaps and clientMessageIds no end' },
  notifications: { job: 'notifications.clean' },
  provider_breakers: { why: 'one row for a provider' },
  provider_calls: { job: 'provider_calls.clean' },
  provider_polls: { why: 'one row for a provider' },
  provider_routing: { why: 'one row for a channel' },
  provider_usage: { why: 'one row for a provider and window' },
  providers: { why: 'set by hand' },
  receipt_marks: { why: 'when a message was read, which stays' },
  receipts: { job: 'receipts.clean' },
  recurring_runs: { why: 'one row for a job' },
  room_bans: { why: 'one row for a user in a room' },
  room_events: { why: 'rooms are read from the beginning, for ever' },
  room_members: { why: 'one row for a user in a room' },
  room_reckonings: { why: 'one row for a client' },
  rooms: { why: 'they stay until they are deleted' },
  schema_migrations: { why: 'one row for a migration' },
  signing_secrets: { job: 'signing.clean' },
  suppression_keys: { why: 'one row for a client' },
  suppressions: { why: 'who is not to be written to is not forgotten' },
  tickets: { why: 'each that is made removes some that are over' },
  user_preferences: { why: 'one row for a user' },
  users: { why: 'they stay until they are erased' },
  webhook_attempts: { job: 'endpoints.clean' },
  webhook_calls: { job: 'endpoints.clean' },
  webhook_deliveries: { job: 'endpoints.clean' },
  webhook_endpoint_states: { why: 'one row for an endpoint' },
  webhook_endpoints: { job: 'endpoints.clean' },
  webhook_outbound_events: { job: 'endpoints.clean' },
  webhook_replays: { job: 'endpoints.clean' },
  webhook_sources: { why: 'set by hand' },
  work_attempts: { job: 'work.clean' },
  work_items: { job: 'work.clean' },
  work_totals: { why: 'so many rows for a kind' },
};

/** What a client has few of: the last statement of its removal takes it along. */
const FEW_OF_A_CLIENT = [
  ...['deliveries', 'delivery_events', 'notifications'], // before all others, by their own rule
  ...['inbound_actions', 'webhook_attempts', 'webhook_deliveries'], // with the events they are of
  ...[
    'client_usage',
    'provider_breakers',
    'provider_polls',
    'provider_routing',
    'provider_usage',
    'providers',
    'room_reckonings',
  ],
  ...['signing_secrets', 'suppression_keys', 'webhook_calls', 'webhook_endpoint_states', 'webhook_endpoints'],
  ...['webhook_sources', 'tickets', 'audit_events'],
];
/** Work of nobody ends as such. */
const OUTLIVES = ['work_items'];

describe('every table', () => {
  it('is kept small by a job, or need not be', async () => {
    const tables = await rows<{ name: string }>(
      app,
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    );
    const jobs = (app.part(RecurringJobs) as unknown as { jobs: Map<string, unknown> }).jobs;

    expect(Object.keys(RETENTION).sort()).toEqual(tables.map(({ name }) => name).sort());
    expect(Object.values(RETENTION).flatMap((one) => ('job' in one && !jobs.has(one.job) ? one.job : []))).toEqual([]);
  });

  it('of clients is emptied with its client', async () => {
    const tables = await rows<{ name: string }>(
      app,
      `SELECT table_name AS name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE column_name = 'client_id' AND table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );

    const known = [...REMOVED_IN_BATCHES, ...FEW_OF_A_CLIENT, ...OUTLIVES];
    expect(tables.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('what is old is removed', () => {
  it('of notifications, by what their client says, with their place in the inbox', async () => {
    const old = await aClient(app, { settings: { retentionDays: 30 } });
    const keeps = await aClient(app);
    await old.master.post('/notifications/send', { to: { userId: 'ann' }, channels: { websocket: { body: 'New' } } });
    await eventually(async () => (await old.master.as('ann').get('/inbox/count')).body.total === 1);
    const plant = (of: TestClient, n: number, completed: string) =>
      rows(
        app,
        `WITH one AS (
           INSERT INTO notifications (client_id, id, status, channels, total_count, completed_at)
           VALUES ($1, ('00000000-0000-7000-8000-' || lpad($2::text, 12, '0'))::uuid, 'completed', '{}', 1, ${completed}) RETURNING client_id, id)
         INSERT INTO deliveries (client_id, id, notification_id, channel, recipient, user_id, status, sent_at)
         SELECT client_id, id, id, 'websocket', 'ann', 'ann', 'sent', now() - interval '40 days' FROM one`,
        [of.id, n],
      );
    for (let n = 1; n <= 5; n++) await plant(old, n, `now() - interval '31 days'`);
    await plant(old, 6, `now() - interval '29 days'`);
    await plant(old, 7, 'NULL');
    await plant(keeps, 8, `now() - interval '31 days'`);
    await rows(app, `UPDATE inbox_counts SET total = 8, unread = 8 WHERE client_id = $1`, [old.id]);

    await app.part(NotificationsCleaning).clean();

    const left = await rows(
      app,
      'SELECT id FROM deliveries WHERE client_id = ANY ($1) AND sent_at < now() - $2::interval ORDER BY id',
      [[old.id, keeps.id], '30 days'],
    );
    expect(left.map(({ id }) => Number(String(id).slice(-2)))).toEqual([6, 7, 8]);
    expect((await old.master.as('ann').get('/inbox/count')).body).toEqual({ unread: 3, total: 3 });
  });

  it('of logins and of the trail, and nothing that is not', async () => {
    const { keyId } = await client.login('ann');
    const { keyId: later } = await client.login('ann');
    const { body: made } = await client.master.post('/clients/me/keys', {
      name: 'by hand',
      type: 'scoped',
      userId: 'ann',
    });
    await client.master.delete(`/clients/me/keys/${made.keyId}`);
    await rows(app, `UPDATE api_keys SET revoked_at = now() - interval '31 days' WHERE revoked_at IS NOT NULL`);
    await rows(
      app,
      `INSERT INTO audit_events (id, client_id, at, action, resource_type, actor_type)
       SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, $1, now() - make_interval(days => 365 + n - 2), 'old.told', 'key', 'system' FROM generate_series(1, 9) n`,
      [client.id],
    );

    await app.part(KeysCleaning).clean();
    await app.part(AuditCleaning).clean();

    const left = await rows(app, 'SELECT key_id FROM api_keys WHERE key_id = ANY ($1)', [[keyId, later, made.keyId]]);
    expect(left.map(({ key_id: id }) => id).sort()).toEqual([later, made.keyId].sort());
    expect(await rows(app, `SELECT 1 FROM audit_events WHERE action = 'old.told'`)).toHaveLength(1);
  });
});

/** The id of something that was made at that time. */
const idAt = (at: string) =>
  `(regexp_replace(lpad(to_hex((extract(epoch FROM ${at}) * 1000)::bigint), 12, '0'), '(.{8})', '\\1-') || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
interface Planted {
  /** How long it is kept. */
  readonly kept: string;
  readonly columns: string;
  /** Of the n-th, made at that time. `$1` is the client, `$2` its provider, `$3` its endpoint. */
  readonly values: (at: string) => string;
  /** Kept by the day: a day more or less. */
  readonly give?: string;
}
const aCount = (minutes: number, days: number): Planted => ({
  ...{ kept: `${days} days`, give: '2 days' },
  columns: 'client_id, kind, grain, at, key, n, gone, bins, tallies',
  values: (at) => `$1, 'planted', ${minutes}, ${at}, ARRAY[n::text], 1, 0, '{}', '{}'`,
});
/** Of each table what is made in it; after a space of what kind. */
const PLANTED: Readonly<Record<string, Planted>> = {
  alert_digests: {
    ...{ kept: '30 days', columns: 'client_id, notification_id, sent_at' },
    values: (at) => `$1, ${idAt(at)}, ${at}`,
  },
  alerts: {
    ...{ kept: '30 days', columns: 'client_id, id, type, at, told_by' },
    values: (at) => `$1, ${idAt(at)}, 'planted', ${at}, CASE WHEN n % 2 = 0 THEN $1::uuid END`,
  },
  analytics_actives: {
    ...{ kept: '400 days', give: '2 days', columns: 'client_id, kind, at, member, n' },
    values: (at) => `$1, 'user', ${at}, n, 1`,
  },
  'analytics_counts by the minute': aCount(1, 8),
  'analytics_counts by the quarter': aCount(15, 400),
  'analytics_counts by the hour': aCount(60, 400),
  'analytics_counts by the day': aCount(1_440, 400),
  analytics_tags: {
    ...{ kept: '400 days', give: '2 days', columns: 'client_id, hash, tag, noted_at' },
    values: (at) => `$1, n, n::text, ${at}`,
  },
  api_keys: {
    ...{ kept: '30 days', columns: 'key_id, client_id, name, type, origin, hash, last_four, revoked_at, expires_at' },
    values: (at) =>
      `'p' || n, $1, 'planted', 'scoped', 'login', '', '', CASE WHEN n % 2 = 0 THEN ${at} END, CASE WHEN n % 2 = 1 THEN ${at} END`,
  },
  audit_events: {
    ...{ kept: '365 days', columns: 'id, client_id, at, action, resource_type, actor_type' },
    values: (at) => `${idAt(at)}, $1, ${at}, 'planted.told', 'key', 'system'`,
  },
  idempotency_keys: {
    ...{ kept: '24 hours', columns: 'client_id, scope, key, request_hash, status, body, created_at' },
    values: (at) => `$1, 'planted', n, '', 200, '', ${at}`,
  },
  provider_calls: {
    ...{ kept: '900 seconds', give: '5 minutes', columns: 'client_id, provider_id, slot, calls, faults, times' },
    values: (at) => `$1, $2, ${at} - n * interval '1 microsecond', 1, 0, '{}'`,
  },
  receipts: {
    ...{ kept: '7 days', columns: 'client_id, provider_id, token, kind, at, received_at' },
    values: (at) => `$1, $2, 'planted' || n, 'opened', ${at}, ${at}`,
  },
  webhook_calls: {
    ...{ kept: '1 hour', columns: 'client_id, endpoint_id, delivery_id, until' },
    values: (at) => `$1, $3, ${idAt(at)}, ${at}`,
  },
  webhook_outbound_events: {
    ...{ kept: '30 days', columns: 'client_id, id, type, at, hops, data, truncated, created_at' },
    values: (at) => `$1, ${idAt(at)}, 'planted', ${at}, 0, '{}', false, ${at}`,
  },
  webhook_replays: {
    ...{ kept: '30 days', columns: 'client_id, id, endpoint_id, wish, status, count, finished_at' },
    values: (at) => `$1, ${idAt(at)}, $3, 'ids', 'done', 0, ${at}`,
  },
  work_items: {
    ...{ kept: '30 days', columns: 'id, client_id, kind, state, dedupe_key, finished_at' },
    values: (at) => `${idAt(at)}, $1, 'planted', 'done', n, ${at}`,
  },
};
/** More than any job removes at once. */
const MANY = 5_001;

describe('what each job removes', () => {
  it('is all that is older than it is kept, however much, and nothing else', async () => {
    const keeps = await aClient(app);
    const { body: provider } = await keeps.master.post('/providers', {
      ...{ kind: 'simulator', name: 'Sim', settings: { channel: 'email' } },
    });
    const { body: endpoint } = await keeps.master.post('/webhooks/endpoints', {
      ...{ url: 'http://127.0.0.1:9/', eventTypes: ['provider.degraded'] },
    });
    const names = { 1: keeps.id, 2: provider.id as string, 3: endpoint.id as string };
    const plant = ([name, { columns, values, kept, give = '1 minute' }]: [string, Planted], isOld: boolean) => {
      const at = `(now() - interval '${kept}' ${isOld ? '-' : '+'} interval '${give}')`;
      const one = values(at).replaceAll(/\$([123])/g, (_match, n: string) => `'${names[Number(n) as 1 | 2 | 3]}'`);
      const series = isOld ? `generate_series(1, ${MANY})` : `generate_series(${MANY + 1}, ${MANY + 3})`;
      return rows(app, `INSERT INTO ${tableOf(name)} (${columns}) SELECT ${one} FROM ${series} AS n`);
    };
    const tableOf = (name: string) => name.split(' ')[0] ?? '';
    const left = async () =>
      Object.fromEntries(
        await Promise.all(
          Object.keys(PLANTED).map(async (name) => {
            const grain = /by the (\w+)/.exec(name)?.[1];
            const of = grain
              ? ` AND kind = 'planted' AND grain = ${{ minute: 1, quarter: 15, hour: 60, day: 1_440 }[grain]}`
              : '';
            const [row] = await rows<{ n: number }>(
              app,
              `SELECT count(*)::integer AS n FROM ${tableOf(name)} WHERE client_id = '${keeps.id}'${of}`,
            );
            return [name, row?.n ?? 0] as const;
          }),
        ),
      );
    const before = await left();
    for (const one of Object.entries(PLANTED)) await Promise.all([plant(one, true), plant(one, false)]);
    const jobs = (app.part(RecurringJobs) as unknown as { jobs: Map<string, { run: () => Promise<void> }> }).jobs;
    const named = Object.keys(PLANTED).flatMap((name) => {
      const retention = RETENTION[tableOf(name)];
      return retention && 'job' in retention ? retention.job : [];
    });

    for (const job of new Set(named)) await jobs.get(job)?.run();

    const after = await left();
    expect(Object.fromEntries(Object.entries(after).map(([name, n]) => [name, n - (before[name] ?? 0)]))).toEqual(
      Object.fromEntries(Object.keys(PLANTED).map((name) => [name, 3])),
    );
  }, 60_000);
});

describe('a client that is deleted', () => {
  /** Of it there is much, and no statement may remove more than a batch, not even by taking others along. */
  const LARGEST_BATCH = 2_000;
  const LARGE = ['users', 'api_keys', 'alerts', 'idempotency_keys', 'analytics_counts'];
  const hasMany = async ({ id }: TestClient) => {
    for (const table of ['api_keys', 'alerts', 'idempotency_keys', 'analytics_counts by the hour']) {
      const { columns, values } = PLANTED[table] as Planted;
      const row = values('now()').replaceAll('$1', `'${id}'`).replaceAll(`'p' ||`, `'d' ||`);
      const name = table.split(' ')[0];
      await rows(app, `INSERT INTO ${name} (${columns}) SELECT ${row} FROM generate_series(1, ${MANY}) AS n`);
    }
    await rows(app, `INSERT INTO users (client_id, id) SELECT '${id}', 'u' || n FROM generate_series(1, ${MANY}) AS n`);
    const triggers = LARGE.map(
      (table) =>
        `CREATE TRIGGER few_at_once AFTER DELETE ON ${table} REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION few_at_once()`,
    );
    await rows(
      app,
      `CREATE FUNCTION few_at_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF (SELECT count(*) FROM gone) > ${LARGEST_BATCH} THEN RAISE EXCEPTION 'too many at once'; END IF; RETURN NULL; END $$`,
    );
    for (const trigger of triggers) await rows(app, trigger);
  };

  it('is nobody’s at once, its name is free, and soon nothing is left of it but that it was', async () => {
    const doomed = await aClient(app, { slug: WORD });
    await aFullPlace(app, doomed, 'doomed');
    const sendAt = new Date(Date.now() + 3_600_000).toISOString();
    await doomed.master.post('/notifications/send', {
      to: { userId: 'ann' },
      channels: { websocket: { body: 'x' } },
      sendAt,
    });
    const tables = await rows<{ name: string }>(
      app,
      `SELECT table_name AS name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE column_name = 'client_id' AND table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );

    await hasMany(doomed);

    expect((await app.operator.delete(`/clients/${doomed.id}`)).status).toBe(204);

    expect((await app.operator.get(`/clients/${doomed.id}`)).status).toBe(404);
    await eventually(async () => (await doomed.master.get('/clients/me')).status === 401);
    await aClient(app, { slug: WORD });
    const left = async () => {
      const counts = tables.map(async ({ name }) => ({
        name,
        count: (await rows(app, `SELECT 1 FROM ${name} WHERE client_id = $1`, [doomed.id])).length,
      }));
      return (await Promise.all(counts)).flatMap(({ name, count }) =>
        count > 0 && !OUTLIVES.includes(name) ? name : [],
      );
    };
    await eventually(async () => (await left()).join() === 'audit_events', { withinMs: 20_000 });
    const { body } = await app.operator.get(`/admin/audit-events?clientId=${doomed.id}`);
    expect(body.data.map(({ action }: { action: string }) => action)).toEqual(['client.deleted', 'client.created']);
    expect(await rows(app, 'SELECT 1 FROM clients WHERE id = $1', [doomed.id])).toEqual([]);
  }, 60_000);
});

describe('a recurring job that takes longer than its time', () => {
  it('is done by one, and once, whoever looks meanwhile', async () => {
    const elsewhere = await app.another();
    let begun = 0;
    let end: () => void = () => undefined;
    const ends = new Promise<void>((resolve) => (end = resolve));
    const job = { name: 'long', everySeconds: 1, run: () => (begun++, ends) };
    for (const one of [app, elsewhere]) one.part(RecurringJobs).register(job);
    const started = async () =>
      (
        await rows<{ at: Date }>(app, `SELECT started_at AS at FROM recurring_runs WHERE name = 'long'`)
      )[0]?.at.getTime();

    const running = app.part(RecurringJobs).runIfDue('long');
    const first = await eventually(started);
    // It says that it goes on; meanwhile both have looked whether it is due.
    await eventually(async () => ((await started()) ?? 0) > first + 3_000);
    await elsewhere.part(RecurringJobs).runIfDue('long');
    expect(begun).toBe(1);
    end();
    await running;
  });
});
