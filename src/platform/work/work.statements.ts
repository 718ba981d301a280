import { statement } from '../database/index.js';

/** An expired lease comes back with a growing pause, so that what kills workers does not kill them in a loop. */
const LONGEST_PAUSE_SECONDS = 300;
/** What one transaction of a sweep reaps or expires at most. */
const SWEPT_AT_ONCE = 500;
export const PRUNED_AT_ONCE = 2_000;
/** Of a long queue: the rest has its own time. */
const HASTENED_AT_ONCE = 5_000;
/** Totals are kept in this many rows of a kind, so that transactions of different connections hardly ever wait for each other. */
const SHARDS = 256;

/** Adds to a kind's totals within the statement whose changes it counts: the sum is right whenever anybody looks. */
const totals = (columns: readonly string[], counts: string, kind = '$1'): string =>
  `INSERT INTO work_totals (kind, shard, ${columns.join(', ')}) SELECT ${kind}, pg_backend_pid() % ${SHARDS}, ${counts} HAVING count(*) > 0
     ON CONFLICT (kind, shard) DO UPDATE SET ${columns.map((name) => `${name} = work_totals.${name} + EXCLUDED.${name}`).join(', ')}`;

const CLAIMED = `w.id, w.client_id AS "clientId", w.attempts, w.claims, w.lease_token AS token, w.request_id AS "requestId", w.traceparent`;

/** Leases what `picked` names and notes the attempt, before anybody acts on it. */
const lease = (picked: string): string => `
  ${picked},
  claimed AS (
    UPDATE work_items w SET state = 'leased', claims = w.claims + 1, lease_token = gen_random_uuid(), lease_until = now() + make_interval(secs => $3)
      FROM picked WHERE w.id = picked.id RETURNING ${CLAIMED}),
  started AS (INSERT INTO work_attempts (work_id, n, worker) SELECT id, claims, $4 FROM claimed)
  SELECT * FROM claimed`;

export const ACCEPT = statement(
  'work.accept',
  `WITH accepted AS (
     INSERT INTO work_items (id, client_id, kind, dedupe_key, priority, run_at, expires_at, request_id, when_lost, traceparent)
     SELECT a.id, a.client_id, $1, a.dedupe_key, a.priority, coalesce(a.run_at, now()) + make_interval(secs => a.after), a.expires_at, a.request_id, a.when_lost, a.traceparent
       FROM json_to_recordset($2) AS a (id uuid, client_id uuid, dedupe_key varchar, priority smallint, run_at timestamptz, after float8, expires_at timestamptz,
              request_id varchar, when_lost varchar, traceparent varchar)
     ON CONFLICT (client_id, kind, dedupe_key) DO NOTHING RETURNING id),
   counted AS (${totals(['accepted'], 'count(*) FROM accepted')})
   SELECT id FROM accepted`,
);

export const CLAIM_HINTED = statement(
  'work.claim_hinted',
  lease(`WITH picked AS (
    SELECT id FROM work_items WHERE id = ANY ($2::uuid[]) AND kind = $1 AND state = 'ready' AND run_at <= now() ORDER BY id FOR UPDATE SKIP LOCKED)`),
);

const dueAt = (priority: number): string =>
  `EXISTS (SELECT 1 FROM work_items w WHERE w.kind = $1 AND w.client_id = c.client_id AND w.state = 'ready' AND w.priority = ${priority}
            AND w.run_at <= now() - make_interval(secs => $10))`;

/**
 * Clients take turns: the first piece of each, then the second of each, … so that one client's backlog delays nobody.
 * Clients with work are found by skipping through the index from `$5` on until enough of them have some that is due, and
 * of each only what could be its part is looked at: the cost is bound by `$2`, not by the backlog.
 * What became due within `$10` seconds is left to its hint.
 * Of the clients `$11` nothing is taken.
 * A client that has `$8` in hand (`$6`, `$7`) may only have of the first `$9`: the slots that are not held back for others.
 */
