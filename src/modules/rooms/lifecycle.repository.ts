import { Injectable } from '@nestjs/common';
import { type ClientId, Clock, Database, statement, type Tx } from '../../platform/database/index.js';
import { ROOM_COLUMNS } from './columns.js';
import type { Room, RoomType } from './room.entity.js';
import { INACTIVITY_DAYS } from './rooms.rules.js';

/**
 * A room `r` with its reckoning `p`: `due_at`, when it is deactivated (null: never), and `warn_at`, a tenth of its days
 * before, at most a day. Days are the room's own, else its client's, else the service's.
 */
const RECKONED = `rooms r JOIN clients c ON c.id = r.client_id
  CROSS JOIN LATERAL (SELECT coalesce((r.settings->>'inactivityDays')::integer, (c.settings->'inactivityDays'->>r.type)::integer,
                                      ('${JSON.stringify(INACTIVITY_DAYS)}'::jsonb->>r.type)::integer) AS days) d
  CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(r.settings->>'keepActive', 'false') <> 'true'
                                  THEN r.last_activity_at + make_interval(hours => 24 * d.days) END AS due_at) e
  CROSS JOIN LATERAL (SELECT e.due_at, e.due_at - least(make_interval(mins => 144 * d.days), interval '24 hours') AS warn_at) p`;

/** The rooms that the sweep must look at: some are due, some are to be warned of, most were used since the last look. */
const LOOK = statement(
  'rooms.look',
  `WITH seen AS (
     SELECT r.client_id, r.id, p.due_at, p.warn_at, now() + make_interval(secs => $1) AS at,
            CASE WHEN p.due_at <= now() + make_interval(secs => $1) THEN 'deactivate'
                 WHEN p.warn_at <= now() + make_interval(secs => $1) AND coalesce(r.warned_at < p.warn_at, true) THEN 'warn'
                 ELSE 'wait' END AS verdict
       FROM ${RECKONED}
      WHERE r.status = 'active' AND r.look_at <= now() + make_interval(secs => $1)
      ORDER BY r.look_at LIMIT $2 FOR UPDATE OF r SKIP LOCKED)
   UPDATE rooms r SET
          status = CASE seen.verdict WHEN 'deactivate' THEN 'inactive' ELSE r.status END,
          deactivated_reason = CASE seen.verdict WHEN 'deactivate' THEN 'inactivity' ELSE r.deactivated_reason END,
          deactivated_at = CASE seen.verdict WHEN 'deactivate' THEN now() ELSE r.deactivated_at END,
          head = CASE seen.verdict WHEN 'deactivate' THEN r.head + 1 ELSE r.head END,
          updated_at = CASE seen.verdict WHEN 'deactivate' THEN now() ELSE r.updated_at END,
          warned_at = CASE seen.verdict WHEN 'warn' THEN seen.at ELSE r.warned_at END,
          look_at = CASE WHEN seen.verdict = 'deactivate' THEN r.look_at
                         WHEN seen.due_at IS NULL THEN 'infinity'
                         WHEN seen.warn_at <= seen.at THEN seen.due_at
                         ELSE seen.warn_at END
     FROM seen WHERE r.client_id = seen.client_id AND r.id = seen.id
   RETURNING seen.verdict, ${ROOM_COLUMNS}`,
);
/** Whose rooms were last reckoned with other days than the client's of now. */
const STALE = statement(
  'rooms.stale_reckonings',
  `SELECT c.id AS "clientId", c.settings->'inactivityDays' AS days FROM clients c LEFT JOIN room_reckonings k ON k.client_id = c.id
    WHERE c.settings->'inactivityDays' IS DISTINCT FROM k.inactivity_days`,
);
/**
 * Brings forward the look at rooms that it would now come too late for, among the next so many of a client. Few rows are read
 * while locks are held, and they are locked in the order of ids, as every writer locks rooms.
 */
