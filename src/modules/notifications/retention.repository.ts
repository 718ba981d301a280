import { Injectable } from '@nestjs/common';
import { type ClientId, Database, idBefore, statement } from '../../platform/database/index.js';

/** Small enough that nobody waits on its locks, whether notifications have one recipient or a thousand. */
const NOTIFICATIONS_AT_ONCE = 500;
const DELIVERIES_AT_ONCE = 2_000;

const WISHES = statement(
  'notifications_retention.wishes',
  `SELECT c.id AS "clientId", (c.settings->>'retentionDays')::integer AS days FROM clients c WHERE c.deleted_at IS NULL AND c.settings ? 'retentionDays' ORDER BY c.id`,
);
/**
 * Ended ones that are old enough, or all; the oldest first, found along the index of their ids. Deliveries and timelines go with them; deliveries are
 * locked before notifications, as everywhere. What was in an inbox is counted there no more.
 */
const REMOVE = statement(
  'notifications_retention.remove',
  `WITH old AS (
     SELECT n.id, sum(n.total_count) OVER (ORDER BY n.id) - n.total_count AS before FROM (
       SELECT n.id, n.total_count FROM notifications n
        WHERE n.client_id = $1 AND ($2::uuid IS NULL OR n.id < $2 AND n.completed_at < now() - make_interval(days => $3)) ORDER BY n.id LIMIT ${NOTIFICATIONS_AT_ONCE}) AS n),
   picked AS (SELECT id FROM old WHERE before < ${DELIVERIES_AT_ONCE}),
   theirs AS (
     SELECT d.id, d.user_id, d.channel = 'websocket' AND d.user_id IS NOT NULL AND d.sent_at IS NOT NULL AS "isInInbox", d.read_at IS NULL AS "isUnread"
       FROM deliveries d WHERE d.client_id = $1 AND d.notification_id IN (SELECT id FROM picked) ORDER BY d.id FOR UPDATE),
   uncounted AS (
     UPDATE inbox_counts c SET total = c.total - f.total, unread = c.unread - f.unread
       FROM (SELECT user_id, count(*)::integer AS total, (count(*) FILTER (WHERE "isUnread"))::integer AS unread
               FROM theirs WHERE "isInInbox" GROUP BY user_id ORDER BY user_id) AS f
      WHERE c.client_id = $1 AND c.user_id = f.user_id),
   locked AS (SELECT count(*) FROM theirs)
   DELETE FROM notifications n USING locked WHERE n.client_id = $1 AND n.id IN (SELECT id FROM picked) RETURNING n.id`,
);

/** What clients do not want kept for ever. */
@Injectable()
export class RetentionRepository {
  constructor(private readonly database: Database) {}

  /** How long each client that says so wants notifications kept. */
  wishes(): Promise<{ clientId: ClientId; days: number }[]> {
    return this.database.query(WISHES);
  }

  /** @param days null for all of them, whatever their state @returns whether there may be more */
  async removeSome(clientId: ClientId, days: number | null): Promise<boolean> {
    const bounds = days === null ? [null, null] : [idBefore(days), days];
    return (await this.database.query(REMOVE, [clientId, ...bounds])).length > 0;
  }
}
