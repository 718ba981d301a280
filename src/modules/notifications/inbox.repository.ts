import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type UserId } from '../../platform/database/index.js';
import type { InboxItem } from './inbox.view.js';

/** Of the user's own, once: what is read was seen. A repeat finds everything as it was. */
const ENGAGE = statement(
  'inbox.engage',
  `WITH before AS (
     SELECT d.client_id, d.id, d.seen_at, d.read_at FROM deliveries d
      WHERE d.client_id = $1 AND d.id = $2 AND d.user_id = $3 AND d.channel = 'websocket' FOR UPDATE),
   engaged AS (
     UPDATE deliveries d SET seen_at = coalesce(d.seen_at, now()), read_at = CASE WHEN $4 THEN coalesce(d.read_at, now()) ELSE d.read_at END, updated_at = now()
       FROM before b WHERE d.client_id = b.client_id AND d.id = b.id AND (b.seen_at IS NULL OR ($4 AND b.read_at IS NULL)))
   SELECT d.id, d.notification_id AS "notificationId", jsonb_build_object('websocket', n.channels->'websocket') AS channels, d.created_at AS "createdAt",
          d.ladder, coalesce(b.seen_at, now()::timestamptz(3)) AS "seenAt", CASE WHEN $4 THEN coalesce(b.read_at, now()::timestamptz(3)) ELSE b.read_at END AS "readAt",
          b.seen_at IS NULL OR ($4 AND b.read_at IS NULL) AS "hasChanged"
     FROM before b JOIN deliveries d ON d.client_id = b.client_id AND d.id = b.id
     JOIN notifications n ON n.client_id = d.client_id AND n.id = d.notification_id`,
);

export type EngagedItem = InboxItem & { readonly hasChanged: boolean; readonly ladder: number | null };

@Injectable()
export class InboxRepository {
  constructor(private readonly database: Database) {}

  /** Notes that the user saw, or read, an item. Null when it is not theirs. */
  async engage(clientId: ClientId, userId: UserId, id: string, isRead: boolean): Promise<EngagedItem | null> {
    return (await this.database.query<EngagedItem>(ENGAGE, [clientId, id, userId, isRead]))[0] ?? null;
  }
}