const BRING_FORWARD = statement(
  'rooms.bring_forward',
  `WITH page AS (
     SELECT r.id FROM rooms r WHERE r.client_id = $1 AND r.id > $2 AND r.status = 'active' ORDER BY r.id LIMIT $3),
   late AS (
     SELECT r.client_id, r.id, p.warn_at FROM ${RECKONED}
      WHERE r.client_id = $1 AND r.id IN (SELECT page.id FROM page) AND r.status = 'active' AND r.look_at > p.warn_at
      ORDER BY r.id FOR UPDATE OF r),
   moved AS (
     UPDATE rooms r SET look_at = late.warn_at FROM late WHERE r.client_id = late.client_id AND r.id = late.id)
   SELECT page.id FROM page ORDER BY page.id DESC LIMIT 1`,
);
const RECKONING_DONE = statement(
  'rooms.reckoning_done',
  `INSERT INTO room_reckonings (client_id, inactivity_days) SELECT c.id, $2 FROM clients c WHERE c.id = $1
   ON CONFLICT (client_id) DO UPDATE SET inactivity_days = EXCLUDED.inactivity_days`,
);
/** The index finds them by the sweep's next look, which is never too late, except while the client's new days are not reckoned with yet. */
const EXPIRING = statement(
  'rooms.expiring',
  `SELECT r.id AS "roomId", r.type, p.due_at AS "deactivatesAt" FROM ${RECKONED}
    WHERE r.client_id = $1 AND r.status = 'active'
      AND r.look_at <= (SELECT CASE WHEN c.settings->'inactivityDays' IS DISTINCT FROM k.inactivity_days THEN 'infinity'
                                    ELSE now() + make_interval(secs => $2) END
                          FROM clients c LEFT JOIN room_reckonings k ON k.client_id = c.id WHERE c.id = $1)
      AND p.due_at <= now() + make_interval(secs => $2)
      AND ($3::timestamptz IS NULL OR (p.due_at, r.id) > ($3::timestamptz, $4::uuid))
    ORDER BY p.due_at, r.id LIMIT $5`,
);

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

export interface LookedAt extends Room {
  readonly verdict: 'deactivate' | 'warn' | 'wait';
}
export interface ExpiringRoom {
  readonly roomId: string;
  readonly type: RoomType;
  readonly deactivatesAt: Date;
}
export interface StaleReckoning {
  readonly clientId: ClientId;
  readonly days: object | null;
}

/** What the sweep asks, of all clients at once. */
@Injectable()
export class LifecycleRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Looks at up to `limit` rooms whose time has come, and does what is to be done; rooms in use at this moment are passed over. */
  look(tx: Tx, limit: number): Promise<LookedAt[]> {
    return tx.query<LookedAt>(LOOK, [this.clock.aheadSeconds, limit]);
  }

  staleReckonings(): Promise<StaleReckoning[]> {
    return this.database.query(STALE);
  }

  /** Goes through the next `limit` rooms of a client. @returns where to go on, or null at the end */
  async bringForward(clientId: ClientId, after: string | null, limit: number): Promise<string | null> {
    const [last] = await this.database.query<{ id: string }>(BRING_FORWARD, [clientId, after ?? BEFORE_ALL, limit]);
    return last?.id ?? null;
  }

  async reckoningDone({ clientId, days }: StaleReckoning): Promise<void> {
    await this.database.query(RECKONING_DONE, [clientId, days && JSON.stringify(days)]);
  }

  /** What a sweep would deactivate within the seconds, soonest first, if nobody used it. */
  expiring(
    clientId: ClientId,
    withinSeconds: number,
    limit: number,
    after: { readonly at: string; readonly id: string } | null,
  ): Promise<ExpiringRoom[]> {
    const seconds = this.clock.aheadSeconds + withinSeconds;
    return this.database.query(EXPIRING, [clientId, seconds, after?.at ?? null, after?.id ?? null, limit + 1]);
  }
}
