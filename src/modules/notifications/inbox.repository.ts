import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type Tx, type UserId } from '../../platform/database/index.js';
import type { InboxState, InboxVerb } from './inbox.states.js';
import type { InboxItem } from './inbox.view.js';

/** What a user's inbox holds: all that was sent to them in the app. */
const IN_INBOX = `d.channel = 'websocket' AND d.user_id IS NOT NULL AND d.sent_at IS NOT NULL`;
/** As the index of the migration says it. */
const STATE = `CASE WHEN d.archived_at IS NOT NULL THEN 'archived' WHEN d.read_at IS NOT NULL THEN 'read' ELSE 'unread' END`;
/** Above every other: the first page goes the same way along the index as those that follow. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const CONTENT = `jsonb_build_object('websocket', n.channels->'websocket') AS channels`;

/** In the order of arrival, the newest first: one that was accepted early and sent late is new. */
const page = (name: string, condition: string) =>
  statement(
    name,
    `SELECT d.id, d.notification_id AS "notificationId", ${CONTENT}, d.created_at AS "createdAt", d.sent_at AS "sentAt",
            d.seen_at AS "seenAt", d.read_at AS "readAt", d.archived_at AS "archivedAt"
       FROM deliveries d JOIN notifications n ON n.client_id = d.client_id AND n.id = d.notification_id
      WHERE d.client_id = $1 AND d.user_id = $2 AND ${IN_INBOX}${condition}
        AND (d.sent_at, d.id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::uuid, '${LAST_ID}'))
      ORDER BY d.sent_at DESC, d.id DESC LIMIT $5`,
  );
const PAGE = page('inbox.page', '');
const PAGE_OF_STATE = page('inbox.page_of_state', ` AND (${STATE}) = $6`);
const COUNTS = statement(
  'inbox.counts',
  `SELECT c.unread, c.total FROM inbox_counts c WHERE c.client_id = $1 AND c.user_id = $2`,
);
/** Of the user's own, once: what is read was seen, what is archived was read. A repeat finds everything as it was. */
const CHANGE = statement(
  'inbox.change',
  `WITH before AS (
     SELECT d.client_id, d.id, d.user_id, d.seen_at, d.read_at, d.archived_at FROM deliveries d
      WHERE d.client_id = $1 AND d.id = $2 AND d.user_id = $3 AND ${IN_INBOX} FOR UPDATE),
   after AS (
     SELECT b.client_id, b.id, b.user_id, b.read_at IS NULL AS "wasUnread",
            CASE WHEN $4 = 'unread' THEN b.seen_at ELSE coalesce(b.seen_at, now()::timestamptz(3)) END AS seen_at,
            CASE $4 WHEN 'seen' THEN b.read_at WHEN 'unread' THEN NULL ELSE coalesce(b.read_at, now()::timestamptz(3)) END AS read_at,
            CASE $4 WHEN 'archive' THEN coalesce(b.archived_at, now()::timestamptz(3)) WHEN 'unread' THEN NULL ELSE b.archived_at END AS archived_at
       FROM before b),
   changed AS (
     UPDATE deliveries d SET seen_at = a.seen_at, read_at = a.read_at, archived_at = a.archived_at, updated_at = now()
       FROM after a JOIN before b ON b.id = a.id
      WHERE d.client_id = a.client_id AND d.id = a.id
        AND (a.seen_at, a.read_at, a.archived_at) IS DISTINCT FROM (b.seen_at, b.read_at, b.archived_at)
     RETURNING d.id),
   counted AS (
     UPDATE inbox_counts c SET unread = c.unread + (a.read_at IS NULL)::integer - a."wasUnread"::integer
       FROM after a WHERE c.client_id = a.client_id AND c.user_id = a.user_id AND (a.read_at IS NULL) <> a."wasUnread")
   SELECT d.id, d.notification_id AS "notificationId", ${CONTENT}, d.created_at AS "createdAt", d.ladder, a.seen_at AS "seenAt", a.read_at AS "readAt",
          a.archived_at AS "archivedAt", EXISTS (SELECT 1 FROM changed) AS "hasChanged"
     FROM after a JOIN deliveries d ON d.client_id = a.client_id AND d.id = a.id
     JOIN notifications n ON n.client_id = d.client_id AND n.id = d.notification_id`,
);
/** Some of what was unread at a time; locked in the order of ids, as everywhere, and looked at again under the lock. */
const READ_SOME = statement(
  'inbox.read_some',
  `WITH picked AS (
     SELECT d.id FROM deliveries d
      WHERE d.client_id = $1 AND d.user_id = $2 AND ${IN_INBOX} AND (${STATE}) = 'unread' AND d.sent_at <= coalesce($3::timestamptz, now())
      ORDER BY d.sent_at DESC, d.id DESC LIMIT $4),
   held AS (
     SELECT d.client_id, d.id FROM deliveries d
      WHERE d.client_id = $1 AND d.id IN (SELECT id FROM picked) AND d.user_id = $2 AND d.read_at IS NULL ORDER BY d.id FOR UPDATE),
   changed AS (
     UPDATE deliveries d SET seen_at = coalesce(d.seen_at, now()), read_at = now(), updated_at = now()
       FROM held h WHERE d.client_id = h.client_id AND d.id = h.id
     RETURNING d.client_id, d.id, d.notification_id, d.created_at, d.ladder, d.seen_at, d.read_at, d.archived_at),
   counted AS (
     UPDATE inbox_counts c SET unread = c.unread - (SELECT count(*) FROM changed)::integer
      WHERE c.client_id = $1 AND c.user_id = $2 AND EXISTS (SELECT 1 FROM changed))
   SELECT p.picked, coalesce($3::timestamptz, now()) AS until, d.id, d.notification_id AS "notificationId", ${CONTENT}, d.created_at AS "createdAt", d.ladder,
          d.seen_at AS "seenAt", d.read_at AS "readAt", d.archived_at AS "archivedAt"
     FROM (SELECT count(*)::integer AS picked FROM picked) AS p LEFT JOIN changed d ON true
     LEFT JOIN notifications n ON n.client_id = d.client_id AND n.id = d.notification_id
    ORDER BY d.id`,
);
/** Rows in the order of their keys, so that two who count for the same users do not lock each other out. */
const ARRIVED = statement(
  'inbox.arrived',
  `INSERT INTO inbox_counts AS c (client_id, user_id, unread, total)
   SELECT a.client_id, a.user_id, count(*), count(*) FROM json_to_recordset($1) AS a (client_id uuid, user_id varchar)
    GROUP BY a.client_id, a.user_id ORDER BY a.client_id, a.user_id
   ON CONFLICT (client_id, user_id) DO UPDATE SET unread = c.unread + excluded.unread, total = c.total + excluded.total`,
);

