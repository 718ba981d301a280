import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { PostgresServer } from '../../src/quickstart/postgres-server.js';
import type { RedisServer } from '../../src/quickstart/redis-server.js';
import { throwAwayPostgres, throwAwayRedis, type ThrowAway } from '../../src/quickstart/throw-away.js';

const TEMPLATE = 'chatapi_template';
const PRIVATE_DATABASE = 'chatapi';
/** Jest runs one suite at a time in each of its workers. */
const WORKER = `t${process.env.JEST_WORKER_ID ?? '0'}`;
let swept: Promise<void> | undefined;

/**
 * An empty database of this suite's own, migrated unless told otherwise.
 * It lives until the next suite of the same worker asks for one, so nothing is pulled away from under an application that is still closing.
 * @returns its address
 */
export async function aDatabase({ migrated = true }: { migrated?: boolean } = {}): Promise<string> {
  swept ??= asAdmin(dropEarlier);
  await swept;
  const name = `${WORKER}_${randomBytes(4).toString('hex')}`;
  await asAdmin((admin) => admin.query(`CREATE DATABASE ${name} TEMPLATE ${migrated ? TEMPLATE : 'template1'}`));
  const address = new URL(setting('TEST_POSTGRES_URL'));
  address.pathname = name;
  return address.href;
}

/** The Redis of the run, and a prefix that no other suite has. */
export function aRedis(): { url: string; prefix: string } {
  return { url: setting('TEST_REDIS_URL'), prefix: `${WORKER}-${randomBytes(6).toString('hex')}` };
}

/** A server for one suite that wants to hurt it. The port stays the same; the suite calls `remove` when it is done. */
export interface PrivateServer {
  readonly url: string;
  start(): Promise<void>;
  /** As an operator stops it. */
  stop(): Promise<void>;
  /** As a power cut ends it. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  remove(): Promise<void>;
}

/** With a migrated database; what was committed is still there after `kill` and `start`. */
export async function startPostgres(): Promise<PrivateServer> {
  const postgres = await throwAwayPostgres();
  await withClient(postgres.server.url('postgres'), (admin) => admin.query(`CREATE DATABASE ${PRIVATE_DATABASE}`));
  const url = postgres.server.url(PRIVATE_DATABASE);
  const { migrate } = await import('../../src/platform/database/migrate.js');
  await migrate(url);
  return privateServer(postgres, url);
}

/** Keeps nothing on disk: it is empty after every `start`. */
export async function startRedis(): Promise<PrivateServer> {
  const redis = await throwAwayRedis(process.env.PATH ?? '');
  return privateServer(redis, redis.server.url);
}

function privateServer(throwAway: ThrowAway<PostgresServer | RedisServer>, url: string): PrivateServer {
  const { server } = throwAway;
  return {
    url,
    start: () => server.start(),
    stop: () => server.stop(),
    kill: () => server.kill(),
    restart: () => throwAway.restart(),
    remove: () => throwAway.remove(),
  };
}

async function dropEarlier(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ datname: string }>(
    `SELECT datname FROM pg_database WHERE datname LIKE '${WORKER}\\_%'`,
  );
  for (const { datname } of rows) await admin.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
}

async function asAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  return withClient(setting('TEST_POSTGRES_URL'), work);
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error('The test servers are not running: put this suite into test/integration, test/e2e or test/faults.');
  return value;
}
