import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Of counts of bins, in their order, the bins into which p50, p95 and p99 fall; null of nothing. Their ranks are those of a DDSketch: of n
 * times the one before which there are q · (n - 1). What was taken back before it was added is below zero for a while, and is not there yet.
 */
const QUANTILES = `
CREATE FUNCTION analytics_quantiles(smallint[], bigint[]) RETURNS smallint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN total > 0 THEN ARRAY[
           bins[1 + width_bucket(0.5 * (total - 1), upto)], bins[1 + width_bucket(0.95 * (total - 1), upto)], bins[1 + width_bucket(0.99 * (total - 1), upto)]] END
    FROM (
      SELECT array_agg(bin ORDER BY place) AS bins, array_agg(upto ORDER BY place) AS upto, max(upto) AS total FROM (
        SELECT bin, place, sum(n::float8) OVER (ORDER BY place) AS upto FROM unnest($1, $2) WITH ORDINALITY AS t (bin, n, place) WHERE n > 0) AS running) AS summed
$$;
ALTER TABLE analytics_counts ADD COLUMN quantiles smallint[] GENERATED ALWAYS AS (CASE WHEN kind LIKE '%_times' THEN analytics_quantiles(bins, tallies) END) STORED;
`;

/** Each of all its counts, as they add up. */
const sums = (from: string): string => `
INSERT INTO analytics_counts (client_id, kind, grain, at, key, n, gone, bins, tallies)
SELECT client_id, kind, grain, at, key, sum(all_n)::bigint, sum(gone)::bigint, coalesce(array_agg(bin ORDER BY bin) FILTER (WHERE n <> 0), '{}'), coalesce(array_agg(n ORDER BY bin) FILTER (WHERE n <> 0), '{}')
  FROM (SELECT client_id, kind, grain, at, key, bin, sum(n)::bigint AS n, sum(all_n) AS all_n, sum(gone) AS gone FROM (${from}) AS each GROUP BY 1, 2, 3, 4, 5, 6) AS summed
 GROUP BY 1, 2, 3, 4, 5`;

/** Days, of which tags are not counted. */
const DAYS = sums(`
  SELECT c.client_id, c.kind, 1440::smallint AS grain, date_bin('1 day', c.at, '2000-01-01Z') AS at, c.key, t.bin, t.n, 0 AS all_n, 0 AS gone
    FROM analytics_counts c CROSS JOIN LATERAL unnest(c.bins, c.tallies) AS t (bin, n) WHERE c.grain = 60 AND c.kind <> 'tag'
  UNION ALL
  SELECT c.client_id, c.kind, 1440, date_bin('1 day', c.at, '2000-01-01Z'), c.key, NULL, 0, c.n, c.gone FROM analytics_counts c WHERE c.grain = 60 AND c.kind <> 'tag'`);

/** How long deliveries and calls took, by the first parts of their keys. */
const TIMES = sums(`
  SELECT c.client_id, times.times_kind AS kind, c.grain, c.at, c.key[:times.parts] AS key, t.bin, t.n, t.n AS all_n, 0 AS gone
    FROM analytics_counts c JOIN (VALUES ('delivery', 'all_times', 0), ('delivery', 'channel_times', 1), ('provider_call', 'provider_times', 2), ('webhook_call', 'endpoint_times', 1)
         ) AS times (kind, times_kind, parts) USING (kind)
   CROSS JOIN LATERAL unnest(c.bins, c.tallies) AS t (bin, n)`);

export class AnalyticsTimes1764320000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('LOCK TABLE analytics_counts IN ACCESS EXCLUSIVE MODE');
    await runner.query(QUANTILES);
    await runner.query('INSERT INTO analytics_grains SELECT 1440, kept_from FROM analytics_grains WHERE minutes = 60');
    await runner.query(DAYS);
    await runner.query(TIMES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('LOCK TABLE analytics_counts IN ACCESS EXCLUSIVE MODE');
    await runner.query(`DELETE FROM analytics_counts WHERE kind LIKE '%_times' OR grain = 1440`);
    await runner.query('DELETE FROM analytics_grains WHERE minutes = 1440');
    await runner.query('ALTER TABLE analytics_counts DROP COLUMN quantiles');
    await runner.query('DROP FUNCTION analytics_quantiles(smallint[], bigint[])');
  }
}
