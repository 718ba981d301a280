import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Other systems that are told of what happens: their endpoints, how each is doing, what there was to tell, each telling of it
 * and each try. A removed endpoint's row stays until its deliveries are gone. A call that is being made has a row, so that
 * all workers together keep to what an endpoint takes.
 */
const UP = `
CREATE TABLE webhook_endpoints (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  url varchar(2048) NOT NULL,
  event_types text[] NOT NULL,
  description varchar(500),
  headers jsonb NOT NULL,
  per_second integer,
  in_flight integer NOT NULL,
  payload varchar(8) NOT NULL,
  filter varchar(1000),
  status varchar(8) NOT NULL,
  disabled_reason varchar(8),
  disabled_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  deleted_at timestamptz(3),
  PRIMARY KEY (client_id, id)
);
CREATE INDEX webhook_endpoints_deleted_idx ON webhook_endpoints (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE webhook_endpoint_states (
  client_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  pace integer NOT NULL,
  call_seconds float8 NOT NULL DEFAULT 0,
  held_until timestamptz,
  next_call_at timestamptz,
  last_turn_at timestamptz,
  failing_since timestamptz,
  PRIMARY KEY (client_id, endpoint_id),
  FOREIGN KEY (client_id, endpoint_id) REFERENCES webhook_endpoints (client_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);

CREATE TABLE webhook_calls (
  client_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (client_id, endpoint_id, delivery_id),
  FOREIGN KEY (client_id, endpoint_id) REFERENCES webhook_endpoints (client_id, id) ON DELETE CASCADE
);

CREATE TABLE webhook_outbound_events (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  type varchar(100) NOT NULL,
  at timestamptz(3) NOT NULL,
  room_id uuid,
  sequence bigint,
  hops smallint NOT NULL,
  data text NOT NULL,
  truncated boolean NOT NULL,
  only_endpoint uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, id)
);
CREATE INDEX webhook_outbound_events_created_idx ON webhook_outbound_events (created_at);

CREATE TABLE webhook_deliveries (
  client_id uuid NOT NULL,
  id uuid NOT NULL,
  event_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  status varchar(10) NOT NULL DEFAULT 'pending',
  reason varchar(40),
  attempts integer NOT NULL DEFAULT 0,
  waiting_since timestamptz,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  finished_at timestamptz(3),
  PRIMARY KEY (client_id, id),
  FOREIGN KEY (client_id, event_id) REFERENCES webhook_outbound_events (client_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX webhook_deliveries_event_key ON webhook_deliveries (client_id, event_id, endpoint_id);
CREATE INDEX webhook_deliveries_endpoint_idx ON webhook_deliveries (client_id, endpoint_id, id);
CREATE INDEX webhook_deliveries_status_idx ON webhook_deliveries (client_id, endpoint_id, status, id);
CREATE INDEX webhook_deliveries_waiting_idx ON webhook_deliveries (client_id, endpoint_id, waiting_since) WHERE waiting_since IS NOT NULL;

CREATE TABLE webhook_attempts (
  client_id uuid NOT NULL,
  id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  n integer NOT NULL,
  at timestamptz(3) NOT NULL,
  status varchar(10) NOT NULL,
  status_code integer,
  duration_ms integer NOT NULL,
  error varchar(20),
  detail varchar(500),
  response text,
  address varchar(45),
  next_attempt_at timestamptz(3),
  PRIMARY KEY (client_id, id),
  FOREIGN KEY (client_id, delivery_id) REFERENCES webhook_deliveries (client_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_attempts_endpoint_idx ON webhook_attempts (client_id, endpoint_id, id);
CREATE INDEX webhook_attempts_delivery_idx ON webhook_attempts (client_id, delivery_id);

CREATE TABLE webhook_replays (
  client_id uuid NOT NULL,
  id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  wish varchar(12) NOT NULL,
  from_at timestamptz(3),
  to_at timestamptz(3),
  event_ids uuid[],
  status varchar(10) NOT NULL DEFAULT 'pending',
  count integer NOT NULL,
  done integer NOT NULL DEFAULT 0,
  cursor uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  finished_at timestamptz(3),
  PRIMARY KEY (client_id, id),
  FOREIGN KEY (client_id, endpoint_id) REFERENCES webhook_endpoints (client_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_replays_endpoint_idx ON webhook_replays (client_id, endpoint_id);
CREATE INDEX webhook_replays_finished_idx ON webhook_replays (finished_at);
`;

const TABLES = [
  ...['webhook_replays', 'webhook_attempts', 'webhook_deliveries', 'webhook_outbound_events', 'webhook_calls'],
  ...['webhook_endpoint_states', 'webhook_endpoints'],
];

const guard = (table: string): string => `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY ${table}_own_client ON ${table} FOR SELECT TO chatapi_request USING (client_id = current_setting('app.client_id')::uuid);
GRANT SELECT ON ${table} TO chatapi_request;
`;

export class Endpoints1764250000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
    for (const table of TABLES) await runner.query(guard(table));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TABLE ${table}`);
  }
}
