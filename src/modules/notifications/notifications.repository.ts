import { Injectable } from '@nestjs/common';
import { type ClientId, Clock, Database, type Queryable, statement, type Tx } from '../../platform/database/index.js';
import type { ChannelContents } from './content.js';
import type { Delivery } from './delivery.entity.js';
import type { DeliveryReason, DeliveryStatus } from './delivery-status.js';
import type { Routing } from './ladder.rules.js';
import type { Category, Notification } from './notification.entity.js';
import type { TimelineEntry } from './timeline.js';

const NOTIFICATION = `n.client_id AS "clientId", n.id, n.status, n.category, n.priority, n.routing, n.channels, n.tags, n.metadata, n.test,
  n.provider_id AS "providerId", n.send_at AS "sendAt", n.expires_at AS "expiresAt", n.total_count AS "totalCount", n.open_count AS "openCount",
  n.failed_count AS "failedCount", n.skipped_count AS "skippedCount", n.expired_count AS "expiredCount", n.cancelled_count AS "cancelledCount", n.request_id AS "requestId",
  n.created_at AS "createdAt", n.completed_at AS "completedAt"`;
/** Of a delivery `d`, as its entity names them. */
export const DELIVERY = `d.client_id AS "clientId", d.id, d.notification_id AS "notificationId", d.channel, d.recipient, d.recipient_name AS "recipientName",
  d.user_id AS "userId", d.room_id AS "roomId", d.status, d.reason, d.provider_id AS "providerId", d.provider_ref AS "providerRef", d.attempts,
  d.created_at AS "createdAt", d.updated_at AS "updatedAt", d.sent_at AS "sentAt", d.delivered_at AS "deliveredAt", d.opened_at AS "openedAt",
  d.clicked_at AS "clickedAt", d.seen_at AS "seenAt", d.read_at AS "readAt", d.archived_at AS "archivedAt", d.complained_at AS "complainedAt",
  d.unsubscribed_at AS "unsubscribedAt"`;

const INSERT = statement(
  'notifications.insert',
  `WITH added AS (
     INSERT INTO notifications (client_id, id, status, category, priority, routing, channels, tags, metadata, test, provider_id, send_at, expires_at,
                                total_count, open_count, failed_count, skipped_count, request_id, origin, recipients, hops, ended_as, completed_at)
     SELECT n.client_id, n.id, n.status, n.category, n.priority, n.routing, n.channels, n.tags, n.metadata, n.test, n.provider_id, n.send_at, n.expires_at,
            n.total_count, n.open_count, n.failed_count, n.skipped_count, n.request_id, n.origin, n.recipients, n.hops, CASE WHEN n.is_over THEN n.status END, CASE WHEN n.is_over THEN now() END
       FROM json_to_recordset($1) AS n (client_id uuid, id uuid, status varchar, category varchar, priority varchar, routing jsonb, channels jsonb,
              tags varchar[], metadata jsonb, test boolean, provider_id uuid, send_at timestamptz, expires_at timestamptz, total_count integer,
              open_count integer, failed_count integer, skipped_count integer, request_id varchar, origin varchar, recipients integer, hops smallint, is_over boolean))
   INSERT INTO deliveries (client_id, id, notification_id, channel, recipient, recipient_name, user_id, room_id, status, reason, address_kind, device_id, ladder, step)
   SELECT * FROM json_to_recordset($2) AS d (client_id uuid, id uuid, notification_id uuid, channel varchar, recipient varchar, recipient_name varchar,
          user_id varchar, room_id uuid, status varchar, reason varchar, address_kind varchar, device_id uuid, ladder integer, step smallint)`,
);
const FIND = statement(
  'notifications.find',
  `SELECT ${NOTIFICATION} FROM notifications n WHERE n.client_id = $1 AND n.id = $2`,
);
const PAGE = statement(
  'notifications.page',
  `SELECT ${NOTIFICATION} FROM notifications n
    WHERE n.client_id = $1 AND ($2::varchar IS NULL OR n.status = $2) AND ($3::varchar IS NULL OR n.channels ? $3)
      AND ($4::varchar IS NULL OR EXISTS (SELECT 1 FROM deliveries d WHERE d.client_id = n.client_id AND d.notification_id = n.id AND (d.recipient = $4 OR d.user_id = $4)))
      AND ($5::varchar IS NULL OR $5 = ANY (n.tags)) AND ($6::timestamptz IS NULL OR n.created_at >= $6) AND ($7::timestamptz IS NULL OR n.created_at < $7)
      AND ($8::uuid IS NULL OR n.id < $8)
    ORDER BY n.id DESC LIMIT $9`,
);
const ALL_DELIVERIES = statement(
  'deliveries.all',
  `SELECT ${DELIVERY} FROM deliveries d
    WHERE d.client_id = $1 AND ($2::varchar IS NULL OR d.status = $2) AND ($3::varchar IS NULL OR d.channel = $3) AND ($4::uuid IS NULL OR d.provider_id = $4)
      AND ($5::uuid IS NULL OR d.notification_id = $5) AND ($6::varchar IS NULL OR d.recipient = $6 OR d.user_id = $6)
      AND ($7::timestamptz IS NULL OR d.created_at >= $7) AND ($8::timestamptz IS NULL OR d.created_at < $8) AND ($9::uuid IS NULL OR d.id < $9)
    ORDER BY d.id DESC LIMIT $10`,
);
const DELIVERIES = statement(
  'deliveries.page',
  `SELECT ${DELIVERY} FROM deliveries d WHERE d.client_id = $1 AND d.notification_id = $2 AND ($3::uuid IS NULL OR d.id > $3) ORDER BY d.id LIMIT $4`,
);
const EVENTS = statement(
  'delivery_events.page',
  `SELECT e.id, e.at, e.type, e.delivery_id AS "deliveryId", e.channel, e.provider_id AS "providerId", e.attempt, e.duration_ms AS "durationMs", e.status, e.reason, e.detail, e.decision
     FROM delivery_events e WHERE e.client_id = $1 AND e.notification_id = $2 AND ($3::uuid IS NULL OR e.id > $3) ORDER BY e.id LIMIT $4`,
);
/** Of leased work the newest attempt: whether it comes to an end is not known yet. */
const UNDER_WAY = statement(
  'work_attempts.under_way',
  `SELECT a.started_at AS at, d.id AS "deliveryId", d.channel, a.n AS attempt
     FROM deliveries d JOIN work_items w ON w.id = d.id AND w.state = 'leased' JOIN work_attempts a ON a.work_id = w.id AND a.n = w.claims
    WHERE d.client_id = $1 AND d.notification_id = $2 ORDER BY a.started_at, d.id LIMIT $3`,
);
const ROOMS = statement(
  'notifications.rooms',
  `SELECT r.id FROM rooms r WHERE r.client_id = $1 AND r.id = ANY ($2::uuid[])`,
);
/**
 * Of several clients: deliveries that a worker holds. Contents may be megabytes: they travel once per notification.
 * Row by row along the primary keys, whatever the planner believes of tables that have just grown.
 */
