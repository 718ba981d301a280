import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A client that was deleted is nobody's any more at once; its rows go batch by batch, and its own row last. */
export class ClientRemoval1764301000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE clients ADD COLUMN deleted_at timestamptz(3);
      CREATE INDEX clients_deleted_idx ON clients (deleted_at) WHERE deleted_at IS NOT NULL;
      CREATE INDEX api_keys_ended_login_idx ON api_keys (coalesce(revoked_at, expires_at)) WHERE origin = 'login';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM clients WHERE deleted_at IS NOT NULL;
      DROP INDEX api_keys_ended_login_idx;
      ALTER TABLE clients DROP COLUMN deleted_at;
    `);
  }
}
