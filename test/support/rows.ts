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

/** Runs `work` while another transaction holds the room's lock, so that what needs it waits. */
export async function whileLocked<T>(
  app: Pick<TestApp, 'environment'>,
  roomId: string,
  work: () => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: app.environment.DATABASE_URL });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM rooms WHERE id = $1 FOR UPDATE', [roomId]);
    return await work();
  } finally {
    await client.end();
  }
}
