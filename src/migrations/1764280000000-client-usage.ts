import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How much of clients' own limits is used, a row for each thing that is limited and each period: taken from in the
 * transaction of what it counts. `settings_at` is how the client's settings were when the row was last held against the
 * rollups. No contents, addresses or users. Rows move often: half a page is left for their next versions.
 */
const UP = `
CREATE TABLE client_usage (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  what varchar(80) NOT NULL,
  period varchar(8) NOT NULL,
  began_at timestamptz NOT NULL,
  used bigint NOT NULL,
  told smallint NOT NULL DEFAULT 0,
  settings_at timestamptz,
  PRIMARY KEY (client_id, what, period)
) WITH (fillfactor = 50);

ALTER TABLE client_usage ENABLE ROW LEVEL SECURITY;
CREATE POLICY client_usage_own_client ON client_usage FOR SELECT TO chatapi_request USING (client_id = current_setting('app.client_id')::uuid);
GRANT SELECT ON client_usage TO chatapi_request;
`;

const DOWN = `DROP TABLE client_usage;`;

export class ClientUsage1764280000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
