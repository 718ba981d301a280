import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of the first release. Every tenant's row leads with `client_id`; foreign keys carry it along. */
const TABLES = `
CREATE TABLE clients (
  id uuid PRIMARY KEY,
  slug varchar(63) NOT NULL CONSTRAINT clients_slug_key UNIQUE,
  name varchar(200) NOT NULL,
  status varchar(16) NOT NULL DEFAULT 'active',
  settings jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
  key_id varchar(12) PRIMARY KEY,
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  name varchar(200) NOT NULL,
  type varchar(8) NOT NULL,
  origin varchar(8) NOT NULL,
  user_id varchar(128),
  device varchar(128),
  hash varchar(100) NOT NULL,
  last_four varchar(4) NOT NULL,
  scopes varchar(40)[] NOT NULL DEFAULT '{}',
  allowed_ips varchar(64)[] NOT NULL DEFAULT '{}',
  last_used_at timestamptz(3),
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX api_keys_client_idx ON api_keys (client_id, created_at DESC, key_id);
CREATE INDEX api_keys_login_idx ON api_keys (client_id, user_id, device) WHERE origin = 'login' AND revoked_at IS NULL;

CREATE TABLE idempotency_keys (
  client_id uuid NOT NULL,
  scope varchar(600) NOT NULL,
  key varchar(255) NOT NULL,
  request_hash bytea NOT NULL,
  status smallint NOT NULL,
  body text NOT NULL,
  sealed boolean NOT NULL DEFAULT false,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, scope, key)
);
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

CREATE TABLE users (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  id varchar(128) NOT NULL,
  display_name varchar(200),
  email varchar(254),
  phone varchar(20),
  locale varchar(35),
  timezone varchar(64),
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, id)
);

CREATE TABLE rooms (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  type varchar(8) NOT NULL,
  name varchar(200),
  description varchar(2000),
  status varchar(8) NOT NULL DEFAULT 'active',
  deactivated_reason varchar(10),
  deactivated_at timestamptz(3),
  last_message_at timestamptz(3),
  last_activity_at timestamptz(3) NOT NULL DEFAULT now(),
  last_seq bigint NOT NULL DEFAULT 0,
  head bigint NOT NULL DEFAULT 0,
  member_count integer NOT NULL DEFAULT 0,
  max_members integer,
  settings jsonb NOT NULL DEFAULT '{}',
  metadata jsonb NOT NULL DEFAULT '{}',
  created_by varchar(128),
  direct_key varchar(270),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX rooms_direct_key ON rooms (client_id, direct_key) WHERE direct_key IS NOT NULL;
CREATE INDEX rooms_activity_idx ON rooms (client_id, last_activity_at DESC, id DESC);
CREATE INDEX rooms_due_idx ON rooms (type, last_activity_at) WHERE status = 'active';

CREATE TABLE room_members (
  client_id uuid NOT NULL,
  room_id uuid NOT NULL,
  user_id varchar(128) NOT NULL,
  role varchar(8) NOT NULL,
  last_read_seq bigint NOT NULL DEFAULT 0,
  last_delivered_seq bigint NOT NULL DEFAULT 0,
  joined_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, room_id, user_id),
  FOREIGN KEY (client_id, room_id) REFERENCES rooms (client_id, id) ON DELETE CASCADE
) WITH (fillfactor = 80);
CREATE INDEX room_members_user_idx ON room_members (client_id, user_id, room_id);

CREATE TABLE messages (
  client_id uuid NOT NULL,
  id uuid NOT NULL,
  room_id uuid NOT NULL,
  seq bigint NOT NULL,
  "offset" bigint NOT NULL,
  sender_id varchar(128),
  type varchar(8) NOT NULL DEFAULT 'user',
  content text,
  content_type varchar(100) NOT NULL DEFAULT 'text',
  attachments jsonb,
  reply_to uuid,
  mentions jsonb,
  metadata jsonb,
  client_message_id varchar(128),
  content_hash bytea,
  pinned_at timestamptz(3),
  created_at timestamptz(3) NOT NULL,
  edited_at timestamptz(3),
  deleted_at timestamptz(3),
  PRIMARY KEY (client_id, id),
  FOREIGN KEY (client_id, room_id) REFERENCES rooms (client_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX messages_room_seq_key ON messages (client_id, room_id, seq);
CREATE UNIQUE INDEX messages_room_offset_key ON messages (client_id, room_id, "offset");
CREATE UNIQUE INDEX messages_client_message_key ON messages (client_id, room_id, sender_id, client_message_id) WHERE client_message_id IS NOT NULL;

CREATE TABLE room_events (
  client_id uuid NOT NULL,
  room_id uuid NOT NULL,
  "offset" bigint NOT NULL,
  ev varchar(40) NOT NULL,
  data jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (client_id, room_id, "offset"),
  FOREIGN KEY (client_id, room_id) REFERENCES rooms (client_id, id) ON DELETE CASCADE
);

CREATE TABLE recurring_runs (
  name varchar(64) PRIMARY KEY,
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  outcome varchar(200)
);

CREATE TABLE work_items (
  id uuid PRIMARY KEY,
  client_id uuid NOT NULL,
  kind varchar(32) NOT NULL,
  state varchar(8) NOT NULL DEFAULT 'ready',
  priority smallint NOT NULL DEFAULT 5,
  run_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  lease_until timestamptz,
  lease_token uuid,
  attempts integer NOT NULL DEFAULT 0,
  claims integer NOT NULL DEFAULT 0,
  losses integer NOT NULL DEFAULT 0,
  dedupe_key varchar(300) NOT NULL,
  reason varchar(40),
  request_id varchar(128),
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE UNIQUE INDEX work_items_dedupe_key ON work_items (client_id, kind, dedupe_key);
CREATE INDEX work_items_ready_idx ON work_items (kind, client_id, priority, run_at, id) WHERE state = 'ready';
CREATE INDEX work_items_leased_idx ON work_items (kind, lease_until) WHERE state = 'leased';
CREATE INDEX work_items_dead_idx ON work_items (kind, client_id) WHERE state IN ('dead', 'held');

CREATE TABLE work_attempts (
  work_id uuid NOT NULL REFERENCES work_items (id) ON DELETE CASCADE,
  n integer NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  outcome varchar(16),
  worker varchar(64),
  detail jsonb,
  PRIMARY KEY (work_id, n)
);

CREATE TABLE providers (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  kind varchar(40) NOT NULL,
  channel varchar(16) NOT NULL,
  name varchar(200) NOT NULL,
  settings jsonb NOT NULL,
  role varchar(16) NOT NULL DEFAULT 'any',
  priority integer NOT NULL DEFAULT 100,
  weight integer NOT NULL DEFAULT 1,
  limits jsonb NOT NULL DEFAULT '{}',
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, id)
);

CREATE TABLE notifications (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  status varchar(20) NOT NULL,
  category varchar(16) NOT NULL DEFAULT 'transactional',
  priority varchar(8) NOT NULL DEFAULT 'normal',
  routing jsonb,
  channels jsonb NOT NULL,
  tags varchar(64)[] NOT NULL DEFAULT '{}',
  metadata jsonb NOT NULL DEFAULT '{}',
  test boolean NOT NULL DEFAULT false,
  provider_id uuid,
  send_at timestamptz(3),
  expires_at timestamptz(3),
  total_count integer NOT NULL DEFAULT 0,
  open_count integer NOT NULL DEFAULT 0,
  failed_count integer NOT NULL DEFAULT 0,
  skipped_count integer NOT NULL DEFAULT 0,
  expired_count integer NOT NULL DEFAULT 0,
  request_id varchar(128),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  completed_at timestamptz(3),
  PRIMARY KEY (client_id, id)
);
CREATE INDEX notifications_created_idx ON notifications (client_id, id DESC);

CREATE TABLE deliveries (
  client_id uuid NOT NULL,
  id uuid NOT NULL,
  notification_id uuid NOT NULL,
  channel varchar(16) NOT NULL,
  recipient varchar(500) NOT NULL,
  recipient_name varchar(200),
  user_id varchar(128),
  room_id uuid,
  status varchar(12) NOT NULL,
  reason varchar(32),
  provider_id uuid,
  provider_ref varchar(300),
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  sent_at timestamptz(3),
  delivered_at timestamptz(3),
  opened_at timestamptz(3),
  clicked_at timestamptz(3),
  seen_at timestamptz(3),
  read_at timestamptz(3),
  archived_at timestamptz(3),
  complained_at timestamptz(3),
  unsubscribed_at timestamptz(3),
  PRIMARY KEY (client_id, id),
  FOREIGN KEY (client_id, notification_id) REFERENCES notifications (client_id, id) ON DELETE CASCADE
) WITH (fillfactor = 80);
CREATE INDEX deliveries_notification_idx ON deliveries (client_id, notification_id, id);

CREATE TABLE delivery_events (
  client_id uuid NOT NULL,
  id uuid NOT NULL,
  notification_id uuid NOT NULL,
  delivery_id uuid,
  at timestamptz(3) NOT NULL DEFAULT now(),
  type varchar(40) NOT NULL,
  channel varchar(16),
  provider_id uuid,
  attempt integer,
  duration_ms integer,
  status varchar(12),
  reason varchar(32),
  detail text,
  PRIMARY KEY (client_id, id),
  FOREIGN KEY (client_id, notification_id) REFERENCES notifications (client_id, id) ON DELETE CASCADE
);
CREATE INDEX delivery_events_notification_idx ON delivery_events (client_id, notification_id, at, id);
`;

/** What requests read is bound to one client a second time, by the database itself (docs/adr). */
const GUARDED = [
  'users',
  'rooms',
  'room_members',
  'messages',
  'room_events',
  'providers',
  'notifications',
  'deliveries',
  'delivery_events',
];

const REQUEST_ROLE = `
DO $$ BEGIN
  CREATE ROLE chatapi_request NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
  EXECUTE format('GRANT chatapi_request TO %I', current_user);
EXCEPTION WHEN unique_violation THEN NULL;
END $$;
`;

const guard = (table: string): string => `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY ${table}_own_client ON ${table} FOR SELECT TO chatapi_request USING (client_id = current_setting('app.client_id')::uuid);
GRANT SELECT ON ${table} TO chatapi_request;
`;

export class Initial1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(REQUEST_ROLE);
    for (const table of GUARDED) await runner.query(guard(table));
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = [
      'delivery_events',
      'deliveries',
      'notifications',
      'providers',
      'work_attempts',
      'work_items',
      'recurring_runs',
    ];
    tables.push('room_events', 'messages', 'room_members', 'rooms', 'users', 'idempotency_keys', 'api_keys', 'clients');
    for (const table of tables) await runner.query(`DROP TABLE ${table}`);
  }
}
