import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type Tx, type UserId } from '../../platform/database/index.js';

const NOW = `date_trunc('milliseconds', clock_timestamp())`;

const EDIT = statement(
  'messages.edit',
  `WITH kept AS (
     INSERT INTO message_versions (client_id, message_id, version, content, created_at)
     SELECT m.client_id, m.id, before.n + 1, m.content, coalesce(m.edited_at, m.created_at)
       FROM messages m CROSS JOIN LATERAL (
         SELECT count(*) AS n FROM message_versions v WHERE v.client_id = m.client_id AND v.message_id = m.id) before
      WHERE m.client_id = $1 AND m.id = $2 AND before.n < $5 RETURNING message_id)
   UPDATE messages m SET content = $3, search = $4::tsvector, edited_at = ${NOW} FROM kept
    WHERE m.client_id = $1 AND m.id = kept.message_id RETURNING m.id`,
);
/** What was said is gone, its versions and reactions too; the place in the room stays. */
const ENTOMB = statement(
  'messages.entomb',
  `WITH versions AS (DELETE FROM message_versions WHERE client_id = $1 AND message_id = $2),
        reactions AS (DELETE FROM message_reactions WHERE client_id = $1 AND message_id = $2)
   UPDATE messages
      SET content = NULL, attachments = NULL, mentions = NULL, metadata = NULL, content_hash = NULL, search = NULL,
          reacted = false, pinned_at = NULL, deleted_at = ${NOW}
    WHERE client_id = $1 AND id = $2`,
);
const VERSIONS = statement(
  'message_versions.list',
  `SELECT v.version, v.content, v.created_at AS "createdAt" FROM message_versions v
    WHERE v.client_id = $1 AND v.message_id = $2 ORDER BY v.version`,
);
const REACT = statement(
  'message_reactions.insert',
  `WITH added AS (
     INSERT INTO message_reactions (client_id, message_id, emoji, user_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING message_id)
   UPDATE messages m SET reacted = true FROM added WHERE m.client_id = $1 AND m.id = added.message_id RETURNING m.id`,
);
const UNREACT = statement(
  'message_reactions.delete',
  `DELETE FROM message_reactions WHERE client_id = $1 AND message_id = $2 AND emoji = $3 AND user_id = $4 RETURNING message_id`,
);
const RECOUNT = statement(
  'messages.recount_reactions',
  `UPDATE messages m SET reacted = EXISTS (SELECT 1 FROM message_reactions r WHERE r.client_id = m.client_id AND r.message_id = m.id)
    WHERE m.client_id = $1 AND m.id = $2`,
);
const PIN = statement(
  'messages.pin',
  `UPDATE messages SET pinned_at = CASE WHEN $3 THEN ${NOW} END WHERE client_id = $1 AND id = $2`,
);

export interface MessageVersion {
  readonly version: number;
  readonly content: string | null;
  readonly createdAt: Date;
}

/** Changes of single messages, each under the lock of its room. */
@Injectable()
export class MessageChangesRepository {
  constructor(private readonly database: Database) {}

  /** Keeps what was said before as a version. @param search the words of the new content */
  /** @returns false when it has as many versions as it may have */
  async edit(
    tx: Tx,
    clientId: ClientId,
    id: string,
    { content, search, versionsMax }: { content: string; search: string; versionsMax: number },
  ): Promise<boolean> {
    return (await tx.query(EDIT, [clientId, id, content, search, versionsMax])).length > 0;
  }

  async entomb(tx: Tx, clientId: ClientId, id: string): Promise<void> {
    await tx.query(ENTOMB, [clientId, id]);
  }

  /** Oldest first; what is said now is not among them. */
  versions(clientId: ClientId, id: string): Promise<MessageVersion[]> {
    return this.database.asClient(clientId, (view) => view.query(VERSIONS, [clientId, id]));
  }

  /** @returns false when the user had reacted so already */
  async react(tx: Tx, clientId: ClientId, id: string, reaction: { emoji: string; userId: UserId }): Promise<boolean> {
    return (await tx.query(REACT, [clientId, id, reaction.emoji, reaction.userId])).length > 0;
  }

  /** @returns false when there was no such reaction */
  async unreact(tx: Tx, clientId: ClientId, id: string, reaction: { emoji: string; userId: UserId }): Promise<boolean> {
    if ((await tx.query(UNREACT, [clientId, id, reaction.emoji, reaction.userId])).length === 0) return false;
    await tx.query(RECOUNT, [clientId, id]);
    return true;
  }

  async pin(tx: Tx, clientId: ClientId, id: string, pinned: boolean): Promise<void> {
    await tx.query(PIN, [clientId, id, pinned]);
  }
}
