import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Row } from '../row.js';
import { aClient } from '../service.js';

const ROOMS = 1_000_000;
const DUE = 10_000;
/** The oldest are a day past the two months of a group. */
const DUE_DAYS = 61;
const POLL_MS = 20;
const PATIENCE_MS = 120_000;

/** Rooms as years of use leave them; a look that is due is what the sweep finds them by. */
const FILL = `
  INSERT INTO rooms (client_id, id, type, name, head, member_count, last_activity_at, look_at)
  SELECT $1, gen_random_uuid(), 'group', 'Room ' || n, 1, 1,
         now() - CASE WHEN n <= $3 THEN make_interval(days => $4, secs => n) ELSE make_interval(secs => n % 3600) END,
         CASE WHEN n <= $3 THEN now() - interval '1 minute' ELSE now() + interval '21 hours' END
    FROM generate_series(1, $2::integer) AS n`;
const LOOK = `
  SELECT (SELECT count(*) FROM room_events WHERE ev = 'room.deactivated')::integer AS done,
         (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)
            FROM pg_stat_activity WHERE application_name = 'chatapi' AND state <> 'idle')::float8 AS longest`;

/** The sweep that puts inactive rooms to sleep, among many that are not. */
export const sweep: Row = {
  name: 'sweep',
  async run(bench) {
    const environment = await bench.environment({ ROOM_SWEEP_SECONDS: '10' });
    const api = await bench.service('api', environment);
    const client = await aClient(api);
    await api.stop();
    const rooms = Math.round(ROOMS * bench.effort.share);
    const database = new pg.Client({ connectionString: environment.DATABASE_URL });
    await database.connect();
    try {
      await database.query('SET session_replication_role = replica');
      await database.query(FILL, [client.id, rooms, DUE, DUE_DAYS]);
      await database.query('VACUUM (ANALYZE) rooms');
      await bench.service('worker', environment);
      const { seconds, longest } = await untilSwept(database);
      const of = `${DUE.toLocaleString('en')} due of ${rooms.toLocaleString('en')} rooms`;
      return [
        { what: `the sweep, ${of}`, unit: 's', budget: { under: 10 }, service: seconds },
        { what: `its longest transaction, ${of}`, unit: 's', budget: { under: 1 }, service: longest },
      ];
    } finally {
      await database.end();
    }
  },
};

/** From the first room that sleeps to the last. */
async function untilSwept(database: pg.Client): Promise<{ seconds: number; longest: number }> {
  let begun: number | undefined;
  let longest = 0;
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await delay(POLL_MS)) {
    const { rows } = await database.query<{ done: number; longest: number }>(LOOK);
    const { done = 0, longest: now = 0 } = rows[0] ?? {};
    longest = Math.max(longest, now);
    if (done === 0) continue;
    begun ??= performance.now() - POLL_MS;
    if (done >= DUE) return { seconds: (performance.now() - begun) / 1_000, longest };
  }
  throw new Error('The sweep did not end.');
}
