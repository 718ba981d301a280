import { DataSource } from 'typeorm';
import pg from 'pg';
import { dataSourceOptions } from './data-source.js';

/** Any number that is ours: two processes that migrate at once take turns. */
const MIGRATION_LOCK = 7_242_801;

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
