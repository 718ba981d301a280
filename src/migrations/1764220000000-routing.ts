import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which provider sends what: how each channel of a client is routed; what each provider's breaker says; how its calls
 * went of late, in slots of ten seconds; and how much of its limits is used. A key's `pepper` names the part of
 * `SECRET_KEY` that it is hashed with: null is one from before it was noted.
 */
const UP = `
CREATE TABLE provider_routing (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  channel varchar(16) NOT NULL,
  bulk_threshold integer NOT NULL,
  strategy varchar(16) NOT NULL,
  PRIMARY KEY (client_id, channel)
);

CREATE TABLE provider_breakers (
  client_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  state varchar(8) NOT NULL,
  opens integer NOT NULL,
  open_until timestamptz NOT NULL,
  probe_until timestamptz,
  changed_at timestamptz NOT NULL,
  last_fault text,
  PRIMARY KEY (client_id, provider_id),
  FOREIGN KEY (client_id, provider_id) REFERENCES providers (client_id, id) ON DELETE CASCADE
);

CREATE TABLE provider_calls (
  client_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  slot timestamptz NOT NULL,
  calls integer NOT NULL,
  faults integer NOT NULL,
  times integer[] NOT NULL,
  PRIMARY KEY (client_id, provider_id, slot),
  FOREIGN KEY (client_id, provider_id) REFERENCES providers (client_id, id) ON DELETE CASCADE
);
CREATE INDEX provider_calls_slot_idx ON provider_calls (slot);

CREATE TABLE provider_usage (
  client_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  period varchar(8) NOT NULL,
  began_at timestamptz NOT NULL,
  used integer NOT NULL,
  waiting integer NOT NULL,
  PRIMARY KEY (client_id, provider_id, period),
  FOREIGN KEY (client_id, provider_id) REFERENCES providers (client_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);

ALTER TABLE api_keys ADD COLUMN pepper varchar(8);
`;

const TABLES = ['provider_routing', 'provider_breakers', 'provider_calls', 'provider_usage'];

const guard = (table: string): string => `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY ${table}_own_client ON ${table} FOR SELECT TO chatapi_request USING (client_id = current_setting('app.client_id')::uuid);
GRANT SELECT ON ${table} TO chatapi_request;
`;

export class Routing1764220000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
    for (const table of TABLES) await runner.query(guard(table));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE api_keys DROP COLUMN pepper');
    for (const table of TABLES) await runner.query(`DROP TABLE ${table}`);
  }
}
