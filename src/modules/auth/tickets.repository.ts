import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement } from '../../platform/database/index.js';

/** Takes a few that were never used along, so that the table stays as small as 30 seconds of tickets. */
const INSERT = statement(
  'tickets.insert',
  `WITH stale AS (
     DELETE FROM tickets WHERE hash IN (SELECT hash FROM tickets WHERE expires_at < now() LIMIT 10 FOR UPDATE SKIP LOCKED))
   INSERT INTO tickets (hash, client_id, key_id, expires_at) VALUES ($1, $2, $3, now() + make_interval(secs => $4))`,
);
/** By its hash: whose it is, is what the look-up is for. Whoever deletes it has used it. */
const USE = statement(
  'tickets.use',
  `WITH used AS (DELETE FROM tickets WHERE hash = $1 RETURNING key_id, expires_at)
   SELECT key_id AS "keyId" FROM used WHERE expires_at > now()`,
);

@Injectable()
export class TicketsRepository {
  constructor(private readonly database: Database) {}

  async insert(clientId: ClientId, keyId: string, hash: Buffer, seconds: number): Promise<void> {
    await this.database.query(INSERT, [hash, clientId, keyId, seconds]);
  }

  /** The key a live ticket was made with; it is live no more. */
  async use(hash: Buffer): Promise<string | null> {
    return (await this.database.query<{ keyId: string }>(USE, [hash]))[0]?.keyId ?? null;
  }
}
