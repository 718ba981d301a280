import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { ResolvedEnv } from '../../src/config/index.js';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { Database, Notices, statement } from '../../src/platform/database/index.js';
import { Unavailable } from '../../src/platform/errors/index.js';
import { Redis } from '../../src/platform/redis/index.js';
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

it('a Redis that is gone without a word is connected to anew, and its subscriptions stand again', async () => {
  const { url: address, prefix } = aRedis();
  const line = await aLine(address);
  const redis = new Redis({ REDIS_URL: line.url, REDIS_PREFIX: prefix } as ResolvedEnv);
  redis.askEveryMs = 100;
  const subscriber = redis.subscriber('test');
  const heard: string[] = [];
  let closed = 0;
  subscriber.on('message', (_channel: string, text: string) => heard.push(text));
  subscriber.on('close', () => closed++);
  await subscriber.subscribe(redis.key('channel'));
  const direct = new Redis({ REDIS_URL: address, REDIS_PREFIX: prefix } as ResolvedEnv);
  await eventually(() => direct.isUp);

  line.silence();
  await eventually(() => closed > 0 && subscriber.status === 'ready');
  await eventually(async () => {
    await direct.commands.publish(direct.key('channel'), 'after');
    return heard.length > 0;
  });

  expect(new Set(heard)).toEqual(new Set(['after']));
  await Promise.all([redis.onApplicationShutdown(), direct.onApplicationShutdown()]);
});
