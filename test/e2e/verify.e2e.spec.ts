import { execFile } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { EVERYTHING_AUDITED } from '../../src/everything-audited.js';
import { Rolling } from '../../src/modules/analytics/rolling.js';
import { Metrics } from '../../src/platform/observability/index.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anEmail, reached, send } from '../builders/notifications.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { documentedMetrics, typeOfMetric } from '../support/documented-metrics.js';

const ROOT = new URL('../..', import.meta.url).pathname;

let app: TestApp;
let client: TestClient;
let database: pg.Client;
/** Every finding that was printed. */
const told = new Set<string>();

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app);
  database = new pg.Client({ connectionString: app.environment.DATABASE_URL });
  await database.connect();
}, 60_000);

afterAll(async () => {
  await database.end();
  await app.close();
});

/** As an operator runs it: the compiled script and the address of the database, nothing else. */
function verify(environment: NodeJS.ProcessEnv = { DATABASE_URL: app.environment.DATABASE_URL }) {
  return new Promise<{ code: number; said: string }>((resolve) => {
    const options = { cwd: ROOT, env: { PATH: process.env.PATH, ...environment } };
    execFile(process.execPath, ['dist/verify.js'], options, (error, stdout, stderr) => {
      stdout.split('\n').forEach((line) => told.add(line));
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: stdout + stderr });
    });
  });
}

/** A lie told to the database, and taken back. */
async function whileItSays<T>(lie: string, truth: string, look: () => Promise<T>): Promise<T> {
  await database.query(lie);
  try {
    return await look();
  } finally {
    await database.query(truth);
  }
}

const inApp = { websocket: { title: 'Hello' } };

it('recounts what was accepted while the service runs', async () => {
  await client.master.post('/providers', { kind: 'simulator', name: 'Sim', settings: { channel: 'email' } });
  const to = [{ userId: 'ann' }, { email: 'bounced@simulator.test' }, { email: 'bob@simulator.test' }];
  const done = await send(client, { to, channels: { ...inApp, email: anEmail() } });
  await reached(client, done, 'partially_failed');
  await send(client, { to, channels: { email: anEmail() }, sendAt: new Date(Date.now() + 3_600_000).toISOString() });
  const load = Promise.all(Array.from({ length: 30 }, () => send(client, { to: { userId: 'ann' }, channels: inApp })));

  const { code, said } = await verify();
  await load;

  expect(said).toContain('All that was accepted is accounted for.');
  expect(said).toMatch(/^work: deliveries +\d+ +\d+ +\d+$/m);
  expect(said).toMatch(/^counts of notifications +\d+ +\d+ +\d+$/m);
  expect(code).toBe(0);
});

