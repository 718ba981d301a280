import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Running totals of work, so that a scrape need not count rows, and an index for work that expires. */
export class WorkTotals1764050000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE work_totals (
        kind varchar(32) NOT NULL,
        shard smallint NOT NULL,
        accepted bigint NOT NULL DEFAULT 0,
        done bigint NOT NULL DEFAULT 0,
        dead bigint NOT NULL DEFAULT 0,
        held bigint NOT NULL DEFAULT 0,
        removed_done bigint NOT NULL DEFAULT 0,
        removed_dead bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (kind, shard)
      ) WITH (fillfactor = 50);
      INSERT INTO work_totals (kind, shard, accepted, done, dead, held)
      SELECT kind, 0, count(*), count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'dead'), count(*) FILTER (WHERE state = 'held')
        FROM work_items GROUP BY kind;
      CREATE INDEX work_items_expiring_idx ON work_items (kind, expires_at) WHERE state = 'ready' AND expires_at IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX work_items_expiring_idx; DROP TABLE work_totals');
  }
}
