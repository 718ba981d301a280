import pg from 'pg';
import { statements } from '../../src/platform/database/statement.js';
import '../../src/modules/analytics/figures.repository.js';
import '../../src/modules/analytics/rollups.repository.js';
import type { Bench } from '../bench.js';
import { growDeliveries } from '../large-deliveries.js';
import type { HttpLoadActor, HttpRequest } from '../load/http-load.js';
import type { Figure, Row } from '../row.js';
import { aClient } from '../service.js';

const SMALL = 10_000;
const PLAN_WIDTH = 160;
const TAKEN_AT_ONCE = 50_000;
const HOUR_MS = 3_600_000;

interface Set {
  readonly url: string;
  readonly databaseUrl: string;
  readonly clientId: string;
  readonly key: string;
}

/** What figures of analytics take beside very many deliveries, one call at a time: against the same service with 10,000 of them. */
export const analytics: Row = {
  name: 'analytics',
  async run(bench) {
    const deliveries = Math.round(bench.effort.messages * bench.effort.share);
    const [few, many] = [await aSet(bench, SMALL), await aSet(bench, deliveries)];
    const load = bench.actor<HttpLoadActor>('load/http-load');
    const { seconds } = bench.effort;
    const msOf = async ({ url, key }: Set, path: string): Promise<number> => {
      const headers = { Authorization: `Bearer ${key}` };
      const request: HttpRequest = { method: 'GET', path: `/api/v1/analytics/${path}`, headers };
      const { perSecond } = await load.call('http', { url, requests: [request], connections: 1, seconds });
      return 1_000 / perSecond;
    };
    const week = new Date(Date.now() - 7 * 24 * HOUR_MS).toISOString();
    const figures: Figure[] = [];
    for (const [what, path, budget] of [
      ['the dashboard of a day', 'dashboard', { under: 100 }],
      ['the dashboard of a week', `dashboard?from=${week}`, { under: 300 }],
      [
        'deliveries of a week by day and status in India',
        `deliveries?from=${week}&interval=day&groupBy=status&timeZone=Asia/Kolkata`,
        'none',
      ],
    ] as const)
      figures.push({
        what: `${what}, ${deliveries.toLocaleString('en')} deliveries in a month`,
        ...{ unit: 'ms', budget },
        ...(await bench.inTurn(
          () => msOf(few, path),
          () => msOf(many, path),
        )),
        baselineIs: `the same with ${SMALL.toLocaleString('en')} deliveries`,
      });
    for (const plan of await plansOf(many)) console.log(plan);
    return figures;
  },
};

async function aSet(bench: Bench, deliveries: number): Promise<Set> {
  const environment = await bench.environment();
  const service = await bench.service('api', environment);
  const client = await aClient(service);
  const begun = performance.now();
  await growDeliveries(environment.DATABASE_URL, client.id, deliveries);
  await addUp(environment.DATABASE_URL);
  console.log(
    `  ${deliveries.toLocaleString('en')} deliveries in ${Math.round((performance.now() - begun) / 1_000)} s`,
  );
  return { url: service.url, databaseUrl: environment.DATABASE_URL, clientId: client.id, key: client.masterKey };
}

const textOf = (name: string): string => statements().find((one) => one.name === name)?.text ?? '';

/** Adds up all that was noted, as a worker does. */
async function addUp(databaseUrl: string): Promise<void> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    while ((await database.query<{ taken: number }>(textOf('analytics.roll'), [TAKEN_AT_ONCE])).rows[0]?.taken);
    await database.query('VACUUM (ANALYZE) analytics_counts');
  } finally {
    await database.end();
  }
}

/** How PostgreSQL goes about a week by the hour: how many by channel and status, how long they took by channel, in each hour and in all. */
async function plansOf({ databaseUrl, clientId }: Set): Promise<string[]> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const end = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS;
    const starts = Array.from({ length: 168 }, (_none, n) => new Date(end - (168 - n) * HOUR_MS).toISOString());
    await database.query('SET plan_cache_mode = force_generic_plan; SET random_page_cost = 1.1; SET jit = off');
    const plans: string[] = [];
    for (const [name, kind, from, ...parts] of [
      ['analytics.counts', 'delivery', starts, '{1,3}'],
      ['analytics.stored_quantiles', '{all_times,channel_times}', starts],
      ['analytics.summed_quantiles', 'channel_times', starts.slice(0, 1), '{1}'],
    ] as const) {
      const values = [clientId, kind, 60, `{${from.join()}}`, new Date(end), ...parts];
      const text = `EXPLAIN (ANALYZE, BUFFERS) ${textOf(name)}`;
      const { rows } = await database.query<{ 'QUERY PLAN': string }>({ name, text, values });
      plans.push(rows.map((row) => row['QUERY PLAN'].slice(0, PLAN_WIDTH)).join('\n'));
    }
    return plans;
  } finally {
    await database.end();
  }
}
