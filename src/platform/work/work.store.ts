import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { Database, type Queryable, statement, type Tx } from '../database/index.js';
import type { Claim, Decision, Lost, NewWork } from './work.js';

/** Fresh work is left to its hint for this long before a sweep takes it. */
const HINT_GRACE_SECONDS = 1;
/** An expired lease comes back with a growing pause, so that what kills workers does not kill them in a loop. */
const LONGEST_PAUSE_SECONDS = 300;
const REAPED_AT_ONCE = 500;

const CLAIMED = `w.id, w.client_id AS "clientId", w.attempts, w.claims, w.lease_token AS token, w.request_id AS "requestId"`;

/** Leases what `picked` names and notes the attempt, before anybody acts on it. */
const lease = (picked: string): string => `
  ${picked},
  claimed AS (
    UPDATE work_items w SET state = 'leased', claims = w.claims + 1, lease_token = gen_random_uuid(), lease_until = now() + make_interval(secs => $3)
      FROM picked WHERE w.id = picked.id RETURNING ${CLAIMED}),
  started AS (INSERT INTO work_attempts (work_id, n, worker) SELECT id, claims, $4 FROM claimed)
  SELECT * FROM claimed`;

const ACCEPT = statement(
  'work.accept',
  `INSERT INTO work_items (id, client_id, kind, dedupe_key, priority, run_at, expires_at, request_id)
   SELECT a.id, a.client_id, $1, a.dedupe_key, a.priority, coalesce(a.run_at, now()), a.expires_at, a.request_id
     FROM json_to_recordset($2) AS a (id uuid, client_id uuid, dedupe_key varchar, priority smallint, run_at timestamptz, expires_at timestamptz, request_id varchar)
   ON CONFLICT (client_id, kind, dedupe_key) DO NOTHING RETURNING id`,
);
const CLAIM_HINTED = statement(
  'work.claim_hinted',
  lease(`WITH picked AS (
    SELECT id FROM work_items WHERE id = ANY ($2::uuid[]) AND kind = $1 AND state = 'ready' AND run_at <= now() ORDER BY id FOR UPDATE SKIP LOCKED)`),
);
/**
 * Clients take turns: the first piece of each, then the second of each, … so that one client's backlog delays nobody.
 * The clients with work are found by skipping through the index, not by reading the backlog.
 */
const CLAIM_DUE = statement(
  'work.claim_due',
  lease(`WITH RECURSIVE clients AS (
    (SELECT client_id FROM work_items WHERE kind = $1 AND state = 'ready' ORDER BY client_id LIMIT 1)
    UNION ALL
    SELECT (SELECT w.client_id FROM work_items w WHERE w.kind = $1 AND w.state = 'ready' AND w.client_id > c.client_id ORDER BY w.client_id LIMIT 1)
      FROM clients c WHERE c.client_id IS NOT NULL),
  due AS (
    SELECT d.id, d.priority, d.run_at, row_number() OVER (PARTITION BY c.client_id ORDER BY d.priority, d.run_at, d.id) AS turn
      FROM clients c CROSS JOIN (VALUES (1::smallint), (5::smallint), (9::smallint)) AS p (priority)
      CROSS JOIN LATERAL (
        SELECT w.id, w.priority, w.run_at FROM work_items w
         WHERE w.kind = $1 AND w.client_id = c.client_id AND w.state = 'ready' AND w.priority = p.priority
           AND w.run_at <= now() - make_interval(secs => ${HINT_GRACE_SECONDS})
         ORDER BY w.run_at, w.id LIMIT $2 * 4) d
     WHERE c.client_id IS NOT NULL),
  picked AS (
    SELECT w.id FROM work_items w JOIN due ON due.id = w.id WHERE w.state = 'ready'
     ORDER BY due.turn, due.priority, due.run_at LIMIT $2 FOR UPDATE OF w SKIP LOCKED)`),
);
const FINISH = statement(
  'work.finish',
  `WITH f AS (
     SELECT * FROM json_to_recordset($1) AS f (id uuid, token uuid, n integer, state varchar, after float8, burns integer, reason varchar, outcome varchar)),
   ended AS (
     UPDATE work_items w
        SET state = f.state, reason = f.reason, attempts = w.attempts + f.burns, losses = 0, lease_token = NULL, lease_until = NULL,
            run_at = CASE WHEN f.state = 'ready' THEN least(now() + make_interval(secs => f.after), w.expires_at) ELSE w.run_at END,
            finished_at = CASE WHEN f.state IN ('done', 'dead') THEN now() END
       FROM f WHERE w.id = f.id AND w.state = 'leased' AND w.lease_token = f.token RETURNING w.id),
   noted AS (
     UPDATE work_attempts a SET ended_at = now(), outcome = CASE WHEN ended.id IS NULL THEN 'late' ELSE f.outcome END
       FROM f LEFT JOIN ended ON ended.id = f.id WHERE a.work_id = f.id AND a.n = f.n)
   SELECT id FROM ended`,
);
const REAP = statement(
  'work.reap',
  `WITH expired AS (
     SELECT id FROM work_items WHERE kind = $1 AND state = 'leased' AND lease_until < now() ORDER BY lease_until LIMIT ${REAPED_AT_ONCE} FOR UPDATE SKIP LOCKED),
   reaped AS (
     UPDATE work_items w
        SET losses = w.losses + 1, lease_token = NULL, lease_until = NULL,
            state = CASE WHEN w.losses + 1 >= $2 THEN 'dead' WHEN $3 = 'held' THEN 'held' ELSE 'ready' END,
            reason = CASE WHEN w.losses + 1 >= $2 THEN 'crash_loop' WHEN $3 = 'held' THEN 'unknown' ELSE 'lease_expired' END,
            run_at = least(now() + make_interval(secs => least(${LONGEST_PAUSE_SECONDS}, power(2, least(w.losses, 10)) - 1)), w.expires_at),
            finished_at = CASE WHEN w.losses + 1 >= $2 THEN now() END
       FROM expired WHERE w.id = expired.id RETURNING w.id, w.client_id, w.claims, w.state),
   noted AS (UPDATE work_attempts a SET outcome = 'lost' FROM reaped WHERE a.work_id = reaped.id AND a.n = reaped.claims AND a.ended_at IS NULL)
   SELECT id, client_id AS "clientId", claims, CASE state WHEN 'dead' THEN 'crash_loop' WHEN 'held' THEN 'held' ELSE 'again' END AS fate FROM reaped`,
);
const RELEASE = statement(
  'work.release',
  `UPDATE work_items w SET state = 'ready', run_at = now(), lease_token = NULL, lease_until = NULL
     FROM unnest($1::uuid[], $2::uuid[]) AS held (id, token) WHERE w.id = held.id AND w.lease_token = held.token AND w.state = 'leased'`,
);
const COUNT = statement(
  'work.count',
  `SELECT kind, state, count(*)::integer AS count, coalesce(extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'ready')), 0)::float8 AS "oldestSeconds"
     FROM work_items WHERE state IN ('ready', 'leased', 'dead', 'held') GROUP BY kind, state`,
);

