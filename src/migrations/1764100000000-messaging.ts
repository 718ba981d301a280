import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a whole chat needs: events that refer to messages and users instead of repeating them (so that what is deleted is
 * gone from the feed too), reactions, versions, pins, search, bans, mutes, slow mode, receipts, devices, preferences, and
 * the time of the sweep's next look at each room.
 */
const UP = `
ALTER TABLE room_events
  ALTER COLUMN data DROP NOT NULL,
  ADD COLUMN message_id uuid,
  ADD COLUMN user_id varchar(128);
CREATE INDEX room_events_user_idx ON room_events (client_id, user_id) WHERE user_id IS NOT NULL;

ALTER TABLE messages
  ADD COLUMN reacted boolean NOT NULL DEFAULT false,
  ADD COLUMN search tsvector;
CREATE INDEX messages_sender_idx ON messages (client_id, sender_id, id) WHERE sender_id IS NOT NULL;
CREATE INDEX messages_mentions_idx ON messages USING gin (mentions jsonb_path_ops) WHERE mentions IS NOT NULL;
CREATE INDEX messages_reply_idx ON messages (client_id, reply_to, seq) WHERE reply_to IS NOT NULL;
CREATE INDEX messages_pinned_idx ON messages (client_id, room_id, pinned_at) WHERE pinned_at IS NOT NULL;
CREATE INDEX messages_search_idx ON messages USING gin (search);

CREATE TABLE message_reactions (
  client_id uuid NOT NULL,
  message_id uuid NOT NULL,
  emoji varchar(64) NOT NULL,
  user_id varchar(128) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, message_id, emoji, user_id),
  FOREIGN KEY (client_id, message_id) REFERENCES messages (client_id, id) ON DELETE CASCADE
);
CREATE INDEX message_reactions_user_idx ON message_reactions (client_id, user_id, message_id, emoji);

CREATE TABLE message_versions (
  client_id uuid NOT NULL,
  message_id uuid NOT NULL,
  version integer NOT NULL,
  content text,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (client_id, message_id, version),
  FOREIGN KEY (client_id, message_id) REFERENCES messages (client_id, id) ON DELETE CASCADE
);

CREATE INDEX rooms_creator_idx ON rooms (client_id, created_by, id) WHERE created_by IS NOT NULL;

-- The sweep's next look at a room. 21 hours are less than nine tenths of the shortest period there is, a day.
ALTER TABLE rooms
  ADD COLUMN warned_at timestamptz(3),
  ADD COLUMN look_at timestamptz(3) NOT NULL DEFAULT now();
ALTER TABLE rooms ALTER COLUMN look_at SET DEFAULT now() + interval '21 hours';
DROP INDEX rooms_due_idx;
CREATE INDEX rooms_look_idx ON rooms (look_at) WHERE status = 'active';
CREATE INDEX rooms_client_look_idx ON rooms (client_id, look_at) WHERE status = 'active';
-- Rooms that an import brings with an old use, or whose use is dated back, must not be looked at too late.
CREATE FUNCTION rooms_look_soon() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.look_at := least(NEW.look_at, NEW.last_activity_at + interval '21 hours');
  RETURN NEW;
END $$;
CREATE TRIGGER rooms_made_of_old BEFORE INSERT ON rooms FOR EACH ROW
  WHEN (NEW.look_at > NEW.last_activity_at + interval '21 hours') EXECUTE FUNCTION rooms_look_soon();
CREATE TRIGGER rooms_dated_back BEFORE UPDATE OF last_activity_at ON rooms FOR EACH ROW
  WHEN (NEW.last_activity_at < OLD.last_activity_at) EXECUTE FUNCTION rooms_look_soon();

-- The \`inactivityDays\` that the rooms of a client were last reckoned with.
CREATE TABLE room_reckonings (
  client_id uuid PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
  inactivity_days jsonb
);

ALTER TABLE room_members
  ADD COLUMN muted_at timestamptz(3),
  ADD COLUMN last_sent_at timestamptz(3);

CREATE TABLE room_bans (
  client_id uuid NOT NULL,
  room_id uuid NOT NULL,
  user_id varchar(128) NOT NULL,
  until timestamptz(3),
  reason varchar(500),
  banned_by varchar(128),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, room_id, user_id),
  FOREIGN KEY (client_id, room_id) REFERENCES rooms (client_id, id) ON DELETE CASCADE
);
CREATE INDEX room_bans_user_idx ON room_bans (client_id, user_id);

CREATE TABLE receipt_marks (
  client_id uuid NOT NULL,
  room_id uuid NOT NULL,
  user_id varchar(128) NOT NULL,
  kind varchar(9) NOT NULL,
  seq bigint NOT NULL,
  at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, room_id, user_id, kind, seq),
  FOREIGN KEY (client_id, room_id, user_id) REFERENCES room_members (client_id, room_id, user_id) ON DELETE CASCADE
);

ALTER TABLE users ADD COLUMN erased_as varchar(40);
CREATE INDEX api_keys_user_idx ON api_keys (client_id, user_id, key_id) WHERE user_id IS NOT NULL;
CREATE INDEX deliveries_user_idx ON deliveries (client_id, user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX deliveries_address_idx ON deliveries (client_id, lower(recipient), id) WHERE user_id IS NULL;
CREATE INDEX notifications_copied_idx ON notifications (client_id, id) WHERE channels->'email' ?| '{cc,bcc,replyTo,from}';

CREATE TABLE devices (
  client_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id varchar(128) NOT NULL,
  kind varchar(8) NOT NULL,
  address_hash bytea NOT NULL,
  address jsonb NOT NULL,
  last_four varchar(4) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, id),
  FOREIGN KEY (client_id, user_id) REFERENCES users (client_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX devices_address_key ON devices (client_id, kind, address_hash);
CREATE INDEX devices_user_idx ON devices (client_id, user_id, id);

ALTER TABLE users ADD COLUMN last_seen_at timestamptz(3);

CREATE UNLOGGED TABLE tickets (
  hash bytea PRIMARY KEY,
  client_id uuid NOT NULL,
  key_id varchar(12) NOT NULL REFERENCES api_keys (key_id) ON DELETE CASCADE,
  expires_at timestamptz(3) NOT NULL
);
CREATE INDEX tickets_expiry_idx ON tickets (expires_at);

CREATE TABLE user_preferences (
  client_id uuid NOT NULL,
  user_id varchar(128) NOT NULL,
  channels jsonb NOT NULL DEFAULT '{}',
  quiet_hours jsonb,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, user_id),
  FOREIGN KEY (client_id, user_id) REFERENCES users (client_id, id) ON DELETE CASCADE
);
`;

