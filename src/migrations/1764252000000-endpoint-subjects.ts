import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a stored event is about, so that it goes when that is forgotten. */
const UP = `
ALTER TABLE webhook_outbound_events ADD COLUMN subject_id uuid;
CREATE INDEX webhook_outbound_events_subject_idx ON webhook_outbound_events (client_id, subject_id) WHERE subject_id IS NOT NULL;
`;

const DOWN = `
DROP INDEX webhook_outbound_events_subject_idx;
ALTER TABLE webhook_outbound_events DROP COLUMN subject_id;
`;

export class EndpointSubjects1764252000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
