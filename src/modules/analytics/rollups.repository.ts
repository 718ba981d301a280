import { Injectable } from '@nestjs/common';
import { Clock, Database, statement } from '../../platform/database/index.js';
import type { Grain } from './facts.js';

/** What was noted adds up, so that nobody need wait for anybody: two rollers at once take different rows, in one order. */
const ROLL = statement(
  'analytics.roll',
  `WITH taken AS (
     DELETE FROM analytics_changes WHERE ctid = ANY (ARRAY(SELECT ctid FROM analytics_changes LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING *),
   known AS (SELECT t.* FROM taken t JOIN clients c ON c.id = t.client_id),
   parts AS (
     SELECT t.client_id, t.kind, g.minutes AS grain, date_bin(make_interval(mins => g.minutes), t.at, '2000-01-01Z') AS at, t.key, t.bin, sum(t.n) AS n, sum(t.gone) AS gone
       FROM known t JOIN analytics_grains g ON t.at >= g.kept_from AND (t.kind <> 'tag' OR g.minutes > 1)
      GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(t.n) <> 0 OR sum(t.gone) <> 0),
   cells AS (
     SELECT client_id, kind, grain, at, key, sum(n)::bigint AS n, sum(gone)::bigint AS gone,
            coalesce(array_agg(bin ORDER BY bin) FILTER (WHERE bin IS NOT NULL AND n <> 0), '{}') AS bins,
            coalesce(array_agg(n::bigint ORDER BY bin) FILTER (WHERE bin IS NOT NULL AND n <> 0), '{}') AS tallies
       FROM parts GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5),
   counted AS (
     INSERT INTO analytics_counts AS c (client_id, kind, grain, at, key, n, gone, bins, tallies) SELECT * FROM cells
     ON CONFLICT (client_id, kind, grain, at, key) DO UPDATE SET n = c.n + excluded.n, gone = c.gone + excluded.gone,
       (bins, tallies) = (
         SELECT coalesce(array_agg(bin ORDER BY bin), '{}'), coalesce(array_agg(n ORDER BY bin), '{}') FROM (
           SELECT bin, sum(n)::bigint AS n FROM (
             SELECT * FROM unnest(c.bins, c.tallies) UNION ALL SELECT * FROM unnest(excluded.bins, excluded.tallies)) AS united (bin, n)
            GROUP BY bin HAVING sum(n) <> 0) AS summed)),
   active AS (
     INSERT INTO analytics_actives AS a (client_id, kind, at, member, n)
     SELECT t.client_id, m.kind, date_bin('15 minutes', t.at, '2000-01-01Z') AS at, m.member, sum(t.n)::bigint
       FROM known t JOIN analytics_grains g ON g.minutes = 15 AND t.at >= g.kept_from
       CROSS JOIN LATERAL (VALUES ('room', t.room), ('user', t.sender)) AS m (kind, member)
      WHERE m.member IS NOT NULL GROUP BY 1, 2, 3, 4 HAVING sum(t.n) <> 0 ORDER BY 1, 2, 3, 4
     ON CONFLICT (client_id, kind, at, member) DO UPDATE SET n = a.n + excluded.n)
   SELECT count(*)::integer AS taken FROM taken`,
);
const NOW = statement('analytics.now', `SELECT now() AS now`);
/** What was noted later by its clock may have been committed before: the oldest note that is left bounds it. */
const REACH = statement(
  'analytics.reach',
  `UPDATE analytics_reach SET as_of = greatest(as_of, least($1, (SELECT min(noted_at) FROM analytics_changes)))`,
);
const STANDING = statement(
  'analytics.standing',
  `SELECT coalesce(extract(epoch FROM now() - min(noted_at)), 0)::float8 AS "behindSeconds", count(*)::float8 AS waiting FROM analytics_changes`,
);
/** The floor moves first: nothing is added below it any more. */
const RAISE = statement(
  'analytics.raise',
  `UPDATE analytics_grains SET kept_from = greatest(kept_from, date_bin('1 day', now() + make_interval(secs => $3) - make_interval(days => $2), '2000-01-01Z'))
    WHERE minutes = $1`,
);
const FORGET_COUNTS = statement(
  'analytics.forget_counts',
  `DELETE FROM analytics_counts WHERE ctid = ANY (ARRAY(
     SELECT c.ctid FROM analytics_counts c JOIN analytics_grains g ON g.minutes = c.grain WHERE c.grain = $1 AND c.at < g.kept_from LIMIT $2)) RETURNING 1 AS one`,
);
const FORGET_ACTIVES = statement(
  'analytics.forget_actives',
  `DELETE FROM analytics_actives WHERE ctid = ANY (ARRAY(
     SELECT a.ctid FROM analytics_actives a JOIN analytics_grains g ON g.minutes = 15 WHERE a.at < g.kept_from LIMIT $1)) RETURNING 1 AS one`,
);
/** One that is used again is named again. */
const FORGET_TAGS = statement(
  'analytics.forget_tags',
  `DELETE FROM analytics_tags WHERE ctid = ANY (ARRAY(
     SELECT t.ctid FROM analytics_tags t JOIN analytics_grains g ON g.minutes = 60 WHERE t.noted_at < g.kept_from LIMIT $1)) RETURNING 1 AS one`,
);
/** Of statuses that everything has left. */
const FORGET_EMPTY = statement(
  'analytics.forget_empty',
  `DELETE FROM analytics_counts WHERE ctid = ANY (ARRAY(
     SELECT c.ctid FROM analytics_counts c WHERE c.grain = $1 AND c.at >= now() - interval '2 days' AND c.n = 0 AND c.gone = 0 LIMIT $2))
      AND n = 0 AND gone = 0 RETURNING 1 AS one`,
);

const REMOVED_AT_ONCE = 5_000;

export interface Standing {
  readonly behindSeconds: number;
  readonly waiting: number;
}

/** Moves what was noted into the counts, of all clients, and forgets what is old. */
@Injectable()
export class RollupsRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** In one transaction: it is all taken and added, or none of it. @returns how many notes it took */
  async roll(limit: number): Promise<number> {
    const [rolled] = await this.database.query<{ taken: number }>(ROLL, [limit]);
    return rolled?.taken ?? 0;
  }

  /** The database's time. */
  async now(): Promise<Date> {
    const [{ now }] = (await this.database.query<{ now: Date }>(NOW)) as [{ now: Date }];
    return now;
  }

  /** What was committed before this time has been taken, or is about to be by somebody else. */
  async reached(at: Date): Promise<void> {
    await this.database.query(REACH, [at]);
  }

  async standing(): Promise<Standing> {
    const [standing] = await this.database.query<Standing>(STANDING);
    return standing ?? { behindSeconds: 0, waiting: 0 };
  }

  /** @returns whether there may be more */
  async forget(grain: Grain, days: number): Promise<boolean> {
    await this.database.query(RAISE, [grain, days, this.clock.aheadSeconds]);
    const gone = [
      await this.database.query(FORGET_COUNTS, [grain, REMOVED_AT_ONCE]),
      await this.database.query(FORGET_EMPTY, [grain, REMOVED_AT_ONCE]),
    ];
    return gone.some(({ length }) => length === REMOVED_AT_ONCE);
  }

  /** @returns whether there may be more */
  async forgetNames(): Promise<boolean> {
    const gone = [
      await this.database.query(FORGET_ACTIVES, [REMOVED_AT_ONCE]),
      await this.database.query(FORGET_TAGS, [REMOVED_AT_ONCE]),
    ];
    return gone.some(({ length }) => length === REMOVED_AT_ONCE);
  }
}