const TABLES = ['message_reactions', 'message_versions', 'room_bans', 'receipt_marks', 'devices', 'user_preferences'];

const guard = (table: string): string => `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY ${table}_own_client ON ${table} FOR SELECT TO chatapi_request USING (client_id = current_setting('app.client_id')::uuid);
GRANT SELECT ON ${table} TO chatapi_request;
`;

const DOWN = `
DROP TABLE ${TABLES.join(', ')}, room_reckonings, tickets;
ALTER TABLE users DROP COLUMN last_seen_at;
ALTER TABLE room_members DROP COLUMN muted_at, DROP COLUMN last_sent_at;
DROP INDEX rooms_creator_idx, api_keys_user_idx, deliveries_user_idx, deliveries_address_idx, notifications_copied_idx;
ALTER TABLE users DROP COLUMN erased_as;
DROP TRIGGER rooms_dated_back ON rooms;
DROP TRIGGER rooms_made_of_old ON rooms;
DROP FUNCTION rooms_look_soon();
ALTER TABLE rooms DROP COLUMN look_at, DROP COLUMN warned_at;
CREATE INDEX rooms_due_idx ON rooms (type, last_activity_at) WHERE status = 'active';
DROP INDEX messages_pinned_idx, messages_reply_idx, messages_sender_idx, messages_mentions_idx;
ALTER TABLE messages DROP COLUMN search, DROP COLUMN reacted;
DELETE FROM room_events WHERE data IS NULL;
ALTER TABLE room_events DROP COLUMN user_id, DROP COLUMN message_id, ALTER COLUMN data SET NOT NULL;
`;

export class Messaging1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
    for (const table of TABLES) await runner.query(guard(table));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
