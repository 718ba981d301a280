import { Injectable } from '@nestjs/common';
import {
  type ClientId,
  Database,
  type Statement,
  statement,
  type Tx,
  type UserId,
} from '../../platform/database/index.js';
import { PSEUDONYM_PATTERN } from '../users/index.js';
import type { Copies } from './copies.rules.js';
import type { DeliveryStatus } from './delivery-status.js';

/** Deliveries to a user by id, or to an address that no user was named with. Each has an index of its own. */
const OF = {
  user: 'd.client_id = $1 AND d.user_id = ANY ($2::varchar[])',
  address: 'd.client_id = $1 AND d.user_id IS NULL AND lower(d.recipient) = ANY ($2::varchar[])',
} as const;
export type NamedBy = keyof typeof OF;

const byEither = (name: string, text: (condition: string) => string): Readonly<Record<NamedBy, Statement>> => ({
  user: statement(`notifications_erasure.${name}_by_user`, text(OF.user)),
  address: statement(`notifications_erasure.${name}_by_address`, text(OF.address)),
});

/** Addresses that the user had before are known from what was sent to them. */
const FORMER_ADDRESSES = statement(
  'notifications_erasure.former_addresses',
  `SELECT DISTINCT lower(d.recipient) AS address FROM deliveries d
    WHERE d.client_id = $1 AND d.user_id = $2 AND d.channel <> 'websocket' AND d.recipient <> d.user_id`,
);
const OPEN = byEither(
  'open',
  (theirs) => `SELECT d.id FROM deliveries d JOIN work_items w ON w.id = d.id
    WHERE ${theirs} AND w.state = ANY ($3::varchar[]) ORDER BY d.id LIMIT $4`,
);
const FORGET_DELIVERIES = byEither(
  'forget_deliveries',
  (theirs) => `WITH found AS (
     SELECT d.id, d.user_id, d.channel = 'websocket' AND d.sent_at IS NOT NULL AS "isInInbox", d.read_at IS NULL AS "isUnread"
       FROM deliveries d WHERE ${theirs} ORDER BY d.id LIMIT $4 FOR UPDATE),
   uncounted AS (UPDATE inbox_counts c SET total = c.total - f.total, unread = c.unread - f.unread
      FROM (SELECT user_id, count(*)::integer AS total, (count(*) FILTER (WHERE "isUnread"))::integer AS unread FROM found WHERE "isInInbox" GROUP BY user_id) AS f
     WHERE c.client_id = $1 AND c.user_id = f.user_id),
   silenced AS (UPDATE delivery_events e SET detail = NULL FROM deliveries d JOIN found ON found.id = d.id
      WHERE d.client_id = $1 AND e.client_id = $1 AND e.notification_id = d.notification_id AND e.delivery_id = d.id AND e.detail IS NOT NULL),
   unasked AS (UPDATE work_items w SET request_id = NULL FROM found WHERE w.id = found.id AND w.client_id = $1)
   UPDATE deliveries d
      SET recipient = $3::varchar, recipient_name = NULL, provider_ref = NULL, awaited_ref = NULL, user_id = CASE WHEN d.user_id IS NOT NULL THEN $3::varchar END
     FROM found WHERE d.client_id = $1 AND d.id = found.id RETURNING d.notification_id AS "notificationId"`,
);
/** Unless somebody of the same id has had something since. */
const FORGET_INBOX = statement(
  'notifications_erasure.forget_inbox',
  `DELETE FROM inbox_counts c WHERE c.client_id = $1 AND c.user_id = $2 AND c.total = 0`,
);
/** What was said to nobody who is still known. The channels themselves stay, for the counts. */
const FORGET_CONTENTS = statement(
  'notifications_erasure.forget_contents',
  `UPDATE notifications n
      SET channels = (SELECT jsonb_object_agg(name, '{}'::jsonb) FROM jsonb_object_keys(n.channels) AS name), metadata = '{}', tags = '{}', request_id = NULL
    WHERE n.client_id = $1 AND n.id = ANY ($2::uuid[])
      AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.client_id = n.client_id AND d.notification_id = n.id AND d.recipient !~ '${PSEUDONYM_PATTERN}')
    RETURNING n.id`,
);
/** Mails with more addresses than their recipient's; the condition is that of the index. */
const COPIED = statement(
  'notifications_erasure.copied',
  `SELECT n.id, n.channels->'email'->'cc' AS cc, n.channels->'email'->'bcc' AS bcc, n.channels->'email'->'replyTo' AS "replyTo", n.channels->'email'->'from' AS "from"
     FROM notifications n WHERE n.client_id = $1 AND n.channels->'email' ?| '{cc,bcc,replyTo,from}' AND ($3::uuid IS NULL OR n.id > $3) ORDER BY n.id LIMIT $2`,
);
const RECOPY = statement(
  'notifications_erasure.recopy',
  `UPDATE notifications n SET channels = jsonb_set(n.channels, '{email}', (n.channels->'email') - '{cc,bcc,replyTo,from}'::text[] || $3::jsonb)
    WHERE n.client_id = $1 AND n.id = $2`,
);
const PAGE = byEither(
  'page',
  (
    theirs,
  ) => `SELECT d.id, d.notification_id AS "notificationId", d.channel, d.recipient, d.status, d.reason, n.category, n.channels->d.channel AS content,
          d.created_at AS "createdAt", d.sent_at AS "sentAt", d.delivered_at AS "deliveredAt", d.seen_at AS "seenAt", d.read_at AS "readAt"
     FROM deliveries d JOIN notifications n ON n.client_id = d.client_id AND n.id = d.notification_id
    WHERE ${theirs} AND ($4::uuid IS NULL OR d.id > $4) ORDER BY d.id LIMIT $3`,
);

