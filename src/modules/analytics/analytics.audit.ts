import { type Audit, statement } from '../../platform/database/index.js';
import { GRAINS_OF_TAGS, TIMES, TIMES_ROWS } from './facts.js';

const AT = `date_bin(make_interval(mins => g.minutes), x.at, '2000-01-01Z')`;
const CELL = 'client_id, kind, grain, at, key';
const NAME = `concat_ws(' ', client_id, kind, grain || ' min', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'), array_to_string(key, '/'))`;
/** Of each grain what is kept of it. */
const KEPT = `JOIN analytics_grains g ON x.at >= g.kept_from AND (x.kind <> 'tag' OR g.minutes IN (${GRAINS_OF_TAGS.join()}))`;
/** What was noted and not added yet counts: the recount sees all of it at one moment. */
const NOTED = `analytics_changes x JOIN clients k ON k.id = x.client_id AND k.deleted_at IS NULL ${KEPT}`;
/** Of a client that is going its rows go in batches, these after those that they count. */
const ALL_COUNTS = `analytics_counts x JOIN clients k ON k.id = x.client_id AND k.deleted_at IS NULL JOIN analytics_grains g ON g.minutes = x.grain AND x.at >= g.kept_from`;
/** Those that are made of others are not held against rows. */
const COUNTS = `${ALL_COUNTS} AND x.kind NOT IN (${TIMES.map(({ kind }) => `'${kind}'`).join(', ')})`;
const FACTS = `analytics_facts x JOIN clients k ON k.id = x.client_id AND k.deleted_at IS NULL ${KEPT}`;

/** Where tags were too many, those that are one are not held against their rows one by one, but all of that time together. */
const FOLDED = `(SELECT DISTINCT client_id, kind, grain, at FROM analytics_counts WHERE kind = 'tag' AND key[1] = '')`;
const AS_FOLDED = `CASE WHEN f.at IS NOT NULL THEN ARRAY['', key[2]]::varchar[] ELSE key END AS key`;

/** Each count is how many rows there are of its kind and key, and how many there were. */
export const ANALYTICS_AUDIT: Audit = {
  balances: [],
  rules: [
    {
      broken: 'counts of analytics differ from a recount',
      find: statement(
        'audit.analytics_counts',
        `SELECT ${NAME} AS id FROM (SELECT client_id, kind, grain, at, ${AS_FOLDED}, n FROM (
           SELECT x.client_id, x.kind, x.grain, x.at, x.key, x.n - x.gone AS n FROM ${COUNTS}
           UNION ALL SELECT x.client_id, x.kind, g.minutes, ${AT}, x.key, x.n - x.gone FROM ${NOTED}
           UNION ALL SELECT x.client_id, x.kind, g.minutes, ${AT}, x.key, -count(*) FROM ${FACTS} GROUP BY 1, 2, 3, 4, 5) AS each LEFT JOIN ${FOLDED} AS f USING (client_id, kind, grain, at)) AS said
          GROUP BY ${CELL} HAVING sum(n) <> 0 ORDER BY ${CELL}`,
      ),
    },
    {
      // Of rows that are gone nobody can say any more how long they took.
      broken: 'times of analytics differ from a recount',
      find: statement(
        'audit.analytics_times',
        `SELECT ${NAME} AS id FROM (
           SELECT ${CELL} FROM (SELECT client_id, kind, grain, at, ${AS_FOLDED}, bin, n, gone FROM (
             SELECT x.client_id, x.kind, x.grain, x.at, x.key, t.bin, t.n, 0 AS gone FROM ${COUNTS} CROSS JOIN LATERAL unnest(x.bins, x.tallies) AS t (bin, n)
             UNION ALL SELECT x.client_id, x.kind, x.grain, x.at, x.key, NULL, 0, x.gone FROM ${COUNTS} WHERE x.gone <> 0
             UNION ALL SELECT x.client_id, x.kind, g.minutes, ${AT}, x.key, x.bin, x.n, x.gone FROM ${NOTED}
             UNION ALL SELECT x.client_id, x.kind, g.minutes, ${AT}, x.key, x.bin, -count(*), 0 FROM ${FACTS} WHERE x.bin IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6) AS each LEFT JOIN ${FOLDED} AS f USING (client_id, kind, grain, at)) AS said
            GROUP BY ${CELL}, bin HAVING sum(gone) = 0 AND bin IS NOT NULL AND sum(n) <> 0
           EXCEPT SELECT client_id, kind, grain, at, ${AS_FOLDED} FROM (
             SELECT x.client_id, x.kind, x.grain, x.at, x.key FROM ${COUNTS} WHERE x.gone <> 0
             UNION SELECT x.client_id, x.kind, g.minutes, ${AT}, x.key FROM ${NOTED} WHERE x.gone <> 0) AS partly LEFT JOIN ${FOLDED} AS f USING (client_id, kind, grain, at)) AS off
          ORDER BY ${CELL}`,
      ),
    },
    {
      broken: 'times of analytics differ from those that they are made of',
      find: statement(
        'audit.analytics_made_times',
        `SELECT DISTINCT ${NAME} AS id FROM (
           SELECT x.client_id, x.kind, x.grain, x.at, x.key, t.bin, t.n FROM ${ALL_COUNTS} JOIN ${TIMES_ROWS} ON times.times_kind = x.kind CROSS JOIN LATERAL unnest(x.bins, x.tallies) AS t (bin, n)
           UNION ALL SELECT x.client_id, x.kind, x.grain, x.at, x.key, NULL, x.n FROM ${ALL_COUNTS} JOIN ${TIMES_ROWS} ON times.times_kind = x.kind
           UNION ALL SELECT x.client_id, times.times_kind, x.grain, x.at, x.key[:times.parts], made.bin, -t.n
             FROM ${ALL_COUNTS} JOIN ${TIMES_ROWS} USING (kind) CROSS JOIN LATERAL unnest(x.bins, x.tallies) AS t (bin, n) CROSS JOIN LATERAL (VALUES (t.bin), (NULL)) AS made (bin)) AS said
          GROUP BY ${CELL}, bin HAVING sum(n) <> 0`,
      ),
    },
    {
      broken: 'quarters of analytics count other rooms or users than had messages in them',
      find: statement(
        'audit.analytics_actives',
        `WITH said AS (
           SELECT a.client_id, a.at, a.kind, a.member, a.n, 0 AS gone FROM analytics_actives a JOIN clients k ON k.id = a.client_id AND k.deleted_at IS NULL JOIN analytics_grains g ON g.minutes = 15 AND a.at >= g.kept_from
           UNION ALL SELECT x.client_id, ${AT}, m.kind, m.member, x.n, x.gone
             FROM ${NOTED} AND g.minutes = 15 CROSS JOIN LATERAL (VALUES ('room', x.room), ('user', x.sender)) AS m (kind, member) WHERE m.member IS NOT NULL
           UNION ALL SELECT x.client_id, ${AT}, m.kind, m.member, -1, 0
             FROM ${FACTS} AND g.minutes = 15 CROSS JOIN LATERAL (VALUES ('room', x.room), ('user', x.sender)) AS m (kind, member) WHERE m.member IS NOT NULL)
         SELECT DISTINCT concat_ws(' ', client_id, kind, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')) AS id FROM said s
          WHERE NOT EXISTS (SELECT 1 FROM analytics_counts c WHERE c.client_id = s.client_id AND c.kind = 'message' AND c.grain = 15 AND c.at = s.at AND c.gone <> 0)
          GROUP BY client_id, at, kind, member HAVING sum(n) <> 0 AND sum(gone) = 0 ORDER BY id`,
      ),
    },
  ],
};
