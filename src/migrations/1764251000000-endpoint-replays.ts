import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events are told again in the order they happened, so that a replay of an hour costs what that hour holds. */
const UP = `
CREATE INDEX webhook_outbound_events_at_idx ON webhook_outbound_events (client_id, at, id);
ALTER TABLE webhook_replays ADD COLUMN cursor_at timestamptz(3);
`;

const DOWN = `
ALTER TABLE webhook_replays DROP COLUMN cursor_at;
DROP INDEX webhook_outbound_events_at_idx;
`;

export class EndpointReplays1764251000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