describe('the recount finds', () => {
  let id: string;
  let deliveryId: string;

  beforeEach(async () => {
    id = await send(client, { to: { userId: 'ann' }, channels: inApp });
    deliveryId = (await reached(client, id, 'completed')).deliveries[0]?.id ?? '';
  });

  it.each<[string, () => [lie: string, truth: string], () => string]>([
    [
      'a delivery that nobody would ever bring to its end',
      () => [
        `UPDATE deliveries SET status = 'queued' WHERE id = '${deliveryId}'`,
        `UPDATE deliveries SET status = 'sent' WHERE id = '${deliveryId}'`,
      ],
      () => `1 deliveries wait, and no work would ever bring them to an end: ${deliveryId}`,
    ],
    [
      'work that is gone from the table',
      () => [
        `CREATE TABLE kept AS SELECT * FROM work_items WHERE id = '${deliveryId}'; DELETE FROM work_items WHERE id = '${deliveryId}'`,
        'INSERT INTO work_items SELECT * FROM kept; DROP TABLE kept',
      ],
      () => 'work: deliveries: accepted is not terminal + pending',
    ],
    [
      'work that would send again what has ended',
      () => [
        `UPDATE work_items SET state = 'ready', finished_at = NULL, run_at = now() + interval '1 hour' WHERE id = '${deliveryId}'`,
        `UPDATE work_items SET state = 'done', finished_at = now() WHERE id = '${deliveryId}'`,
      ],
      () => `1 deliveries have ended, and there is work that would send them again: ${deliveryId}`,
    ],
    [
      'a notification that miscounts',
      () => [
        `UPDATE notifications SET failed_count = failed_count + 1 WHERE id = '${id}'`,
        `UPDATE notifications SET failed_count = failed_count - 1 WHERE id = '${id}'`,
      ],
      () => `1 notifications count their deliveries wrongly: ${id}`,
    ],
    [
      'a failure without a reason',
      () => [
        `UPDATE deliveries SET status = 'failed', reason = NULL WHERE id = '${deliveryId}'`,
        `UPDATE deliveries SET status = 'sent' WHERE id = '${deliveryId}'`,
      ],
      () => `1 deliveries have failed without a reason: ${deliveryId}`,
    ],
    [
      'deliveries in a state that there is not',
      () => [
        `UPDATE deliveries SET status = 'lost' WHERE id = '${deliveryId}'`,
        `UPDATE deliveries SET status = 'sent' WHERE id = '${deliveryId}'`,
      ],
      () => '  deliveries: accepted is not terminal + pending',
    ],
    [
      'deliveries that no notification counts',
      () => [
        `UPDATE notifications SET total_count = total_count - 1 WHERE id = '${id}'`,
        `UPDATE notifications SET total_count = total_count + 1 WHERE id = '${id}'`,
      ],
      () => 'counts of notifications: accepted is not terminal + pending',
    ],
    [
      'an inbox that miscounts',
      () => [
        `UPDATE inbox_counts SET unread = unread + 1 WHERE client_id = '${client.id}' AND user_id = 'ann'`,
        `UPDATE inbox_counts SET unread = unread - 1 WHERE client_id = '${client.id}' AND user_id = 'ann'`,
      ],
      () => `1 clients have inboxes that count their items wrongly: ${client.id}`,
    ],
    [
      'totals of work that are not those of its rows',
      () => [
        `UPDATE work_totals SET done = done + 1, accepted = accepted + 1, removed_done = removed_done + 1, held = held + 1 WHERE kind = 'deliveries'`,
        `UPDATE work_totals SET done = done - 1, accepted = accepted - 1, removed_done = removed_done - 1, held = held - 1 WHERE kind = 'deliveries'`,
      ],
      () => '1 kinds of work have totals that are not what their rows say: deliveries',
    ],
    [
      'work in a state that nobody would find',
      () => [
        `UPDATE work_items SET finished_at = NULL WHERE id = '${deliveryId}'`,
        `UPDATE work_items SET finished_at = now() WHERE id = '${deliveryId}'`,
      ],
      () => `1 pieces of work are in a state that nobody would find: ${deliveryId}`,
    ],
  ])('%s', async (_what, change, finding) => {
    const [lie, truth] = change();

    const { code, said } = await whileItSays(lie, truth, verify);

    expect(said).toContain(finding());
    expect(code).toBe(1);
  });
});

