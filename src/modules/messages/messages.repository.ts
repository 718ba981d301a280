import { Injectable } from '@nestjs/common';
import { type ClientId, Database, type Queryable, statement, type Tx } from '../../platform/database/index.js';
import type { EventRange } from '../rooms/index.js';
import type { Draft } from './draft.js';
import { MESSAGE_COLUMNS } from './message.columns.js';
import type { LockedRoom } from './messages.rules.js';
import type { StoredMessage } from './stored-message.js';

const FIND = statement(
  'messages.find',
  `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.client_id = $1 AND m.id = $2`,
);
const FIND_MANY = statement(
  'messages.find_many',
  `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.client_id = $1 AND m.id = ANY ($2::uuid[])`,
);
const BEFORE = statement(
  'messages.before',
  `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.client_id = $1 AND m.room_id = $2 AND m.seq < $3 ORDER BY m.seq DESC LIMIT $4`,
);
const AFTER = statement(
  'messages.after',
  `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.client_id = $1 AND m.room_id = $2 AND m.seq > $3 ORDER BY m.seq LIMIT $4`,
);
const REPLIES = statement(
  'messages.replies',
  `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.client_id = $1 AND m.reply_to = $2 AND m.seq > $3 ORDER BY m.seq LIMIT $4`,
);
const PINNED = statement(
  'messages.pinned',
  `SELECT ${MESSAGE_COLUMNS} FROM messages m
    WHERE m.client_id = $1 AND m.room_id = $2 AND m.pinned_at IS NOT NULL AND ($3::timestamptz IS NULL OR (m.pinned_at, m.id) < ($3::timestamptz, $4::uuid))
    ORDER BY m.pinned_at DESC, m.id DESC LIMIT $5`,
);
const AT_SEQS = statement(
  'messages.at_seqs',
  `SELECT ${MESSAGE_COLUMNS} FROM unnest($2::uuid[], $3::bigint[]) AS asked (room_id, seq)
     JOIN messages m ON m.client_id = $1 AND m.room_id = asked.room_id AND m.seq = asked.seq`,
);
const IN_RANGE = statement(
  'messages.in_range',
  `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.client_id = $1 AND m.room_id = $2 AND m."offset" > $3 AND m."offset" <= $4 ORDER BY m."offset" LIMIT $5`,
);
/** In one order in every process, so that two flushes never wait for each other. */
const LOCK_ROOMS = statement(
  'messages.lock_rooms',
  `SELECT r.client_id AS "clientId", r.id, r.type, r.status, r.deactivated_reason AS "deactivatedReason", r.settings, r.last_seq AS "lastSeq", r.head
     FROM rooms r JOIN unnest($1::uuid[], $2::uuid[]) AS asked (client_id, id) ON r.client_id = asked.client_id AND r.id = asked.id
    ORDER BY r.id FOR UPDATE OF r`,
);
/** Read after the locks are held: what commits before us is seen. The time is the messages' own. */
const STANDINGS = statement(
  'messages.standings',
  `SELECT m.role, m.last_sent_at AS "lastSentAt", d.id AS "earlierId", d.content_hash AS "earlierHash", draft.reply_to IS NULL OR coalesce(reply.room_id = draft.room_id, false) AS "replyExists",
          date_trunc('milliseconds', clock_timestamp()) AS at
     FROM unnest($1::uuid[], $2::uuid[], $3::varchar[], $4::varchar[], $5::uuid[]) WITH ORDINALITY AS draft (client_id, room_id, sender_id, client_message_id, reply_to, n)
     LEFT JOIN room_members m ON m.client_id = draft.client_id AND m.room_id = draft.room_id AND m.user_id = draft.sender_id
     LEFT JOIN LATERAL (
       SELECT d.id, d.content_hash FROM messages d WHERE d.client_id = draft.client_id AND d.room_id = draft.room_id AND d.sender_id = draft.sender_id
          AND d.client_message_id = draft.client_message_id AND d.client_message_id IS NOT NULL
       UNION ALL -- a system message has no sender to be found by
       SELECT d.id, d.content_hash FROM messages d WHERE draft.sender_id IS NULL AND d.client_id = draft.client_id AND d.room_id = draft.room_id
          AND d.sender_id IS NULL AND d.client_message_id = draft.client_message_id AND d.client_message_id IS NOT NULL AND d.type = 'system'
       LIMIT 1) d ON true
     LEFT JOIN LATERAL (
       SELECT r.room_id FROM messages r WHERE r.client_id = draft.client_id AND r.id = draft.reply_to LIMIT 1) reply ON true
    ORDER BY draft.n`,
);
const APPEND = statement(
  'messages.append',
  `WITH moved AS (
     UPDATE rooms r SET last_seq = moves.last_seq, head = moves.head, updated_at = moves.at, last_message_at = moves.at,
            last_activity_at = CASE WHEN moves.used THEN moves.at ELSE r.last_activity_at END,
            status = CASE WHEN moves.revived THEN 'active' ELSE r.status END,
            deactivated_reason = CASE WHEN moves.revived THEN NULL ELSE r.deactivated_reason END,
            deactivated_at = CASE WHEN moves.revived THEN NULL ELSE r.deactivated_at END,
            escalate_at = CASE WHEN moves.used THEN coalesce(r.escalate_at, moves.at + make_interval(secs => coalesce(
              r.settings->'escalation'->'afterSeconds', (SELECT c.settings->'escalation'->'afterSeconds' FROM clients c WHERE c.id = r.client_id))::float8))
              ELSE r.escalate_at END
       FROM json_to_recordset($1) AS moves (client_id uuid, room_id uuid, last_seq bigint, head bigint, at timestamptz, used boolean, revived boolean)
      WHERE r.client_id = moves.client_id AND r.id = moves.room_id),
   pointed AS (
     UPDATE room_members m SET last_read_seq = greatest(m.last_read_seq, sent.seq), last_delivered_seq = greatest(m.last_delivered_seq, sent.seq), last_sent_at = sent.at
       FROM json_to_recordset($2) AS sent (client_id uuid, room_id uuid, sender_id varchar, seq bigint, at timestamptz)
      WHERE m.client_id = sent.client_id AND m.room_id = sent.room_id AND m.user_id = sent.sender_id)
   INSERT INTO messages (client_id, id, room_id, seq, "offset", sender_id, type, content, content_type, attachments, reply_to, mentions, metadata,
                         client_message_id, content_hash, search, created_at)
   SELECT * FROM json_to_recordset($3) AS added (client_id uuid, id uuid, room_id uuid, seq bigint, "offset" bigint, sender_id varchar, type varchar,
            content text, content_type varchar, attachments jsonb, reply_to uuid, mentions jsonb, metadata jsonb, client_message_id varchar,
            content_hash bytea, search tsvector, created_at timestamptz)`,
);

