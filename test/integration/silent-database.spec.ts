import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { Database, statement } from '../../src/platform/database/index.js';
import { Unavailable } from '../../src/platform/errors/index.js';
import { aSilentLine, type SilentLine } from '../fakes/silent-line.js';
import { aDatabase } from '../support/servers.js';

const LOOK = statement('test.look', 'SELECT 1 AS one');
let line: SilentLine;
let source: DataSource;

beforeAll(async () => {
  line = await aSilentLine(await aDatabase());
  const options = dataSourceOptions(line.url, 2);
  source = new DataSource({ ...options, extra: { ...options.extra, query_timeout: 300 } });
  await source.initialize();
}, 60_000);

afterAll(async () => {
  line.close();
  await source.destroy();
});

it('a database that is gone without a word is unavailable after a while, and the next question goes over a new connection', async () => {
  const database = new Database(source);
  await database.query(LOOK);
  line.silence();

  await expect(database.transaction((tx) => tx.query(LOOK))).rejects.toBeInstanceOf(Unavailable);
  expect(await database.query(LOOK)).toEqual([{ one: 1 }]);
});

it('the patience with an answer is longer than what the server gives a statement', () => {
  const { extra } = dataSourceOptions('postgres://db/chatapi', 2);
  expect(extra.query_timeout).toBeGreaterThan(extra.statement_timeout);
});
