import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far the use of a limit has been told in its period: not at all, as nearly spent (1), as spent (2). */
const UP = `ALTER TABLE provider_usage ADD COLUMN told smallint NOT NULL DEFAULT 0;`;

const DOWN = `ALTER TABLE provider_usage DROP COLUMN told;`;

export class QuotaNews1764271000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
