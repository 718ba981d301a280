import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Deliveries on any channel: which kind of address and which device; the ladder (one for each recipient) and step where
 * channels are tried one after the other; the provider's id while its receipts are awaited. Why a provider was chosen
 * stands in the timeline, and what may not be sent twice is held when its worker is lost.
 */
const UP = `
ALTER TABLE deliveries
  ADD COLUMN address_kind varchar(16),
  ADD COLUMN device_id uuid,
  ADD COLUMN ladder integer,
  ADD COLUMN step smallint,
  ADD COLUMN awaited_ref varchar(300);
CREATE INDEX deliveries_awaited_idx ON deliveries (client_id, awaited_ref) WHERE awaited_ref IS NOT NULL;
CREATE INDEX deliveries_retryable_idx ON deliveries (client_id, id) WHERE status IN ('failed', 'bounced', 'unknown');
CREATE INDEX deliveries_ladder_idx ON deliveries (client_id, notification_id, ladder, step) WHERE ladder IS NOT NULL;

ALTER TABLE notifications ADD COLUMN recipients integer NOT NULL DEFAULT 1, ADD COLUMN cancelled_count integer NOT NULL DEFAULT 0;
ALTER TABLE delivery_events ADD COLUMN decision text;
ALTER TABLE work_items ADD COLUMN when_lost varchar(8);
`;

const DOWN = `
ALTER TABLE work_items DROP COLUMN when_lost;
ALTER TABLE delivery_events DROP COLUMN decision;
ALTER TABLE notifications DROP COLUMN cancelled_count, DROP COLUMN recipients;
DROP INDEX deliveries_retryable_idx;
ALTER TABLE deliveries DROP COLUMN awaited_ref, DROP COLUMN step, DROP COLUMN ladder, DROP COLUMN device_id, DROP COLUMN address_kind;
`;

export class Channels1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
