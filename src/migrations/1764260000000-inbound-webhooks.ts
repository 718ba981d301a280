import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where other systems call: sources with their rules, the events that came, each once within the time of its source, and what
 * each of their actions came to. A source may go before its events do.
 */
const UP = `
CREATE TABLE webhook_sources (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  event varchar(100) NOT NULL,
  scheme varchar(40) NOT NULL,
  settings jsonb NOT NULL DEFAULT '{}',
  tolerance_seconds integer NOT NULL,
  actions jsonb NOT NULL DEFAULT '[]',
  forward_headers jsonb,
  dedupe_hours integer NOT NULL,
  trust_body boolean NOT NULL DEFAULT false,
  enabled boolean NOT NULL DEFAULT true,
  description varchar(500),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, id)
);
CREATE UNIQUE INDEX webhook_sources_event_key ON webhook_sources (client_id, event);

CREATE TABLE inbound_keys (
  client_id uuid NOT NULL,
  source_id uuid NOT NULL,
  key varchar(200) NOT NULL,
  event_id uuid NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  PRIMARY KEY (client_id, source_id, key),
  FOREIGN KEY (client_id, source_id) REFERENCES webhook_sources (client_id, id) ON DELETE CASCADE
);
CREATE INDEX inbound_keys_expires_idx ON inbound_keys (expires_at);

CREATE TABLE inbound_events (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  source_id uuid NOT NULL,
  event varchar(100) NOT NULL,
  status varchar(12) NOT NULL,
  reason varchar(40),
  external_id varchar(200),
  type varchar(200),
  hops smallint NOT NULL,
  headers jsonb NOT NULL,
  body bytea NOT NULL,
  own_actions boolean NOT NULL DEFAULT false,
  forward_headers jsonb,
  run integer NOT NULL DEFAULT 1,
  request_id varchar(128),
  received_at timestamptz(3) NOT NULL DEFAULT now(),
  ended_at timestamptz(3),
  PRIMARY KEY (client_id, id)
);
CREATE INDEX inbound_events_source_idx ON inbound_events (client_id, source_id, id);
CREATE INDEX inbound_events_event_idx ON inbound_events (client_id, event, id);
CREATE INDEX inbound_events_status_idx ON inbound_events (client_id, status, id) WHERE status <> 'completed';
CREATE INDEX inbound_events_received_idx ON inbound_events (received_at);

CREATE TABLE inbound_actions (
  client_id uuid NOT NULL,
  event_id uuid NOT NULL,
  n smallint NOT NULL,
  run integer NOT NULL,
  id varchar(64) NOT NULL,
  type varchar(32) NOT NULL,
  definition jsonb NOT NULL,
  effect_id uuid NOT NULL,
  status varchar(8) NOT NULL DEFAULT 'pending',
  attempts integer NOT NULL DEFAULT 0,
  result jsonb,
  error jsonb,
  ended_at timestamptz(3),
  PRIMARY KEY (client_id, event_id, n),
  FOREIGN KEY (client_id, event_id) REFERENCES inbound_events (client_id, id) ON DELETE CASCADE
);
`;

const guard = (table: string): string => `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY ${table}_own_client ON ${table} FOR SELECT TO chatapi_request USING (client_id = current_setting('app.client_id')::uuid);
GRANT SELECT ON ${table} TO chatapi_request;
`;

const DOWN = `
DROP TABLE inbound_actions, inbound_events, inbound_keys, webhook_sources;
`;

export class InboundWebhooks1764260000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
    for (const table of ['webhook_sources', 'inbound_events', 'inbound_actions']) await runner.query(guard(table));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
