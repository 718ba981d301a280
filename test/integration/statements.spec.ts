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
