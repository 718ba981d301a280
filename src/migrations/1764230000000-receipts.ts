import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What providers told of messages: each piece of news once, and what came before its message was known, until then.
 * Where a provider can be asked for what its calls missed: up to when that was done, and when it is due again.
 */
const UP = `
CREATE TABLE receipts (
  client_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  token varchar(200) NOT NULL,
  kind varchar(16) NOT NULL,
  at timestamptz(3) NOT NULL,
  received_at timestamptz(3) NOT NULL DEFAULT now(),
  reference varchar(300),
  recipient varchar(500),
  detail varchar(4096),
  look_at timestamptz(3),
  PRIMARY KEY (client_id, provider_id, token),
  FOREIGN KEY (client_id, provider_id) REFERENCES providers (client_id, id) ON DELETE CASCADE
);
CREATE INDEX receipts_received_idx ON receipts (received_at);
CREATE INDEX receipts_parked_idx ON receipts (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX receipts_recipient_idx ON receipts (client_id, lower(recipient)) WHERE recipient IS NOT NULL;

CREATE INDEX providers_id_idx ON providers (id);

CREATE TABLE provider_polls (
  client_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  polled_until timestamptz(3) NOT NULL,
  next_at timestamptz(3) NOT NULL DEFAULT now(),
  failures integer NOT NULL DEFAULT 0,
  PRIMARY KEY (client_id, provider_id),
  FOREIGN KEY (client_id, provider_id) REFERENCES providers (client_id, id) ON DELETE CASCADE
);
CREATE INDEX provider_polls_next_idx ON provider_polls (next_at);
`;

const DOWN = `
DROP TABLE provider_polls;
DROP INDEX providers_id_idx;
DROP TABLE receipts;
`;

export class Receipts1764230000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
