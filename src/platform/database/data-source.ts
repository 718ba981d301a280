import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { SnakeNamingStrategy } from './snake-naming.strategy.js';

/** `bigint` as a number: seq and offset stay far below 2^53. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** Longer statements are a fault, not patience: a request that waits this long has lost its caller. */
const STATEMENT_TIMEOUT_MS = 15_000;
/**
 * The server's own limit is none when the server is gone without a word: the connection is given up, and another is taken. It
 * runs from when a statement is sent, and there may be another before it on the connection.
 */
const ANSWER_TIMEOUT_MS = 2 * STATEMENT_TIMEOUT_MS + 5_000;
const POOL_WAIT_MS = 2_000;
const IDLE_IN_TRANSACTION_MS = 30_000;

/**
 * Every statement here looks rows up by keys. With PostgreSQL's default, a disk that seeks, it would rather read a table of some
 * thousand rooms whole; and compiling a plan takes longer than any of them runs.
 */
const PLANNER = '-c random_page_cost=1.1 -c jit=off';

export const MIGRATIONS_TABLE = 'schema_migrations';

export function dataSourceOptions(url: string, poolSize: number) {
  return {
    type: 'postgres',
    url,
    migrations: MIGRATIONS,
    migrationsTableName: MIGRATIONS_TABLE,
    namingStrategy: new SnakeNamingStrategy(),
    poolSize,
    applicationName: 'chatapi',
    connectTimeoutMS: POOL_WAIT_MS,
    extra: {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      options: PLANNER,
      keepAlive: true,
      pipeline: true, // a statement need not wait for the answer to the one before it
    },
  } satisfies DataSourceOptions;
}