export interface Finish {
  readonly claim: Claim;
  readonly decision: Decision<unknown>;
}

export interface WorkCount {
  readonly kind: string;
  readonly state: 'ready' | 'leased' | 'dead' | 'held';
  readonly count: number;
  readonly oldestSeconds: number;
}

/** The table of work, of all clients and kinds. Only the database's clock says what is due and whose lease is over. */
@Injectable()
export class WorkStore {
  private readonly worker = `${hostname()}:${process.pid}`.slice(0, 64);

  constructor(private readonly database: Database) {}

  /** Stores work in the caller's transaction. @returns the ids that are new */
  async accept(within: Queryable, kind: string, items: readonly NewWork[]): Promise<string[]> {
    if (items.length === 0) return [];
    const rows = items.map(({ id, clientId, dedupeKey, priority, runAt, expiresAt, requestId }) => ({
      ...{ id, client_id: clientId, dedupe_key: dedupeKey, priority },
      ...{ run_at: runAt, expires_at: expiresAt, request_id: requestId },
    }));
    return (await within.query<{ id: string }>(ACCEPT, [kind, JSON.stringify(rows)])).map(({ id }) => id);
  }

  claimHinted(kind: string, ids: readonly string[], leaseSeconds: number): Promise<Claim[]> {
    return this.database.query(CLAIM_HINTED, [kind, ids, leaseSeconds, this.worker]);
  }

  claimDue(kind: string, limit: number, leaseSeconds: number): Promise<Claim[]> {
    return this.database.query(CLAIM_DUE, [kind, limit, leaseSeconds, this.worker]);
  }

  /** Writes ends, each only if its lease is still ours. @returns the ids whose end was written; the others came late */
  async finish(tx: Tx, finishes: readonly Finish[]): Promise<Set<string>> {
    const ended = await tx.query<{ id: string }>(FINISH, [JSON.stringify(finishes.map(rowOf))]);
    return new Set(ended.map(({ id }) => id));
  }

  /** Takes back work whose lease ran out. */
  reap(tx: Tx, kind: string, maxLosses: number, whenLost: 'again' | 'held'): Promise<Lost[]> {
    return tx.query(REAP, [kind, maxLosses, whenLost]);
  }

  /** Gives leases back at once, so that others need not wait for their end. */
  async release(claims: readonly Claim[]): Promise<void> {
    await this.database.query(RELEASE, [claims.map(({ id }) => id), claims.map(({ token }) => token)]);
  }

  count(): Promise<WorkCount[]> {
    return this.database.query(COUNT);
  }
}

function rowOf({ claim, decision }: Finish): object {
  const waits = decision.end === 'retry' || decision.end === 'postpone';
  return {
    ...{ id: claim.id, token: claim.token, n: claim.claims },
    state: waits ? 'ready' : decision.end,
    after: waits ? decision.afterSeconds : 0,
    burns: decision.end === 'postpone' ? 0 : 1,
    reason: decision.end === 'done' ? null : decision.reason,
    outcome: decision.end,
  };
}
