import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import '../../src/app.module.js';
import { statements } from '../../src/platform/database/index.js';
import { aDatabase } from '../support/servers.js';

let database: pg.Client;

beforeAll(async () => {
  database = new pg.Client({ connectionString: await aDatabase() });
  await database.connect();
});

afterAll(() => database.end());

it('knows the house’s statements', () => {
  expect(statements().length).toBeGreaterThan(50);
});

it.each(statements().map(({ name, text }) => [name, text]))(
  '%s is one that PostgreSQL can plan',
  async (_name, text) => {
    await database.query(`PREPARE this AS ${text}`);
    await database.query('DEALLOCATE this');
  },
);

const LOADING = statements().filter(({ name }) => name.endsWith('.load'));

it('knows what loads the work', () => {
  expect(LOADING.length).toBeGreaterThan(2);
});

/** An empty table is where any way seems as good as the right one, and a plan may be kept until there are many rows. */
it.each(LOADING.map(({ name, text }) => [name, text]))(
  '%s finds each piece of work by its key, whatever PostgreSQL knows of the tables',
  async (_name, text) => {
    const { rows } = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${text}`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');

    expect(plan).not.toMatch(/Join Filter|Hash Cond|Merge Cond|Seq Scan/);
  },
);
