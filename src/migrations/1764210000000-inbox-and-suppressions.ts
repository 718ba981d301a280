import type { MigrationInterface, QueryRunner } from 'typeorm';

/** As `deliveries` says it of an item; written out here and in the statements that read by it. */
const STATE = `CASE WHEN archived_at IS NOT NULL THEN 'archived' WHEN read_at IS NOT NULL THEN 'read' ELSE 'unread' END`;
const IN_INBOX = `channel = 'websocket' AND user_id IS NOT NULL AND sent_at IS NOT NULL`;

/**
 * The inbox, page by page in the order of arrival, and its counts, kept in the transactions that change it.
 * Suppressions: a keyed hash of each address stays when the address itself goes; the key is the client's own, random and
 * wrapped by SECRET_KEY. Whoever has no key has no suppression.
 */
const UP = `
CREATE INDEX deliveries_inbox_idx ON deliveries (client_id, user_id, sent_at DESC, id DESC) WHERE ${IN_INBOX};
CREATE INDEX deliveries_inbox_state_idx ON deliveries (client_id, user_id, (${STATE}), sent_at DESC, id DESC) WHERE ${IN_INBOX};
CREATE TABLE inbox_counts (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  user_id varchar(128) NOT NULL,
  unread integer NOT NULL,
  total integer NOT NULL,
  PRIMARY KEY (client_id, user_id)
) WITH (fillfactor = 70);
INSERT INTO inbox_counts (client_id, user_id, unread, total)
  SELECT client_id, user_id, count(*) FILTER (WHERE read_at IS NULL), count(*) FROM deliveries
   WHERE ${IN_INBOX} AND user_id !~ '^erased-[0-9a-f]{32}$' GROUP BY client_id, user_id;

CREATE TABLE suppression_keys (
  client_id uuid PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
  sealed jsonb NOT NULL
);
CREATE TABLE suppressions (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  channel varchar(16) NOT NULL,
  address_hash bytea NOT NULL,
  address varchar(500),
  reason varchar(12) NOT NULL,
  delivery_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, id)
);
CREATE UNIQUE INDEX suppressions_address_key ON suppressions (client_id, channel, address_hash, reason);
CREATE INDEX suppressions_person_idx ON suppressions (client_id, lower(address)) WHERE address IS NOT NULL;
`;

const guard = (table: string): string => `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY ${table}_own_client ON ${table} FOR SELECT TO chatapi_request USING (client_id = current_setting('app.client_id')::uuid);
GRANT SELECT ON ${table} TO chatapi_request;
`;

const DOWN = `
DROP TABLE suppressions, suppression_keys, inbox_counts;
DROP INDEX deliveries_inbox_state_idx, deliveries_inbox_idx;
`;

export class InboxAndSuppressions1764210000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
    for (const table of ['inbox_counts', 'suppressions']) await runner.query(guard(table));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