describe('of webhooks the recount finds', () => {
  let deliveryId: string;
  let eventId: string;

  beforeAll(async () => {
    const { master } = client;
    const url = 'http://127.0.0.1:9/nobody';
    const endpoint = await master.post('/webhooks/endpoints', { url, eventTypes: ['provider.degraded'] });
    await master.post(`/webhooks/endpoints/${endpoint.body.id}/test`, {});
    const wish = { event: 'order.paid', verification: { scheme: 'none' }, actions: [] };
    const source = await master.post('/webhooks/sources', wish);
    const taken = await fetch(source.body.url, { method: 'POST', body: '{"id": 1}' });
    eventId = ((await taken.json()) as { id: string }).id;
    deliveryId = await eventually(async () => {
      const { rows } = await database.query<{ id: string }>(
        `SELECT id FROM webhook_deliveries WHERE status = 'failed'`,
      );
      return rows[0]?.id;
    });
    await eventually(async () => (await master.get(`/webhooks/events/${eventId}`)).body.status === 'completed');
  });

  it('nothing while all is well, and nothing of the lies that were taken back', async () => {
    const { code, said } = await verify();

    expect(said).toMatch(/^webhook deliveries +1 +1 +0$/m);
    expect(said).toMatch(/^inbound events +1 +1 +0$/m);
    expect(code).toBe(0);
  });

  it.each<[string, () => [lie: string, truth: string], () => string]>([
    [
      'a delivery that nobody would make',
      () => [
        `UPDATE webhook_deliveries SET status = 'pending' WHERE id = '${deliveryId}'`,
        `UPDATE webhook_deliveries SET status = 'failed' WHERE id = '${deliveryId}'`,
      ],
      () => `1 webhook deliveries wait, and no work would ever make them: ${deliveryId}`,
    ],
    [
      'a failure without a reason',
      () => [
        `UPDATE webhook_deliveries SET reason = NULL WHERE id = '${deliveryId}'`,
        `UPDATE webhook_deliveries SET reason = 'connection' WHERE id = '${deliveryId}'`,
      ],
      () => `1 webhook deliveries have failed without a reason: ${deliveryId}`,
    ],
    [
      'an event that nobody would go on with',
      () => [
        `UPDATE inbound_events SET status = 'accepted' WHERE id = '${eventId}'`,
        `UPDATE inbound_events SET status = 'completed' WHERE id = '${eventId}'`,
      ],
      () => `1 inbound events wait, and no work would ever go on with them: ${eventId}`,
    ],
    [
      'an event that failed without a reason',
      () => [
        `UPDATE inbound_events SET status = 'failed' WHERE id = '${eventId}'`,
        `UPDATE inbound_events SET status = 'completed' WHERE id = '${eventId}'`,
      ],
      () => `1 inbound events have failed without a reason: ${eventId}`,
    ],
    [
      'an action that was left out',
      () => [
        `INSERT INTO inbound_actions (client_id, event_id, n, run, id, type, definition, effect_id)
         SELECT client_id, id, 0, run, 'forward', 'forward', '{}', gen_random_uuid() FROM inbound_events WHERE id = '${eventId}'`,
        `DELETE FROM inbound_actions WHERE event_id = '${eventId}'`,
      ],
      () => `1 inbound events are completed with actions that are not: ${eventId}`,
    ],
    [
      'deliveries and events in a state that there is not',
      () => [
        `UPDATE webhook_deliveries SET status = 'lost' WHERE id = '${deliveryId}'; UPDATE inbound_events SET status = 'lost' WHERE id = '${eventId}'`,
        `UPDATE webhook_deliveries SET status = 'failed' WHERE id = '${deliveryId}'; UPDATE inbound_events SET status = 'completed' WHERE id = '${eventId}'`,
      ],
      () =>
        'webhook deliveries: accepted is not terminal + pending\n  inbound events: accepted is not terminal + pending',
    ],
  ])('%s', async (_what, change, finding) => {
    const [lie, truth] = change();

    const { code, said } = await whileItSays(lie, truth, verify);

    expect(said).toContain(finding());
    expect(code).toBe(1);
  });
});