export const CLAIM_DUE = statement(
  'work.claim_due',
  lease(`WITH RECURSIVE clients AS (
    (SELECT client_id FROM work_items WHERE kind = $1 AND state = 'ready' AND client_id > $5 ORDER BY client_id LIMIT 1)
    UNION ALL
    SELECT (SELECT w.client_id FROM work_items w WHERE w.kind = $1 AND w.state = 'ready' AND w.client_id > c.client_id ORDER BY w.client_id LIMIT 1)
      FROM clients c WHERE c.client_id IS NOT NULL),
  waiting AS MATERIALIZED (
    SELECT c.client_id FROM clients c WHERE c.client_id IS NOT NULL AND c.client_id <> ALL ($11::uuid[]) AND (${[1, 5, 9].map(dueAt).join(' OR ')}) LIMIT $2),
  due AS (
    SELECT d.id, d.priority, d.run_at, coalesce(h.count, 0) AS held,
           row_number() OVER (PARTITION BY c.client_id ORDER BY d.priority, d.run_at, d.id) AS turn
      FROM waiting c LEFT JOIN unnest($6::uuid[], $7::integer[]) AS h (client_id, count) ON h.client_id = c.client_id
      CROSS JOIN (VALUES (1::smallint), (5::smallint), (9::smallint)) AS p (priority)
      CROSS JOIN LATERAL (
        SELECT w.id, w.priority, w.run_at FROM work_items w
         WHERE w.kind = $1 AND w.client_id = c.client_id AND w.state = 'ready' AND w.priority = p.priority
           AND w.run_at <= now() - make_interval(secs => $10)
         ORDER BY w.run_at, w.id LIMIT (SELECT $2 * 4 / count(*) + 1 FROM waiting)) d),
  placed AS (
    SELECT id, held + turn AS own, row_number() OVER (ORDER BY turn, priority, run_at, id) AS place FROM due),
  picked AS (
    SELECT w.id FROM (SELECT id FROM placed WHERE own <= $8 OR place <= $9 ORDER BY place) AS d
     CROSS JOIN LATERAL (SELECT i.id FROM work_items i WHERE i.id = d.id AND i.state = 'ready' FOR UPDATE SKIP LOCKED) AS w
     LIMIT $2)`),
);

export const FINISH = statement(
  'work.finish',
  `WITH f AS (
     SELECT * FROM json_to_recordset($2) AS f (id uuid, token uuid, n integer, state varchar, after float8, burns integer, reason varchar, outcome varchar)),
   ended AS (
     UPDATE work_items w
        SET state = f.state, reason = f.reason, attempts = w.attempts + f.burns, losses = 0, lease_token = NULL, lease_until = NULL,
            run_at = CASE WHEN f.state = 'ready' THEN now() + make_interval(secs => f.after) ELSE w.run_at END,
            finished_at = CASE WHEN f.state IN ('done', 'dead') THEN now() END
       FROM f WHERE w.id = f.id AND w.state = 'leased' AND w.lease_token = f.token RETURNING w.id, w.state),
   noted AS (
     UPDATE work_attempts a SET ended_at = now(), outcome = CASE WHEN f.id IN (SELECT id FROM ended) THEN f.outcome ELSE 'late' END
       FROM f WHERE a.work_id = f.id AND a.n = f.n),
   counted AS (${totals(
     ['done', 'dead', 'held'],
     `count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'dead'), count(*) FILTER (WHERE state = 'held') FROM ended WHERE state <> 'ready'`,
   )})
   SELECT id FROM ended`,
);

export const REAP = statement(
  'work.reap',
  `WITH expired AS (
     SELECT id FROM work_items WHERE kind = $1 AND state = 'leased' AND lease_until < now() ORDER BY lease_until LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED),
   reaped AS (
     UPDATE work_items w
        SET losses = w.losses + 1, lease_token = NULL, lease_until = NULL,
            state = CASE WHEN w.losses + 1 >= $2 THEN 'dead' WHEN coalesce(w.when_lost, $3) = 'held' THEN 'held' ELSE 'ready' END,
            reason = CASE WHEN w.losses + 1 >= $2 THEN 'crash_loop' WHEN coalesce(w.when_lost, $3) = 'held' THEN 'unknown' ELSE 'lease_expired' END,
            run_at = now() + make_interval(secs => least(${LONGEST_PAUSE_SECONDS}, power(2, least(w.losses, 10)) - 1)),
            finished_at = CASE WHEN w.losses + 1 >= $2 THEN now() END
       FROM expired WHERE w.id = expired.id RETURNING w.id, w.client_id, w.claims, w.state),
   noted AS (UPDATE work_attempts a SET outcome = 'lost' FROM reaped WHERE a.work_id = reaped.id AND a.n = reaped.claims AND a.ended_at IS NULL),
   counted AS (${totals(
     ['dead', 'held'],
     `count(*) FILTER (WHERE state = 'dead'), count(*) FILTER (WHERE state = 'held') FROM reaped WHERE state <> 'ready'`,
   )})
   SELECT id, client_id AS "clientId", claims, CASE state WHEN 'dead' THEN 'crash_loop' WHEN 'held' THEN 'held' ELSE 'again' END AS fate FROM reaped`,
);

