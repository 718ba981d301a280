import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Work carries the W3C trace context of the call that it was accepted in, so that what a worker does is of the caller's trace. And breakers
 * that are open, few among many, are counted for a metric.
 */
export class Traces1764310000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE work_items ADD COLUMN traceparent varchar(55)');
    await runner.query(
      `CREATE INDEX provider_breakers_open_idx ON provider_breakers (client_id, provider_id) WHERE state = 'open'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX provider_breakers_open_idx');
    await runner.query('ALTER TABLE work_items DROP COLUMN traceparent');
  }
}