describe('of analytics the recount finds', () => {
  const COUNT = 'client_id, kind, grain, at, key, n, gone, bins, tallies';

  beforeAll(async () => {
    const ann = await client.login('ann');
    const roomId = await aRoom(client, { type: 'group', name: 'Support', members: ['ann'] });
    await ann.api.post('/messages', { roomId, content: 'Hello' });
    await app.part(Rolling).roll();
  });

  it('nothing while all is well, added up or not yet', async () => {
    const to = [{ userId: 'ann' }, { userId: 'bob' }];
    await reached(client, await send(client, { to, channels: inApp, tags: ['order'] }), 'completed');

    const { code, said } = await verify();

    expect(said).toContain('All that was accepted is accounted for.');
    expect(code).toBe(0);
  });

  it('nothing of a client that is going, whose rows go one table after the other', async () => {
    const going = await aClient(app);
    await reached(going, await send(going, { to: { userId: 'ann' }, channels: inApp }), 'completed');
    await app.part(Rolling).roll();
    await database.query(`UPDATE clients SET deleted_at = now() WHERE id = '${going.id}';
      DELETE FROM notifications WHERE client_id = '${going.id}'; DELETE FROM inbox_counts WHERE client_id = '${going.id}';
      DELETE FROM analytics_changes WHERE client_id = '${going.id}'`);

    expect(await verify()).toMatchObject({ code: 0 });
  });

  it.each<[string, string, string, RegExp]>([
    [
      'a count that is too high',
      `UPDATE analytics_counts SET n = n + 1 WHERE kind = 'message' AND grain = 60 AND key = '{user}'`,
      `UPDATE analytics_counts SET n = n - 1 WHERE kind = 'message' AND grain = 60 AND key = '{user}'`,
      /\d counts of analytics differ from a recount: [0-9a-f-]{36} message 60 min \S+Z user/m,
    ],
    [
      'a count that is gone',
      `CREATE TABLE kept AS SELECT * FROM analytics_counts WHERE kind = 'tag' AND grain = 15; DELETE FROM analytics_counts WHERE kind = 'tag' AND grain = 15`,
      `INSERT INTO analytics_counts (${COUNT}) SELECT ${COUNT} FROM kept; DROP TABLE kept`,
      /\d counts of analytics differ from a recount: [0-9a-f-]{36} tag 15 min \S+Z -?\d+\/sent/m,
    ],
    [
      'a time in a bin where none was',
      `UPDATE analytics_counts SET bins = bins || 900::smallint, tallies = tallies || 1::bigint WHERE kind = 'webhook_call' AND grain = 1`,
      `UPDATE analytics_counts SET bins = bins[:1], tallies = tallies[:1] WHERE kind = 'webhook_call' AND grain = 1`,
      /\d times of analytics differ from a recount: [0-9a-f-]{36} webhook_call 1 min \S+Z [0-9a-f-]{36}\/failed/m,
    ],
    [
      'a time of a channel that none of its deliveries took',
      `UPDATE analytics_counts SET n = n + 1, tallies[1] = tallies[1] + 1 WHERE kind = 'channel_times' AND grain = 15`,
      `UPDATE analytics_counts SET n = n - 1, tallies[1] = tallies[1] - 1 WHERE kind = 'channel_times' AND grain = 15`,
      /\d times of analytics differ from those that they are made of: [0-9a-f-]{36} channel_times 15 min \S+Z \w+/m,
    ],
    [
      'times of endpoints that are gone',
      `CREATE TABLE kept AS SELECT * FROM analytics_counts WHERE kind = 'endpoint_times' AND grain = 1; DELETE FROM analytics_counts WHERE kind = 'endpoint_times' AND grain = 1`,
      `INSERT INTO analytics_counts (${COUNT}) SELECT ${COUNT} FROM kept; DROP TABLE kept`,
      /\d times of analytics differ from those that they are made of: [0-9a-f-]{36} endpoint_times 1 min \S+Z [0-9a-f-]{36}/m,
    ],
    [
      'a user who said nothing',
      `INSERT INTO analytics_actives SELECT client_id, kind, at, member + 1, 1 FROM analytics_actives WHERE kind = 'user'`,
      `DELETE FROM analytics_actives a USING analytics_actives b WHERE a.kind = 'user' AND b.kind = 'user' AND a.member = b.member + 1`,
      /\d quarters of analytics count other rooms or users than had messages in them: [0-9a-f-]{36} user \S+Z/m,
    ],
  ])('%s', async (_what, lie, truth, finding) => {
    await app.part(Rolling).roll();

    const { code, said } = await whileItSays(lie, truth, verify);

    expect(said).toMatch(finding);
    expect(code).toBe(1);
  });
});

