import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/platform/database/index.js';
import { fitsInSql, patternsOf } from '../../src/modules/endpoints/event-types.rules.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEndpoint, tell } from '../builders/endpoints.js';
import { aReceiver, type Receiver } from '../fakes/receiver.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { rows } from '../support/rows.js';

const CALL_MS = 50;

let app: TestApp;
let receiver: Receiver;
let client: TestClient;
let path: string;
/** Calls that are being answered, and how many they were at the most. */
const open = { now: 0, most: 0 };
let arrivals: number[] = [];

beforeAll(async () => {
  receiver = await aReceiver();
  app = await anApp();
  await app.another({ ROLE: 'worker' });
}, 60_000);

afterAll(async () => {
  await app.close();
  await receiver.close();
});

beforeEach(async () => {
  client = await aClient(app);
  path = `/${randomUUID()}`;
  receiver.calls.length = 0;
  arrivals = [];
  Object.assign(open, { now: 0, most: 0 });
  receiver.behave(async () => {
    arrivals.push(Date.now());
    open.most = Math.max(open.most, ++open.now);
    await pause(CALL_MS);
    open.now--;
    return {};
  });
});

const tellMany = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n += 50)
    await tell(app, client, ...Array.from({ length: Math.min(50, count - n) }, () => ({})));
};
const all = (count: number) =>
  eventually(() => new Set(receiver.received(path).map(({ id }) => id)).size === count, { withinMs: 60_000 });

describe('the limits of an endpoint, over two workers', () => {
  it('are so many calls at once, whoever makes them, and each event once', async () => {
    await anEndpoint(client, `${receiver.url}${path}`, { limits: { inFlight: 4 } });
    await tellMany(200);
    await all(200);

    expect(open.most).toBe(4);
    expect(receiver.received(path)).toHaveLength(200);
    const [tries] = await rows<{ attempts: number; postponed: number }>(
      app,
      `SELECT max(attempts) AS attempts FROM work_items WHERE client_id = '${client.id}' AND kind = 'webhooks'`,
    );
    expect(tries?.attempts).toBe(1); // what stood in line has burned nothing
  }, 90_000);

  it('are so many calls a second', async () => {
    const perSecond = 20;
    const begun = Date.now();
    await anEndpoint(client, `${receiver.url}${path}`, { limits: { perSecond, inFlight: 50 } });
    await tellMany(80);
    await all(80);

    const tooEarly = arrivals.filter((at, n) => at < begun + (n * 1_000) / perSecond - 5);
    expect(tooEarly).toEqual([]);
  }, 60_000);

  it('may be widened while many wait', async () => {
    const { id } = await anEndpoint(client, `${receiver.url}${path}`, { limits: { perSecond: 1, inFlight: 1 } });
    await tellMany(60);
    await eventually(() => arrivals.length >= 1);
    await client.master.patch(`/webhooks/endpoints/${id}`, { limits: { perSecond: null, inFlight: 20 } });

    await all(60);
    expect(open.most).toBeGreaterThan(1);
  }, 60_000);
});

describe('two clients with the same endpoint', () => {
  it('are each told of their own alone', async () => {
    const other = await aClient(app);
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    for (const each of [client, other]) await anEndpoint(each, `${receiver.url}/${each.id}`, { secret });
    await Promise.all(
      [client, other].map((each) => tell(app, each, { data: { id: each.id } }, { data: { id: each.id } })),
    );

    await eventually(() => receiver.calls.length === 4);
    for (const each of [client, other]) {
      const got = receiver.received(`/${each.id}`);
      expect(got.map(({ body }) => (body.data as { id: string }).id)).toEqual([each.id, each.id]);
    }
  });
});

it('PostgreSQL and the house agree which patterns a type fits', async () => {
  const parts = ['a', 'ab', 'b', 'a_b', 'a%'];
  const types = [...parts, ...parts.flatMap((one) => parts.flatMap((two) => [`${one}.${two}`, `${one}.${two}.a`]))];
  const patterns = ['*', ...types, ...types.map((type) => `${type}.*`)];
  const sql = `SELECT t.type, array_agg(q.pattern ORDER BY q.pattern) AS fits FROM unnest($1::text[]) AS t (type) CROSS JOIN unnest($2::text[]) AS q (pattern)
                WHERE ${fitsInSql('t.type', 'ARRAY[q.pattern]')} GROUP BY t.type`;
  const found = await app
    .part(Database)
    .query<{ type: string; fits: string[] }>({ name: 'test.patterns', text: sql }, [types, patterns]);

  expect(found).toHaveLength(types.length);
  for (const { type, fits } of found)
    expect([type, [...fits].sort()]).toEqual([
      type,
      patternsOf(type)
        .filter((pattern) => patterns.includes(pattern))
        .sort(),
    ]);
});
