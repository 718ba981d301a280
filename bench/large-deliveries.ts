import pg from 'pg';

/** A month of a client that is never quiet. */
const DAYS = 30;
const PER_NOTIFICATION = 100;
const BUILD_MEMORY = '1GB';

/**
 * Fills a database with deliveries of the last month: four channels with two providers each, two categories, four ends. They are
 * counted as the migration counts rows that are there; and as many calls of providers, with a tenth as many webhooks and messages, as if
 * their rows had been there.
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
    await database.query(CALL_NOTES, [clientId, deliveries]);
  } finally {
    await database.end();
  }
}

/** Ids in the order of time, as the service makes them: a row's place in an index is beside those of its time. */
const NOTIFICATIONS = `
  INSERT INTO notifications (client_id, id, status, category, channels, created_at)
  SELECT $1, ('0192f0c4-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'completed', CASE WHEN n % 4 = 0 THEN 'marketing' ELSE 'transactional' END, '{}',
         now() - ($2::integer - n) * interval '${DAYS} days' / $2::integer
    FROM generate_series(1, $2::integer) AS n`;
const DELIVERIES = `
  INSERT INTO deliveries (client_id, id, notification_id, channel, recipient, status, provider_id, created_at, sent_at)
  SELECT $1, ('0192f0c4-' || lpad(to_hex(d), 4, '0') || right(n.id::text, 23))::uuid, n.id, (ARRAY['email', 'push', 'sms', 'websocket'])[1 + d % 4], 'somebody',
         (ARRAY['delivered', 'delivered', 'delivered', 'sent', 'sent', 'bounced', 'failed'])[1 + d % 7],
         ('00000000-0000-7000-8000-00000000000' || d % 8)::uuid, n.created_at, n.created_at + (random() ^ 4) * interval '20 seconds'
    FROM notifications n CROSS JOIN generate_series(1, ${PER_NOTIFICATION}) AS d WHERE n.client_id = $1`;
const NOTES = `
  INSERT INTO analytics_changes (client_id, kind, at, key, bin, room, sender, n, gone)
  SELECT client_id, kind, at, key, bin, room, sender, count(*), 0 FROM analytics_facts GROUP BY client_id, kind, at, key, bin, room, sender ORDER BY at`;
/** Twenty notes of each kind in five minutes, which share what there was in them; bins are those of 15 ms to 13 s. */
const CALL_NOTES = `
  INSERT INTO analytics_changes (client_id, kind, at, key, bin, room, sender, n, gone)
  SELECT $1, f.kind, minute, f.key, (68 + 170 * random() ^ 2)::smallint, f.room, f.sender, 1 + $2::bigint / f.share / ${DAYS * 288}, 0
    FROM generate_series(date_trunc('minute', now()) - interval '${DAYS} days', date_trunc('minute', now()), '5 minutes') AS minute
   CROSS JOIN generate_series(0, 19) AS n
   CROSS JOIN LATERAL (VALUES
     ('provider_call', ARRAY['00000000-0000-7000-8000-00000000000' || n % 8, (ARRAY['email', 'push', 'sms', 'websocket'])[1 + n % 4],
        CASE WHEN n = 19 THEN 'retrying' ELSE 'sent' END, CASE WHEN n = 19 THEN 'provider_timeout' ELSE '' END], NULL::bigint, NULL::bigint, 20),
     ('webhook_call', ARRAY['00000000-0000-7000-8000-00000000001' || n % 5, CASE WHEN n = 19 THEN 'retrying' ELSE 'succeeded' END, ''], NULL, NULL, 200),
     ('message', ARRAY['user'], n % 10 + (extract(epoch FROM minute)::bigint / 900 % 20) * 10, n, 200)) AS f (kind, key, room, sender, share)`;