const LOAD = statement(
  'deliveries.load',
  `SELECT d.client_id AS "clientId", d.id, d.notification_id AS "notificationId", d.channel, d.recipient, d.recipient_name AS "recipientName", d.user_id AS "userId",
          d.room_id AS "roomId", d.status, d.reason, d.address_kind AS "addressKind", d.device_id AS "deviceId", d.ladder, d.step, n.origin, n.test, n.category, n.routing, n.provider_id AS "providerId", n.recipients, n.hops, n.expires_at <= now() AS "isExpired", now() + make_interval(secs => $3) AS now, d.created_at AS "createdAt",
          CASE WHEN row_number() OVER (PARTITION BY n.client_id, n.id) = 1 THEN n.channels END AS channels
     FROM unnest($1::uuid[], $2::uuid[]) AS wanted (client_id, id)
     CROSS JOIN LATERAL (SELECT * FROM deliveries d WHERE d.client_id = wanted.client_id AND d.id = wanted.id LIMIT 1) AS d
     CROSS JOIN LATERAL (SELECT * FROM notifications n WHERE n.client_id = d.client_id AND n.id = d.notification_id LIMIT 1) AS n`,
);

/** Whether each is free its claim will tell. */
const ALSO_DUE = statement(
  'deliveries.also_due',
  `SELECT d.id FROM deliveries d JOIN work_items w ON w.id = d.id AND w.state = 'ready' AND w.run_at <= now()
    WHERE d.client_id = $1 AND d.notification_id = $2 AND d.channel = $3 ORDER BY d.id LIMIT $4`,
);

export interface NewNotification {
  readonly row: Readonly<Record<string, unknown>>;
  readonly deliveries: readonly Readonly<Record<string, unknown>>[];
}

export interface NotificationFilter {
  readonly status?: string;
  readonly channel?: string;
  readonly recipient?: string;
  readonly tag?: string;
  readonly from?: string;
  readonly to?: string;
}

export interface DeliveryFilter extends Omit<NotificationFilter, 'tag'> {
  readonly providerId?: string;
  readonly notificationId?: string;
}