/** A room's numbers after a batch of its messages. */
export interface RoomMove {
  readonly clientId: ClientId;
  readonly roomId: string;
  readonly lastSeq: number;
  readonly head: number;
  readonly at: Date;
  /** A user's message counts as use; a system message does not. */
  readonly used: boolean;
  readonly revived: boolean;
}

export interface StandingRow {
  readonly role: 'owner' | 'admin' | 'member' | null;
  readonly lastSentAt: Date | null;
  readonly earlierId: string | null;
  readonly earlierHash: Buffer | null;
  readonly replyExists: boolean;
  readonly at: Date;
}

export interface NumberedDraft extends Draft {
  readonly seq: number;
  readonly offset: number;
  readonly createdAt: Date;
}

@Injectable()
export class MessagesRepository {
  constructor(private readonly database: Database) {}

  find(clientId: ClientId, id: string): Promise<StoredMessage | null> {
    return this.database.asClient(
      clientId,
      async (view) => (await view.query<StoredMessage>(FIND, [clientId, id]))[0] ?? null,
    );
  }

  findMany(clientId: ClientId, ids: readonly string[], within: Queryable = this.database): Promise<StoredMessage[]> {
    return within.query(FIND_MANY, [clientId, ids]);
  }

  /** Newest first. */
  before(clientId: ClientId, roomId: string, seq: number, limit: number): Promise<StoredMessage[]> {
    return this.database.asClient(clientId, (view) => view.query(BEFORE, [clientId, roomId, seq, limit]));
  }