describe('of rooms the recount finds', () => {
  let talking: TestClient;
  const NOBODY = '01890000-0000-7000-8000-00000000dead';
  beforeAll(async () => {
    talking = await aClient(app);
  });
  afterAll(async () => {
    await database.query(`DELETE FROM rooms WHERE id = '${NOBODY}'`);
    await app.operator.delete(`/clients/${talking.id}`);
  });

  /** With three messages, the second an answer to the first, which was edited; the last has a reaction. */
  async function aTalk(): Promise<{ room: string; first: string; last: string }> {
    const room = await aRoom(talking, { type: 'group', members: ['ann', 'bob'] });
    const ann = talking.master.as('ann');
    const { body: first } = await ann.post('/messages', { roomId: room, content: 'One' });
    await ann.post('/messages', { roomId: room, content: 'Two', replyTo: first.id });
    const { body: last } = await ann.post('/messages', { roomId: room, content: 'Three' });
    await ann.patch(`/messages/${first.id}`, { content: 'Once' });
    await ann.call('PUT', `/messages/${last.id}/reactions/👍`);
    return { room, first: first.id, last: last.id };
  }

  it('nothing while people talk, and each lie by what it is told of', async () => {
    const talks = await Promise.all(Array.from({ length: 10 }, () => aTalk()));
    const talk = (n: number) => talks[n - 1] ?? { room: '', first: '', last: '' };
    const { body: direct } = await talking.master.as('ann').post('/rooms', { type: 'direct', members: ['bob'] });
    const twin = await aRoom(talking, { type: 'group', members: ['ann', 'bob'] });
    const removed = await talking.master.as('ann').post('/messages', { roomId: talk(1).room, content: 'Gone' });
    await talking.master.as('ann').delete(`/messages/${removed.body.id}`);
    expect((await verify()).said).toContain('All that was accepted is accounted for.');

    const lies: [lie: string, finding: string][] = [
      [
        `DELETE FROM room_events WHERE room_id = '${talk(1).room}' AND "offset" = 1`,
        `offsets, or another head: ${talk(1).room}`,
      ],
      [
        `UPDATE rooms SET last_seq = last_seq + 1, last_message_at = NULL WHERE id = '${talk(2).room}'`,
        `messages, or another last one: ${talk(2).room}`,
      ],
      [`UPDATE rooms SET last_message_at = now() WHERE id = '${talk(3).room}'`, talk(3).room],
      [
        `UPDATE rooms SET member_count = 3 WHERE id = '${talk(4).room}'`,
        `rooms count their members wrongly: ${talk(4).room}`,
      ],
      [
        `UPDATE room_members SET last_read_seq = 9 WHERE room_id = '${talk(5).room}' AND user_id = 'bob'`,
        `what is not there: ${talk(5).room} bob`,
      ],
      [
        `UPDATE room_members SET user_id = 'nobody' WHERE room_id = '${talk(6).room}' AND user_id = 'bob'`,
        `members are nobody who is known: ${talk(6).room} nobody`,
      ],
      [`UPDATE rooms SET type = 'direct' WHERE id = '${twin}'`, 'direct rooms are of a pair that has another: '],
      [
        `INSERT INTO rooms (client_id, id, type) VALUES ('${NOBODY}', '${NOBODY}', 'group')`,
        `rooms are of no client: ${NOBODY}`,
      ],
      [
        `UPDATE messages SET deleted_at = now() WHERE id = '${talk(7).last}'`,
        `deleted messages still say something: ${talk(7).last}`,
      ],
      [
        `UPDATE messages SET reacted = false WHERE id = '${talk(8).last}'`,
        `whether anybody has reacted: ${talk(8).last}`,
      ],
      [
        `DELETE FROM message_versions WHERE message_id = '${talk(9).first}'`,
        `or the other way round: ${talk(9).first}`,
      ],
      [
        `UPDATE messages SET reply_to = '${NOBODY}' WHERE id = '${talk(10).last}'`,
        `one that is not in their room: ${talk(10).last}`,
      ],
      [
        `UPDATE room_events SET message_id = '${NOBODY}' WHERE room_id = '${talk(10).room}' AND "offset" = 5`,
        `a message that is not there: ${talk(10).room} 5`,
      ],
    ];
    await database.query(
      `SET session_replication_role = replica; ${lies.map(([lie]) => lie).join('; ')}; RESET session_replication_role`,
    );

    const { code, said } = await verify();
    expect(code).toBe(1);
    expect(lies.filter(([, finding]) => !said.includes(finding))).toEqual([]);
    expect(said).toMatch(new RegExp(`2 direct rooms are of a pair that has another: .*${direct.id}`));
    expect(said).toMatch(new RegExp(`rooms say another time of their last message: .*${talk(3).room}`));
  });
});

