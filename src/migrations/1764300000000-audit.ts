import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who did what. Rows are written once: they go only when they are too old or their client goes, and change only when a
 * person is erased, and whoever does that says so (`app.audit`). What is said of a client itself outlives it, so there is no foreign key.
 */
const UP = `
CREATE TABLE audit_events (
  id uuid PRIMARY KEY,
  client_id uuid,
  at timestamptz(3) NOT NULL DEFAULT now(),
  action varchar(64) NOT NULL,
  resource_type varchar(32) NOT NULL,
  resource_id varchar(128),
  actor_type varchar(8) NOT NULL,
  key_id varchar(12),
  key_name varchar(200),
  user_id varchar(128),
  address varchar(64),
  request_id varchar(128),
  before jsonb,
  after jsonb
);
CREATE INDEX audit_events_client_idx ON audit_events (client_id, id);
CREATE INDEX audit_events_resource_idx ON audit_events (client_id, resource_type, resource_id, id);

CREATE FUNCTION audit_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('app.audit', true), '') NOT IN ('retention', 'erasure') THEN
    RAISE EXCEPTION 'audit events are neither changed nor removed';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER audit_events_stay BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_events_stay();

ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_events_own_client ON audit_events FOR SELECT TO chatapi_request USING (client_id = current_setting('app.client_id')::uuid);
GRANT SELECT ON audit_events TO chatapi_request;
`;

export class Audit1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_events; DROP FUNCTION audit_events_stay()');
  }
}
