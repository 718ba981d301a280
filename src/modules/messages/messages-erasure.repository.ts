import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type Tx, type UserId } from '../../platform/database/index.js';
import { MESSAGE_COLUMNS } from './message.columns.js';
import type { StoredMessage } from './stored-message.js';

const SENT = statement(
  'messages_erasure.sent',
  `SELECT m.id, m.room_id AS "roomId" FROM messages m WHERE m.client_id = $1 AND m.sender_id = $2 ORDER BY m.id LIMIT $3`,
);
const MENTIONING = statement(
  'messages_erasure.mentioning',
  `SELECT m.id, m.room_id AS "roomId" FROM messages m WHERE m.client_id = $1 AND m.mentions @> jsonb_build_array($2::text) LIMIT $3`,
);
const REACTED = statement(
  'messages_erasure.reacted',
  `SELECT r.message_id AS id, r.emoji, m.room_id AS "roomId" FROM message_reactions r
     JOIN messages m ON m.client_id = r.client_id AND m.id = r.message_id
    WHERE r.client_id = $1 AND r.user_id = $2 ORDER BY r.message_id, r.emoji LIMIT $3`,
);
/** Under the rooms' locks. Gives those that were still there: what had been deleted before has had its event. */
const ENTOMB = statement(
  'messages_erasure.entomb',
  `WITH found AS (
     SELECT m.id, m.deleted_at IS NULL AS live FROM messages m
      WHERE m.client_id = $1 AND m.id = ANY ($2::uuid[]) AND m.sender_id = $3 FOR UPDATE),
   versions AS (DELETE FROM message_versions v USING found WHERE v.client_id = $1 AND v.message_id = found.id),
   reactions AS (DELETE FROM message_reactions r USING found WHERE r.client_id = $1 AND r.message_id = found.id)
   UPDATE messages m
      SET sender_id = $4, content = NULL, attachments = NULL, mentions = NULL, metadata = NULL, client_message_id = NULL, content_hash = NULL,
          search = NULL, reacted = false, pinned_at = NULL, deleted_at = coalesce(m.deleted_at, date_trunc('milliseconds', clock_timestamp()))
     FROM found WHERE m.client_id = $1 AND m.id = found.id RETURNING m.id, found.live`,
);
/** The hash of what was said stays: a retry of it is still recognised. */
const UNMENTION = statement(
  'messages_erasure.unmention',
  `UPDATE messages m SET mentions = nullif(m.mentions - $3::text, '[]')
    WHERE m.client_id = $1 AND m.id = ANY ($2::uuid[]) AND m.mentions ? $3::text RETURNING m.id`,
);
const UNREACT = statement(
  'messages_erasure.unreact',
  `WITH gone AS (
     DELETE FROM message_reactions r USING unnest($2::uuid[], $3::varchar[]) AS named (id, emoji)
      WHERE r.client_id = $1 AND r.message_id = named.id AND r.emoji = named.emoji AND r.user_id = $4 RETURNING r.message_id, r.emoji),
   recounted AS (
     UPDATE messages m SET reacted = EXISTS (
              SELECT 1 FROM message_reactions r WHERE r.client_id = $1 AND r.message_id = m.id AND r.user_id <> $4)
      WHERE m.client_id = $1 AND m.id IN (SELECT message_id FROM gone))
   SELECT message_id AS id, emoji FROM gone`,
);
const PAGE_SENT = statement(
  'messages_erasure.page_sent',
  `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.client_id = $1 AND m.sender_id = $2 AND ($4::uuid IS NULL OR m.id > $4) ORDER BY m.id LIMIT $3`,
);
const PAGE_REACTIONS = statement(
  'messages_erasure.page_reactions',
  `SELECT r.message_id AS "messageId", r.emoji, r.created_at AS "createdAt" FROM message_reactions r
    WHERE r.client_id = $1 AND r.user_id = $2 AND ($4::uuid IS NULL OR (r.message_id, r.emoji) > ($4, $5::varchar))
    ORDER BY r.message_id, r.emoji LIMIT $3`,
);

/** A message by its place. */
export interface Placed {
  readonly id: string;
  readonly roomId: string;
}

export interface PlacedReaction extends Placed {
  readonly emoji: string;
}

export interface ReactionOfUser {
  readonly messageId: string;
  readonly emoji: string;
  readonly createdAt: Date;
}

/** What one user said, all over a client's rooms. */
@Injectable()
export class MessagesErasureRepository {
  constructor(private readonly database: Database) {}

  sent(clientId: ClientId, userId: UserId, limit: number): Promise<Placed[]> {
    return this.database.query(SENT, [clientId, userId, limit]);
  }

  mentioning(clientId: ClientId, userId: UserId, limit: number): Promise<Placed[]> {
    return this.database.query(MENTIONING, [clientId, userId, limit]);
  }

  reacted(clientId: ClientId, userId: UserId, limit: number): Promise<PlacedReaction[]> {
    return this.database.query(REACTED, [clientId, userId, limit]);
  }

  /** @returns the ids of the messages that had not been deleted before */
  async entomb(
    tx: Tx,
    clientId: ClientId,
    ids: readonly string[],
    { userId, pseudonym }: { userId: UserId; pseudonym: string },
  ): Promise<Set<string>> {
    const rows = await tx.query<{ id: string; live: boolean }>(ENTOMB, [clientId, ids, userId, pseudonym]);
    return new Set(rows.filter(({ live }) => live).map(({ id }) => id));
  }

  /** @returns the ids of the messages that did mention the user */
  async unmention(tx: Tx, clientId: ClientId, ids: readonly string[], userId: UserId): Promise<Set<string>> {
    return new Set((await tx.query<{ id: string }>(UNMENTION, [clientId, ids, userId])).map(({ id }) => id));
  }

  /** @returns the reactions that were still there */
  unreact(
    tx: Tx,
    clientId: ClientId,
    reactions: readonly PlacedReaction[],
    userId: UserId,
  ): Promise<{ id: string; emoji: string }[]> {
    return tx.query(UNREACT, [clientId, reactions.map(({ id }) => id), reactions.map(({ emoji }) => emoji), userId]);
  }

  pageSent(clientId: ClientId, userId: UserId, limit: number, after: string | null): Promise<StoredMessage[]> {
    return this.database.query(PAGE_SENT, [clientId, userId, limit, after]);
  }

  pageReactions(
    clientId: ClientId,
    userId: UserId,
    limit: number,
    after: ReactionOfUser | null,
  ): Promise<ReactionOfUser[]> {
    const place = [after?.messageId ?? null, after?.emoji ?? null];
    return this.database.query(PAGE_REACTIONS, [clientId, userId, limit, ...place]);
  }
}