it('each rule has found a lie here, and each sum was off once', () => {
  const said = [...told].join('\n');
  const rules = EVERYTHING_AUDITED.flatMap(({ rules: own }) => own.map(({ broken }) => `${broken}: `));
  const sums = ['work: deliveries', '  deliveries', 'counts of notifications', 'webhook deliveries', 'inbound events'];

  expect(rules.filter((broken) => !said.includes(broken))).toEqual([]);
  expect(sums.filter((sum) => !said.includes(`${sum}: accepted is not`))).toEqual([]);
  expect(EVERYTHING_AUDITED.flatMap(({ balances }) => balances)).toHaveLength(sums.length);
});

it('says in a sentence when it has no database', async () => {
  await expect(verify({})).resolves.toEqual({ code: 1, said: expect.stringContaining('DATABASE_URL: is required') });
  const away = await verify({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
  expect(away).toEqual({ code: 1, said: expect.stringMatching(/^The recount failed: .*ECONNREFUSED.*\n$/) });
});

describe('/metrics', () => {
  it('shows that what was accepted is in one of its states', async () => {
    const id = await send(client, { to: { userId: 'ann' }, channels: inApp });
    await reached(client, id, 'completed');

    const response = await fetch(`${app.url}/metrics`, {
      headers: { Authorization: `Bearer ${app.environment.ADMIN_KEY}` },
    });
    const text = await response.text();
    const value = (series: string): number =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(series))
          ?.split(' ')
          .at(-1),
      );
    const states = ['ready', 'leased', 'held', 'done', 'dead'].map((state) =>
      value(`chatapi_work_items{kind="deliveries",state="${state}"}`),
    );

    expect(value('chatapi_work_accepted{kind="deliveries"}')).toBeGreaterThan(0);
    expect(states.reduce((sum, count) => sum + count, 0)).toBe(value('chatapi_work_accepted{kind="deliveries"}'));
  });

  it('are what docs/monitoring.md lists, with their types and labels: no more, no less', async () => {
    const { registry } = app.part(Metrics);
    await registry.metrics();
    const ours = registry.getMetricsAsArray().filter(({ name }) => name.startsWith('chatapi_'));
    const exposed = ours.map(({ name }) => {
      const metric = registry.getSingleMetric(name) as unknown as { readonly labelNames: readonly string[] };
      return { name, type: typeOfMetric(registry, name), labels: metric.labelNames.join(', ') };
    });
    const documented = documentedMetrics();

    expect(documented.filter(({ name }) => name.startsWith('chatapi_'))).toEqual(
      exposed.sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    const others = documented.filter(({ name }) => !name.startsWith('chatapi_'));
    expect(others.filter(({ name, type }) => typeOfMetric(registry, name) !== type)).toEqual([]);
  });
});
