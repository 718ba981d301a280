import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { Redis as Connection, type RedisOptions } from 'ioredis';
import { DataSource } from 'typeorm';
import type { ResolvedEnv } from '../../src/config/index.js';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { Database, Notices, statement } from '../../src/platform/database/index.js';
import { Unavailable } from '../../src/platform/errors/index.js';
import { keepAsking } from '../../src/platform/redis/keep-asking.js';
import { aSilentLine, type SilentLine } from '../fakes/silent-line.js';
import { eventually } from '../support/eventually.js';
import { aDatabase, aRedis } from '../support/servers.js';

const LOOK = statement('test.look', 'SELECT 1 AS one');
let url: string;
const lines: SilentLine[] = [];
const sources: DataSource[] = [];

beforeAll(async () => {
  url = await aDatabase();
}, 60_000);

afterEach(() => lines.splice(0).forEach((line) => line.close()));
afterAll(() => Promise.all(sources.map((source) => source.destroy())));

async function aLine(to: string): Promise<SilentLine> {
  const line = await aSilentLine(to);
  lines.push(line);
  return line;
}

async function databaseAt(address: string, answerMs?: number): Promise<Database> {
  const options = dataSourceOptions(address, 2);
  const extra = { ...options.extra, ...(answerMs !== undefined && { query_timeout: answerMs }) };
  const source = await new DataSource({ ...options, extra }).initialize();
  sources.push(source);
  return new Database(source);
}

it('a database that is gone without a word is unavailable after a while, and the next question goes over a new connection', async () => {
  const line = await aLine(url);
  const database = await databaseAt(line.url, 3_000);
  await database.query(LOOK);
  line.silence();

  await expect(database.transaction((tx) => tx.query(LOOK))).rejects.toBeInstanceOf(Unavailable);
  expect(await database.query(LOOK)).toEqual([{ one: 1 }]);
});

it('the patience with an answer is longer than what the server gives a statement, and one before it', () => {
  const { extra } = dataSourceOptions('postgres://db/chatapi', 2);
  expect(extra.query_timeout).toBeGreaterThan(2 * extra.statement_timeout);
});

it('who only listens for notices notices, says that some may be missed, and hears those that come', async () => {
  const line = await aLine(url);
  const database = await databaseAt(url);
  const notices = new Notices(database, { DATABASE_URL: line.url, ROLE: 'api' } as ResolvedEnv);
  notices.askEveryMs = 100;
  let gaps = 0;
  const heard: string[] = [];
  notices.onGap(() => gaps++);
  notices.on('tested', ({ what = '' }) => heard.push(what));
  await notices.onModuleInit();
  await notices.announce('tested', { what: 'before' });
  await eventually(() => heard.length === 1);

  line.silence();
  await notices.announce('tested', { what: 'meanwhile' });
  await eventually(() => gaps === 1, { withinMs: 18_000 });
  await notices.announce('tested', { what: 'after' });
  await eventually(() => heard.includes('after'));

  expect(heard).toEqual(['before', 'after']);
  line.silence();
  await notices.onApplicationShutdown();
}, 60_000);

it('who has changed something knows of it when it has committed, once, and not when it has not', async () => {
  const database = await databaseAt(url);
  const notices = new Notices(database, { DATABASE_URL: url, ROLE: 'api' } as ResolvedEnv);
  const heard: string[] = [];
  notices.on('tested', ({ what = '' }) => heard.push(what));
  await notices.onModuleInit();

  await database.transaction((tx) => notices.announce('tested', { what: 'committed' }, tx));
  expect(heard).toEqual(['committed']);
  const failing = database.transaction(async (tx) => {
    await notices.announce('tested', { what: 'taken back' }, tx);
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  await notices.announce('tested', { what: 'the last' }); // those before it have come by then

  await eventually(() => heard.includes('the last'));
  expect(heard).toEqual(['committed', 'the last']);
  await notices.onApplicationShutdown();
});

it.each<[string, RedisOptions]>([
  ['that hears, and hears on,', { maxRetriesPerRequest: null, autoResubscribe: true }],
  ['for commands, which give up by themselves', { maxRetriesPerRequest: 1, commandTimeout: 300 }],
])('a connection to Redis %s is made anew, once, when Redis is gone without a word', async (_what, options) => {
  const { url: address, prefix } = aRedis();
  const line = await aLine(address);
  const direct = new Connection(address);
  const heard: string[] = [];
  const connection = new Connection(line.url, { ...options, retryStrategy: () => 50 });
  connection.on('error', () => undefined);
  let [silences, closed] = [0, 0];
  connection.on('close', () => closed++);
  await eventually(() => connection.status === 'ready');
  const hears = options.autoResubscribe === true;
  if (hears) await connection.on('message', (_channel, text: string) => heard.push(text)).subscribe(prefix);
  keepAsking(connection, 400, () => silences++);

  line.silence();
  await eventually(() => closed === 1 && connection.status === 'ready');
  const pings = jest.spyOn(connection, 'ping');
  await eventually(() => pings.mock.calls.length >= 6);

  expect([silences, closed]).toEqual([1, 1]);
  await direct.publish(prefix, 'after');
  await eventually(() => heard.length === (hears ? 1 : 0));
  await expect(connection.ping()).resolves.toBeTruthy();
  connection.disconnect();
  direct.disconnect();
});
