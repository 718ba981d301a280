import { Injectable } from '@nestjs/common';
import { Clock, Database, statement } from '../../platform/database/index.js';
import { type Grain, GRAINS_OF_TAGS, TIMES_ROWS } from './facts.js';

const ADDED_UP = `ON CONFLICT (client_id, kind, grain, at, key) DO UPDATE SET n = c.n + excluded.n, gone = c.gone + excluded.gone,
       (bins, tallies) = (
         SELECT coalesce(array_agg(bin ORDER BY bin), '{}'), coalesce(array_agg(n ORDER BY bin), '{}') FROM (
           SELECT bin, sum(n)::bigint AS n FROM (
             SELECT * FROM unnest(c.bins, c.tallies) UNION ALL SELECT * FROM unnest(excluded.bins, excluded.tallies)) AS united (bin, n)
            GROUP BY bin HAVING sum(n) <> 0) AS summed)`;
/** What was noted adds up, so that nobody need wait for anybody: two rollers at once take different rows, in one order. */
const ROLL = statement(
  'analytics.roll',
  `WITH taken AS (
     DELETE FROM analytics_changes WHERE ctid = ANY (ARRAY(SELECT ctid FROM analytics_changes LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING *),
   known AS (SELECT t.* FROM taken t JOIN clients c ON c.id = t.client_id),
   parts AS (
     SELECT t.client_id, t.kind, g.minutes AS grain, date_bin(make_interval(mins => g.minutes), t.at, '2000-01-01Z') AS at, t.key, t.bin, sum(t.n) AS n, sum(t.gone) AS gone
       FROM known t JOIN analytics_grains g ON t.at >= g.kept_from AND (t.kind <> 'tag' OR g.minutes IN (${GRAINS_OF_TAGS.join()}))
      GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(t.n) <> 0 OR sum(t.gone) <> 0),
   all_parts AS (
     SELECT * FROM parts UNION ALL
     SELECT p.client_id, times.times_kind, p.grain, p.at, p.key[:times.parts], p.bin, sum(p.n), 0 FROM parts p JOIN ${TIMES_ROWS} USING (kind)
      WHERE p.bin IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(p.n) <> 0),
   cells AS (
     SELECT client_id, kind, grain, at, key, sum(n)::bigint AS n, sum(gone)::bigint AS gone,
            coalesce(array_agg(bin ORDER BY bin) FILTER (WHERE bin IS NOT NULL AND n <> 0), '{}') AS bins,
            coalesce(array_agg(n::bigint ORDER BY bin) FILTER (WHERE bin IS NOT NULL AND n <> 0), '{}') AS tallies
       FROM all_parts GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5),
   counted AS (
     INSERT INTO analytics_counts AS c (client_id, kind, grain, at, key, n, gone, bins, tallies) SELECT * FROM cells
     ${ADDED_UP}),
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
/** Nothing that is older is counted anew often. */
const RECENT = `now() - interval '2 days'`;
/** Of statuses that everything has left. */
const FORGET_EMPTY = statement(
  'analytics.forget_empty',
  `DELETE FROM analytics_counts WHERE ctid = ANY (ARRAY(
     SELECT c.ctid FROM analytics_counts c WHERE c.grain = $1 AND c.at >= ${RECENT} AND c.n = 0 AND c.gone = 0 LIMIT $2))
      AND n = 0 AND gone = 0 RETURNING 1 AS one`,
);

/**
 * Of each client's tags in a quarter or hour the most used stay; the others are one, without a name. What comes late of one of
 * these (its count is below zero then) follows. Both add up, so that nothing is counted twice or lost, whoever adds meanwhile.
 */
const FOLD_TAGS = statement(
  'analytics.fold_tags',
  `WITH tags AS (
     SELECT c.client_id, c.at, c.key[1] AS tag, sum(c.n) AS n, bool_or(c.n < 0) AS late FROM analytics_counts c
      WHERE c.kind = 'tag' AND c.grain = $1::smallint AND c.at >= ${RECENT} AND c.key[1] <> '' GROUP BY 1, 2, 3),
   ranked AS (SELECT t.*, row_number() OVER (PARTITION BY client_id, at ORDER BY n DESC, tag) AS place FROM tags t),
   crowded AS (SELECT DISTINCT client_id, at FROM analytics_counts WHERE kind = 'tag' AND grain = $1 AND at >= ${RECENT} AND key[1] = ''),
   surplus AS MATERIALIZED (
     SELECT client_id, at, tag FROM ranked r WHERE place > $2 OR late AND (client_id, at) IN (SELECT client_id, at FROM crowded)
      ORDER BY client_id, at, tag LIMIT $3),
   locked AS MATERIALIZED (
     SELECT c.client_id, c.at, c.key FROM analytics_counts c JOIN surplus s ON s.client_id = c.client_id AND s.at = c.at AND s.tag = c.key[1]
      WHERE c.kind = 'tag' AND c.grain = $1 ORDER BY c.client_id, c.at, c.key FOR UPDATE OF c),
   folded AS (
     DELETE FROM analytics_counts c USING locked l
      WHERE c.client_id = l.client_id AND c.kind = 'tag' AND c.grain = $1 AND c.at = l.at AND c.key = l.key RETURNING c.*),
   others AS (
     INSERT INTO analytics_counts AS c (client_id, kind, grain, at, key, n, gone, bins, tallies)
     SELECT f.client_id, 'tag', $1::smallint, f.at, ARRAY['', f.key[2]], sum(f.n), sum(f.gone), coalesce(b.bins, '{}'), coalesce(b.tallies, '{}')
       FROM folded f LEFT JOIN (
         SELECT client_id, at, status, array_agg(bin ORDER BY bin) AS bins, array_agg(n ORDER BY bin) AS tallies FROM (
           SELECT f.client_id, f.at, f.key[2] AS status, t.bin, sum(t.n)::bigint AS n FROM folded f CROSS JOIN LATERAL unnest(f.bins, f.tallies) AS t (bin, n)
            GROUP BY 1, 2, 3, 4 HAVING sum(t.n) <> 0) AS summed GROUP BY 1, 2, 3) AS b ON b.client_id = f.client_id AND b.at = f.at AND b.status = f.key[2]
      GROUP BY f.client_id, f.at, f.key[2], b.bins, b.tallies ORDER BY 1, 4, 5
     ${ADDED_UP}),
   unnamed AS (
     DELETE FROM analytics_tags t USING surplus s WHERE $1::smallint = 60 AND t.client_id = s.client_id AND t.hash = s.tag::bigint AND t.noted_at >= ${RECENT}
        AND NOT EXISTS (
          SELECT 1 FROM tags o WHERE o.client_id = s.client_id AND o.tag = s.tag
             AND NOT EXISTS (SELECT 1 FROM surplus x WHERE x.client_id = o.client_id AND x.tag = o.tag AND x.at = o.at)))
   SELECT client_id AS one FROM surplus`,
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

  /** @param most tags that stay of a client in each quarter or hour @returns whether there may be more */
  async foldTags(grain: Grain, most: number): Promise<boolean> {
    return (await this.database.query(FOLD_TAGS, [grain, most, REMOVED_AT_ONCE])).length === REMOVED_AT_ONCE;
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