/** A delivery in a worker's hands. */
export interface DeliveryInHand {
  readonly clientId: ClientId;
  readonly id: string;
  readonly notificationId: string;
  readonly channel: string;
  readonly recipient: string;
  readonly recipientName: string | null;
  readonly userId: string | null;
  readonly roomId: string | null;
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
  readonly addressKind: string | null;
  readonly deviceId: string | null;
  /** Its place where channels are tried one after the other. */
  readonly ladder: number | null;
  readonly step: number | null;
  readonly category: Category;
  /** Null where every channel is wanted. */
  readonly routing: Routing | null;
  readonly channels: ChannelContents;
  /** Which part of the house sends it by itself, and makes its content; null for a caller's. */
  readonly origin: string | null;
  readonly test: boolean;
  readonly providerId: string | null;
  /** Of the whole notification. */
  readonly recipients: number;
  /** After how many it came about, of systems that told one another. */
  readonly hops: number;
  readonly isExpired: boolean | null;
  /** When it was read, by the database's clock. */
  readonly now: Date;
  readonly createdAt: Date;
}

type LoadedDelivery = Omit<DeliveryInHand, 'channels'> & { readonly channels: ChannelContents | null };

@Injectable()
export class NotificationsRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  insert(tx: Tx, added: readonly NewNotification[]): void {
    tx.send(INSERT, [
      JSON.stringify(added.map(({ row }) => row)),
      JSON.stringify(added.flatMap(({ deliveries }) => deliveries)),
    ]);
  }

  async find(clientId: ClientId, id: string): Promise<Notification | null> {
    return this.database.asClient(
      clientId,
      async (view) => (await view.query<Notification>(FIND, [clientId, id]))[0] ?? null,
    );
  }

  /** Newest first. */
  page(
    clientId: ClientId,
    { status, channel, recipient, tag, from, to }: NotificationFilter,
    limit: number,
    beforeId: string | null,
  ): Promise<Notification[]> {
    const filter = [status, channel, recipient, tag, from, to].map((value) => value ?? null);
    return this.database.asClient(clientId, (view) => view.query(PAGE, [clientId, ...filter, beforeId, limit + 1]));
  }

  /** Newest first. */
  allDeliveries(
    clientId: ClientId,
    { status, channel, providerId, notificationId, recipient, from, to }: DeliveryFilter,
    limit: number,
    beforeId: string | null,
  ): Promise<Delivery[]> {
    const filter = [status, channel, providerId, notificationId, recipient, from, to].map((value) => value ?? null);
    return this.database.asClient(clientId, (view) =>
      view.query(ALL_DELIVERIES, [clientId, ...filter, beforeId, limit + 1]),
    );
  }

  deliveries(clientId: ClientId, notificationId: string, limit: number, afterId: string | null): Promise<Delivery[]> {
    return this.database.asClient(clientId, (view) =>
      view.query(DELIVERIES, [clientId, notificationId, afterId, limit + 1]),
    );
  }

  events(
    clientId: ClientId,
    notificationId: string,
    limit: number,
    afterId: string | null,
  ): Promise<(TimelineEntry & { readonly id: string })[]> {
    return this.database.asClient(clientId, (view) =>
      view.query(EVENTS, [clientId, notificationId, afterId, limit + 1]),
    );
  }

  /** Attempts that have begun and not ended, the oldest first. */
  underWay(
    clientId: ClientId,
    notificationId: string,
    limit: number,
  ): Promise<Pick<TimelineEntry, 'at' | 'deliveryId' | 'channel' | 'attempt'>[]> {
    return this.database.query(UNDER_WAY, [clientId, notificationId, limit]);
  }

  /** Those of the rooms that are the client's own. */
  async ownRooms(clientId: ClientId, roomIds: readonly string[]): Promise<Set<string>> {
    if (roomIds.length === 0) return new Set();
    return new Set((await this.database.query<{ id: string }>(ROOMS, [clientId, roomIds])).map(({ id }) => id));
  }

  /** Others of its notification that are to go out on its channel now. */
  async alsoDue(
    { clientId, notificationId, channel }: Pick<DeliveryInHand, 'clientId' | 'notificationId' | 'channel'>,
    limit: number,
  ): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(ALSO_DUE, [clientId, notificationId, channel, limit]);
    return rows.map(({ id }) => id);
  }

  async load(
    held: readonly { clientId: ClientId; id: string }[],
    within: Queryable = this.database,
  ): Promise<DeliveryInHand[]> {
    const ids = [held.map(({ clientId }) => clientId), held.map(({ id }) => id)];
    const rows = await within.query<LoadedDelivery>(LOAD, [...ids, this.clock.aheadSeconds]);
    const contents = new Map<string, ChannelContents>();
    for (const { notificationId, channels } of rows) if (channels) contents.set(notificationId, channels);
    return rows.map((row) => ({ ...row, channels: contents.get(row.notificationId) ?? {} }));
  }
}