/** Whenever it was to run next: what is over is over. */
export const EXPIRE = statement(
  'work.expire',
  `WITH over AS (
     SELECT id FROM work_items WHERE kind = $1 AND state = 'ready' AND expires_at <= now() ORDER BY expires_at LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED),
   ended AS (
     UPDATE work_items w SET state = 'dead', reason = 'expired', finished_at = now() FROM over WHERE w.id = over.id RETURNING w.id, w.client_id),
   counted AS (${totals(['dead'], 'count(*) FROM ended')})
   SELECT id, client_id AS "clientId" FROM ended`,
);

/** What is leased stays with its worker, who is at it. A held one had been counted as such. */
export const CANCEL = statement(
  'work.cancel',
  `WITH picked AS (
     SELECT id, state FROM work_items WHERE kind = $1 AND id = ANY ($2::uuid[]) AND state IN ('ready', 'held') ORDER BY id FOR UPDATE),
   ended AS (
     UPDATE work_items w SET state = 'dead', reason = 'cancelled', finished_at = now() FROM picked WHERE w.id = picked.id
     RETURNING w.id, w.client_id, picked.state AS before),
   counted AS (${totals(['dead', 'held'], `count(*), -count(*) FILTER (WHERE before = 'held') FROM ended`)})
   SELECT id, client_id AS "clientId" FROM ended`,
);

/** What has become true by itself need not be done: what nobody is at ends as done. Whoever is at a row keeps it. */
export const CONCLUDE = statement(
  'work.conclude',
  `WITH picked AS (
     SELECT id, state FROM work_items WHERE kind = $1 AND id = ANY ($2::uuid[]) AND state IN ('ready', 'held') ORDER BY id FOR UPDATE SKIP LOCKED),
   ended AS (
     UPDATE work_items w SET state = 'done', reason = NULL, finished_at = now() FROM picked WHERE w.id = picked.id
     RETURNING w.id, w.client_id, picked.state AS before),
   counted AS (${totals(['done', 'held'], `count(*), -count(*) FILTER (WHERE before = 'held') FROM ended`)})
   SELECT id, client_id AS "clientId" FROM ended`,
);

/** Sooner only. */
export const HASTEN = statement(
  'work.hasten',
  `UPDATE work_items w SET run_at = least(w.run_at, now() + make_interval(secs => asked.after))
     FROM (SELECT i.id, a.after FROM unnest($2::uuid[], $3::float8[]) AS a (id, after)
             JOIN work_items i ON i.id = a.id WHERE i.kind = $1 AND i.state = 'ready' ORDER BY i.id FOR UPDATE OF i SKIP LOCKED) AS asked
    WHERE w.id = asked.id`,
);

/** Of a client, what waits for one of the reasons, the soonest first; spread over `$4` seconds. */
export const HASTEN_WAITING = statement(
  'work.hasten_waiting',
  `UPDATE work_items w SET run_at = least(w.run_at, now() + random() * make_interval(secs => $4))
     FROM (SELECT id FROM work_items WHERE kind = $1 AND client_id = $2 AND state = 'ready' AND reason = ANY ($3::varchar[]) AND run_at > now()
            ORDER BY run_at LIMIT ${HASTENED_AT_ONCE} FOR UPDATE SKIP LOCKED) AS waiting
    WHERE w.id = waiting.id`,
);