/** Deliveries of a client's to these names: user ids or addresses. */
export interface Addressed {
  readonly by: NamedBy;
  readonly names: readonly string[];
}

export interface DeliveryOfUser {
  readonly id: string;
  readonly notificationId: string;
  readonly channel: string;
  readonly recipient: string;
  readonly status: DeliveryStatus;
  readonly content: object | null;
}

/** Where notifications keep what is about one user, across all of a client's. */
@Injectable()
export class NotificationsErasureRepository {
  constructor(private readonly database: Database) {}

  async formerAddresses(clientId: ClientId, userId: UserId): Promise<string[]> {
    const rows = await this.database.query<{ address: string }>(FORMER_ADDRESSES, [clientId, userId]);
    return rows.map(({ address }) => address);
  }

  /** Deliveries whose work is in one of these states. */
  async open(
    clientId: ClientId,
    { by, names }: Addressed,
    states: readonly ('ready' | 'held' | 'leased')[],
    limit: number,
  ): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(OPEN[by], [clientId, names, states, limit]);
    return rows.map(({ id }) => id);
  }

  /** @returns the notifications that they belong to, one for each delivery */
  async forgetDeliveries(
    tx: Tx,
    clientId: ClientId,
    { by, names }: Addressed,
    pseudonym: string,
    limit: number,
  ): Promise<string[]> {
    const values = [clientId, names, pseudonym, limit];
    const rows = await tx.query<{ notificationId: string }>(FORGET_DELIVERIES[by], values);
    return rows.map(({ notificationId }) => notificationId);
  }

  /** Of an inbox whose items are forgotten. */
  async forgetInbox(clientId: ClientId, userId: UserId): Promise<void> {
    await this.database.query(FORGET_INBOX, [clientId, userId]);
  }

  /** @returns those of the notifications that have no content any more */
  async forgetContents(tx: Tx, clientId: ClientId, notificationIds: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(FORGET_CONTENTS, [clientId, [...new Set(notificationIds)]]);
    return rows.map(({ id }) => id);
  }

  copied(clientId: ClientId, limit: number, after: string | null): Promise<(Copies & { readonly id: string })[]> {
    return this.database.query(COPIED, [clientId, limit, after]);
  }

  async recopy(clientId: ClientId, id: string, copies: Partial<Copies>): Promise<void> {
    await this.database.query(RECOPY, [clientId, id, JSON.stringify(copies)]);
  }

  page(clientId: ClientId, { by, names }: Addressed, limit: number, after: string | null): Promise<DeliveryOfUser[]> {
    return this.database.query(PAGE[by], [clientId, names, limit, after]);
  }
}