export interface InboxCounts {
  readonly unread: number;
  readonly total: number;
}

export type ArrivedItem = InboxItem & { readonly sentAt: Date };
export type ChangedItem = InboxItem & { readonly hasChanged: boolean; readonly ladder: number | null };

interface SomeRead {
  /** Those that were unread when one looked; none is the end. */
  readonly picked: number;
  readonly until: Date;
  readonly items: readonly (InboxItem & { readonly ladder: number | null })[];
}

@Injectable()
export class InboxRepository {
  constructor(private readonly database: Database) {}

  /** The last one to arrive first; one more than asked for. */
  page(
    clientId: ClientId,
    userId: UserId,
    state: InboxState,
    limit: number,
    before: { readonly sentAt: string; readonly id: string } | null,
  ): Promise<ArrivedItem[]> {
    const values = [clientId, userId, before?.sentAt ?? null, before?.id ?? null, limit + 1];
    return this.database.asClient(clientId, (view) =>
      state === 'all' ? view.query(PAGE, values) : view.query(PAGE_OF_STATE, [...values, state]),
    );
  }

  async counts(clientId: ClientId, userId: UserId): Promise<InboxCounts> {
    const [counts] = await this.database.asClient(clientId, (view) =>
      view.query<InboxCounts>(COUNTS, [clientId, userId]),
    );
    return counts ?? { unread: 0, total: 0 };
  }

  /** Does it, and counts it, in one statement. Null when the item is not theirs. */
  async change(clientId: ClientId, userId: UserId, id: string, verb: InboxVerb): Promise<ChangedItem | null> {
    return (await this.database.query<ChangedItem>(CHANGE, [clientId, id, userId, verb]))[0] ?? null;
  }

  /** Reads some of what was unread. @param until what came later stays unread; null for now */
  async readSome(clientId: ClientId, userId: UserId, until: Date | null, limit: number): Promise<SomeRead> {
    const rows = await this.database.query<
      { picked: number; until: Date } & InboxItem & { readonly ladder: number | null }
    >(READ_SOME, [clientId, userId, until, limit]);
    const [{ picked, until: asked } = { picked: 0, until: new Date() }] = rows;
    return { picked, until: asked, items: rows.filter(({ id }) => id !== null) };
  }

  /** Items came to inboxes, of any clients. */
  arrived(tx: Tx, items: readonly { readonly clientId: ClientId; readonly userId: UserId }[]): void {
    if (items.length === 0) return;
    const rows = items.map(({ clientId, userId }) => ({ client_id: clientId, user_id: userId }));
    tx.send(ARRIVED, [JSON.stringify(rows)]);
  }
}
