import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type UserId } from '../../platform/database/index.js';
import { COUNTED_MAX, type News } from './content.rules.js';

const MISSED = `d.client_id = e.client_id AND d.room_id = e.room_id AND d.seq > m.last_read_seq
  AND d.type = 'user' AND d.deleted_at IS NULL AND d.sender_id IS DISTINCT FROM e.user_id`;

/** No row when all that the member was to be told of has been read or deleted, or when they left or muted the room. */
const NEWS = statement(
  'escalations.news',
  `SELECT r.name AS room, coalesce(u.display_name, newest.sender_id) AS sender, newest.content, newest.content_type AS "contentType", newest.attachments,
          (SELECT count(*)::integer FROM (SELECT 1 FROM messages d WHERE ${MISSED} LIMIT ${COUNTED_MAX}) c) AS "unreadCount"
     FROM escalations e
     JOIN rooms r ON r.client_id = e.client_id AND r.id = e.room_id
     JOIN room_members m ON m.client_id = e.client_id AND m.room_id = e.room_id AND m.user_id = e.user_id
     CROSS JOIN LATERAL (
       SELECT d.sender_id, d.content, d.content_type, d.attachments FROM messages d WHERE ${MISSED} ORDER BY d.seq DESC LIMIT 1) newest
     LEFT JOIN users u ON u.client_id = e.client_id AND u.id = newest.sender_id
    WHERE e.client_id = $1 AND e.notification_id = $2 AND m.muted_at IS NULL
      AND EXISTS (SELECT 1 FROM messages d WHERE ${MISSED} AND d.seq <= e.to_seq)`,
);
const OF_MESSAGE = statement(
  'escalations.of_message',
  `SELECT e.user_id AS "userId", e.channel, e.notification_id AS "notificationId", e.at FROM escalations e
    WHERE e.client_id = $1 AND e.room_id = $2 AND e.to_seq >= $3 AND e.from_seq <= $3 AND e.user_id IS DISTINCT FROM $4 ORDER BY e.to_seq LIMIT $5`,
);
const OF_USER = statement(
  'escalations.of_user',
  `SELECT e.room_id AS "roomId", e.from_seq AS "fromSeq", e.to_seq AS "toSeq", e.channel, e.notification_id AS "notificationId", e.at FROM escalations e
    WHERE e.client_id = $1 AND e.user_id = $2 AND ($4::uuid IS NULL OR (e.room_id, e.from_seq, e.channel) > ($4::uuid, $5::bigint, $6::varchar))
    ORDER BY e.room_id, e.from_seq, e.channel LIMIT $3`,
);
const FORGET = statement(
  'escalations.forget',
  `DELETE FROM escalations WHERE (client_id, room_id, user_id, from_seq, channel) IN (
     SELECT e.client_id, e.room_id, e.user_id, e.from_seq, e.channel FROM escalations e WHERE e.client_id = $1 AND e.user_id = $2 LIMIT $3) RETURNING room_id`,
);

/** What a member was told of, and when. */
export interface Told {
  readonly userId: UserId;
  readonly channel: string;
  readonly notificationId: string | null;
  readonly at: Date;
}

export interface ToldOfUser extends Omit<Told, 'userId'> {
  readonly roomId: string;
  readonly fromSeq: number;
  readonly toSeq: number;
}

/** What was escalated. */
@Injectable()
export class ToldRepository {
  constructor(private readonly database: Database) {}

  /** What the member of a notification misses now; null when that is nothing of it any more. */
  async news(clientId: ClientId, notificationId: string): Promise<News | null> {
    return (await this.database.query<News>(NEWS, [clientId, notificationId]))[0] ?? null;
  }

  /** Those to whom the message went, the first first. */
  ofMessage(
    clientId: ClientId,
    message: { readonly roomId: string; readonly seq: number; readonly senderId: UserId | null },
    limit: number,
  ): Promise<Told[]> {
    const values = [clientId, message.roomId, message.seq, message.senderId, limit];
    return this.database.asClient(clientId, (view) => view.query(OF_MESSAGE, values));
  }

  ofUser(clientId: ClientId, userId: UserId, limit: number, after: ToldOfUser | null): Promise<ToldOfUser[]> {
    const place = [after?.roomId ?? null, after?.fromSeq ?? null, after?.channel ?? null];
    return this.database.query(OF_USER, [clientId, userId, limit, ...place]);
  }

  async forget(clientId: ClientId, userId: UserId, limit: number): Promise<number> {
    return (await this.database.query(FORGET, [clientId, userId, limit])).length;
  }
}
