import pg from 'pg';

/** A month of a client that is never quiet. */
const DAYS = 30;
const PER_NOTIFICATION = 100;
const BUILD_MEMORY = '1GB';

/**
 * Fills a database with deliveries of the last month: several channels, providers, categories and ends. The counts are made
 * as the migration makes them of rows that are there.
 */
export async function growDeliveries(databaseUrl: string, clientId: string, deliveries: number): Promise<void> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    await database.query(
      `SET session_replication_role = replica; SET maintenance_work_mem = '${BUILD_MEMORY}'; SET work_mem = '${BUILD_MEMORY}'; SET jit = off`,
    );
    await database.query(NOTIFICATIONS, [clientId, Math.ceil(deliveries / PER_NOTIFICATION)]);
    await database.query(DELIVERIES, [clientId]);
    await database.query('SET session_replication_role = origin');
    await database.query('VACUUM (ANALYZE) notifications; ');
    await database.query('VACUUM (ANALYZE) deliveries');
    await database.query(NOTES);
  } finally {
    await database.end();
  }
}

const NOTIFICATIONS = `
  INSERT INTO notifications (client_id, id, status, category, channels, tags, created_at)
  SELECT $1, gen_random_uuid(), 'completed', CASE WHEN n % 4 = 0 THEN 'marketing' ELSE 'transactional' END, '{}', ARRAY['tag-' || n % 20],
         now() - n * interval '${DAYS} days' / $2::integer
    FROM generate_series(1, $2::integer) AS n`;
const DELIVERIES = `
  INSERT INTO deliveries (client_id, id, notification_id, channel, recipient, status, provider_id, created_at, sent_at)
  SELECT $1, gen_random_uuid(), n.id, (ARRAY['email', 'push', 'sms', 'websocket'])[1 + d % 4], 'somebody',
         (ARRAY['delivered', 'delivered', 'delivered', 'sent', 'sent', 'bounced', 'failed'])[1 + d % 7],
         ('00000000-0000-7000-8000-00000000000' || d % 6)::uuid, n.created_at, n.created_at + (random() ^ 4) * interval '20 seconds'
    FROM notifications n CROSS JOIN generate_series(1, ${PER_NOTIFICATION}) AS d WHERE n.client_id = $1`;
const NOTES = `
  INSERT INTO analytics_changes (client_id, kind, at, key, bin, room, sender, n, gone)
  SELECT client_id, kind, at, key, bin, room, sender, count(*), 0 FROM analytics_facts GROUP BY client_id, kind, at, key, bin, room, sender`;
