import pg from 'pg';
import type { TestApp } from './app.js';

/** Looks into the database behind the service's back. */
export async function rows<R extends pg.QueryResultRow>(
  app: Pick<TestApp, 'environment'>,
  sql: string,
  values: unknown[] = [],
): Promise<R[]> {
  const client = new pg.Client({ connectionString: app.environment.DATABASE_URL });
  await client.connect();
  try {
    return (await client.query<R>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
