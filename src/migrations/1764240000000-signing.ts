import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What calls are signed with, or verified by, sealed: one for each owner, and older ones until their end. */
const UP = `
CREATE TABLE signing_secrets (
  client_id uuid NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  owner_id uuid NOT NULL,
  id uuid NOT NULL,
  sealed jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3),
  PRIMARY KEY (client_id, owner_id, id)
);
CREATE INDEX signing_secrets_expires_idx ON signing_secrets (expires_at) WHERE expires_at IS NOT NULL;
`;

const DOWN = `
DROP TABLE signing_secrets;
`;

export class Signing1764240000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