/** Work that ended is work again, as if it were new. */
export const REVIVE = statement(
  'work.revive',
  `WITH picked AS (
     SELECT id, state FROM work_items WHERE kind = $1 AND id = ANY ($2::uuid[]) AND state IN ('done', 'dead', 'held') ORDER BY id FOR UPDATE),
   revived AS (
     UPDATE work_items w SET state = 'ready', reason = NULL, attempts = 0, losses = 0, run_at = now(), finished_at = NULL FROM picked WHERE w.id = picked.id
     RETURNING w.id, w.client_id, picked.state AS before),
   counted AS (${totals(
     ['done', 'dead', 'held'],
     `-count(*) FILTER (WHERE before = 'done'), -count(*) FILTER (WHERE before = 'dead'), -count(*) FILTER (WHERE before = 'held') FROM revived`,
   )})
   SELECT id, client_id AS "clientId" FROM revived`,
);

export const RELEASE = statement(
  'work.release',
  `WITH released AS (
     UPDATE work_items w SET state = 'ready', run_at = now(), lease_token = NULL, lease_until = NULL
       FROM unnest($1::uuid[], $2::uuid[]) AS held (id, token) WHERE w.id = held.id AND w.lease_token = held.token AND w.state = 'leased' AND coalesce(w.when_lost, $3) = 'again'
     RETURNING w.id, w.claims)
   UPDATE work_attempts a SET ended_at = now(), outcome = 'released' FROM released WHERE a.work_id = released.id AND a.n = released.claims`,
);

/** Ids grow with time, so that the oldest rows are found along the primary key; `$1` bounds how far to look. */
export const PRUNE = statement(
  'work.prune',
  `WITH old AS (
     SELECT id FROM work_items WHERE id < $1 AND state IN ('done', 'dead') AND finished_at < now() - make_interval(days => $2)
      ORDER BY id LIMIT ${PRUNED_AT_ONCE} FOR UPDATE SKIP LOCKED),
   removed AS (DELETE FROM work_items w USING old WHERE w.id = old.id RETURNING w.id, w.kind, w.state),
   counted AS (${totals(
     ['removed_done', 'removed_dead'],
     `count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'dead') FROM removed GROUP BY kind`,
     'kind',
   )})
   SELECT id FROM removed`,
);

/** From the totals and the short list of leases: what it costs does not grow with the work. */
export const COUNT = statement(
  'work.count',
  `SELECT t.kind, t.accepted, t.done, t.dead, t.held, l.leased, t.accepted - t.done - t.dead - t.held - l.leased AS ready
     FROM (SELECT kind, sum(accepted)::float8 AS accepted, sum(done)::float8 AS done, sum(dead)::float8 AS dead, sum(held)::float8 AS held
             FROM work_totals GROUP BY kind) AS t
     CROSS JOIN LATERAL (SELECT count(*)::float8 AS leased FROM work_items w WHERE w.kind = t.kind AND w.state = 'leased') AS l`,
);

/** By skipping from client to client: each one's work is in order of time already. That of clients `$1` waits for them alone. */
export const OLDEST = statement(
  'work.oldest',
  `WITH RECURSIVE clients AS (
     (SELECT kind, client_id FROM work_items WHERE state = 'ready' ORDER BY kind, client_id LIMIT 1)
     UNION ALL
     SELECT next.kind, next.client_id FROM clients c CROSS JOIN LATERAL (
       SELECT w.kind, w.client_id FROM work_items w WHERE w.state = 'ready' AND (w.kind, w.client_id) > (c.kind, c.client_id) ORDER BY w.kind, w.client_id LIMIT 1) AS next)
   SELECT c.kind, greatest(0, extract(epoch FROM now() - min(o.run_at)))::float8 AS seconds
     FROM clients c CROSS JOIN (VALUES (1::smallint), (5::smallint), (9::smallint)) AS p (priority)
     CROSS JOIN LATERAL (
       SELECT w.run_at FROM work_items w WHERE c.client_id <> ALL ($1::uuid[]) AND w.kind = c.kind AND w.client_id = c.client_id AND w.state = 'ready' AND w.priority = p.priority
        ORDER BY w.run_at LIMIT 1) AS o
    GROUP BY c.kind`,
);
