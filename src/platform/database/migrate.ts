import { DataSource } from 'typeorm';
import pg from 'pg';
import { MIGRATIONS } from '../../migrations/index.js';
import { dataSourceOptions, MIGRATIONS_TABLE } from './data-source.js';

/** Any number that is ours: two processes that migrate at once take turns. */
const MIGRATION_LOCK = 7_242_801;
/** Who takes a connection and says nothing must not keep a process from saying why it does not start. */
const PATIENCE = { connectionTimeoutMillis: 10_000, query_timeout: 20_000 };

/**
 * Brings the schema up to date; safe to run from several processes at once.
 * @returns the names of the migrations that ran
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const turn = new pg.Client({ connectionString: databaseUrl });
  await turn.connect();
  try {
    await turn.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const source = await new DataSource({ ...dataSourceOptions(databaseUrl, 2), extra: {} }).initialize();
    try {
      return (await source.runMigrations({ transaction: 'each' })).map(({ name }) => name);
    } finally {
      await source.destroy();
    }
  } finally {
    await turn.end();
  }
}

/** The service is newer than the schema it is to work on. */
export class SchemaOutdated extends Error {
  constructor(readonly missing: readonly string[]) {
    super(`The schema is not up to date (missing: ${missing.join(', ')}): run npm run migrate.`);
    this.name = 'SchemaOutdated';
  }
}

/** A newer schema than this service knows is fine: migrations expand first. @throws SchemaOutdated */
export async function assertMigrated(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, ...PATIENCE });
  try {
    await client.connect();
    const missing = await missingMigrations(client);
    if (missing.length > 0) throw new SchemaOutdated(missing);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The names of those that this service has and the database has not. */
export async function missingMigrations(client: pg.Client): Promise<string[]> {
  const [table] = (
    await client.query<{ there: boolean }>(`SELECT to_regclass('${MIGRATIONS_TABLE}') IS NOT NULL AS there`)
  ).rows;
  const ran = table?.there ? (await client.query<{ name: string }>(`SELECT name FROM ${MIGRATIONS_TABLE}`)).rows : [];
  return MIGRATIONS.map(({ name }) => name).filter((name) => !ran.some((row) => row.name === name));
}