  /** Oldest first. */
  after(clientId: ClientId, roomId: string, seq: number, limit: number): Promise<StoredMessage[]> {
    return this.database.asClient(clientId, (view) => view.query(AFTER, [clientId, roomId, seq, limit]));
  }

  atSeqs(clientId: ClientId, places: readonly { roomId: string; seq: number }[]): Promise<StoredMessage[]> {
    const values = [clientId, places.map(({ roomId }) => roomId), places.map(({ seq }) => seq)];
    return this.database.asClient(clientId, (view) => view.query(AT_SEQS, values));
  }

  /** Oldest first. */
  replies(clientId: ClientId, id: string, afterSeq: number, limit: number): Promise<StoredMessage[]> {
    return this.database.asClient(clientId, (view) => view.query(REPLIES, [clientId, id, afterSeq, limit]));
  }

  /** The last pinned first. */
  pinned(
    clientId: ClientId,
    roomId: string,
    before: { readonly at: string; readonly id: string } | null,
    limit: number,
  ): Promise<StoredMessage[]> {
    const values = [clientId, roomId, before?.at ?? null, before?.id ?? null, limit];
    return this.database.asClient(clientId, (view) => view.query(PINNED, values));
  }

  /** The messages among a stretch of a room's events. */
  inRange(
    clientId: ClientId,
    roomId: string,
    { after, upTo, limit }: EventRange,
    within: Queryable,
  ): Promise<StoredMessage[]> {
    return within.query(IN_RANGE, [clientId, roomId, after, upTo, limit]);
  }

  lockRooms(tx: Tx, drafts: readonly Draft[]): Promise<LockedRoom[]> {
    const rooms = [...new Map(drafts.map((draft) => [`${draft.clientId}/${draft.roomId}`, draft])).values()];
    return tx.query(LOCK_ROOMS, [rooms.map(({ clientId }) => clientId), rooms.map(({ roomId }) => roomId)]);
  }

  standings(tx: Tx, drafts: readonly Draft[]): Promise<StandingRow[]> {
    const column = (of: (draft: Draft) => unknown): unknown[] => drafts.map(of);
    return tx.query(STANDINGS, [
      column(({ clientId }) => clientId),
      column(({ roomId }) => roomId),
      column(({ senderId }) => senderId),
      column(({ clientMessageId }) => clientMessageId),
      column(({ replyTo }) => replyTo),
    ]);
  }

  /** Moves the rooms' numbers and the senders' pointers and stores the messages, in one statement. */
  append(tx: Tx, moves: readonly RoomMove[], messages: readonly NumberedDraft[]): void {
    const sent = new Map(
      messages
        .filter(({ senderId }) => senderId !== null)
        .map((message) => [`${message.roomId}/${message.senderId}`, message]),
    );
    tx.send(APPEND, [
      JSON.stringify(
        moves.map(({ clientId, roomId, lastSeq, head, at, used, revived }) => ({
          client_id: clientId,
          room_id: roomId,
          last_seq: lastSeq,
          head,
          at,
          used,
          revived,
        })),
      ),
      JSON.stringify(
        [...sent.values()].map(({ clientId, roomId, senderId, seq, createdAt }) => ({
          client_id: clientId,
          room_id: roomId,
          sender_id: senderId,
          seq,
          at: createdAt,
        })),
      ),
      JSON.stringify(messages.map(rowOf)),
    ]);
  }
}

const rowOf = (message: NumberedDraft): object => ({
  client_id: message.clientId,
  id: message.id,
  room_id: message.roomId,
  seq: message.seq,
  offset: message.offset,
  sender_id: message.senderId,
  type: message.type,
  content: message.content,
  content_type: message.contentType,
  attachments: message.attachments,
  reply_to: message.replyTo,
  mentions: message.mentions,
  metadata: message.metadata,
  client_message_id: message.clientMessageId,
  content_hash: message.contentHash && `\\x${message.contentHash.toString('hex')}`,
  search: message.search,
  created_at: message.createdAt,
});
