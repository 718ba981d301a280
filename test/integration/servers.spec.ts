import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { aDatabase, aRedis, startPostgres, startRedis, type PrivateServer } from '../support/servers.js';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the servers of a test run', () => {
  it('give each suite a migrated database that the others do not see', async () => {
    const [one, other] = await Promise.all([aDatabase(), aDatabase()]);
    await query(one, 'CREATE TABLE mine (id int)');

    await expect(query(one, 'SELECT * FROM schema_migrations')).resolves.not.toHaveLength(0);
    await expect(query(other, 'SELECT * FROM mine')).rejects.toThrow('does not exist');
  });

  it('give each suite a prefix of its own', () => {
    expect(aRedis().prefix).not.toBe(aRedis().prefix);
  });
});

describe('a private server', () => {
  let server: PrivateServer | undefined;
  afterEach(() => server?.remove());

  it('keeps what PostgreSQL committed, through a kill and a restart', async () => {
    server = await startPostgres();
    await query(server.url, 'CREATE TABLE kept (id int)');

    await server.kill();
    await expect(query(server.url, 'SELECT 1')).rejects.toThrow();
    await server.start();
    await server.restart();

    await expect(query(server.url, 'SELECT * FROM kept')).resolves.toEqual([]);
  }, 60_000);

  it('gives an empty Redis after a kill', async () => {
    server = await startRedis();
    const redis = new Redis(server.url, { retryStrategy: () => 50 });
    redis.on('error', () => undefined);
    await redis.set('key', 'value');

    await server.kill();
    await server.start();

    await expect(redis.get('key')).resolves.toBeNull();
    await redis.quit();
  }, 60_000);

  it('leaves no folder behind', async () => {
    const postgres = await startPostgres();
    const [row] = (await query(postgres.url, 'SHOW data_directory')) as { data_directory: string }[];
    await postgres.remove();

    expect(existsSync(row?.data_directory ?? '/')).toBe(false);
  }, 60_000);
});
