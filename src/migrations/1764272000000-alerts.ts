import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Failures that a client is to be told of by mail, and the mails (digests) that told of them. No contents, addresses or users:
 * ids, and reasons in the house's words.
 */
const UP = `
CREATE TABLE alerts (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  type varchar(64) NOT NULL,
  subject_id uuid,
  label varchar(300),
  reason varchar(1000),
  at timestamptz(3) NOT NULL,
  taken_at timestamptz(3) NOT NULL DEFAULT now(),
  told_by uuid,
  PRIMARY KEY (client_id, id)
);
CREATE INDEX alerts_untold_idx ON alerts (client_id, id) WHERE told_by IS NULL;
CREATE INDEX alerts_told_idx ON alerts (client_id, told_by) WHERE told_by IS NOT NULL;
CREATE INDEX alerts_age_idx ON alerts (id);

CREATE TABLE alert_digests (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  notification_id uuid NOT NULL,
  sent_at timestamptz(3) NOT NULL,
  PRIMARY KEY (client_id, notification_id)
);
CREATE INDEX alert_digests_last_idx ON alert_digests (client_id, sent_at);
CREATE INDEX alert_digests_age_idx ON alert_digests (notification_id);
`;

const TABLES = ['alerts', 'alert_digests'];

const guard = (table: string): string => `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY ${table}_own_client ON ${table} FOR SELECT TO chatapi_request USING (client_id = current_setting('app.client_id')::uuid);
GRANT SELECT ON ${table} TO chatapi_request;
`;

export class Alerts1764272000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
    for (const table of TABLES) await runner.query(guard(table));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TABLE ${table}`);
  }
}
