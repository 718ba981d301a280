import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What notifications keep so that other systems are told of them once: after how many hops each came about, and as what it
 * last ended, which a retry that ends alike or a late bounce does not make news.
 */
const UP = `
ALTER TABLE notifications ADD COLUMN hops smallint NOT NULL DEFAULT 0, ADD COLUMN ended_as varchar(20);
`;

const DOWN = `
ALTER TABLE notifications DROP COLUMN ended_as, DROP COLUMN hops;
`;

export class OutboundNews1764270000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
