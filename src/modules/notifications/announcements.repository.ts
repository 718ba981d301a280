import { Injectable } from '@nestjs/common';
import { type ClientId, statement, type Tx } from '../../platform/database/index.js';
import type { Notification } from './notification.entity.js';
import { DELIVERY } from './notifications.repository.js';
import type { ToldDelivery } from './told.view.js';

const DELIVERIES = statement(
  'announcements.deliveries',
  `SELECT ${DELIVERY}, n.category, n.tags, n.metadata, n.test, n.hops, now() AS "toldAt"
     FROM unnest($1::uuid[], $2::uuid[]) AS wanted (client_id, id)
     CROSS JOIN LATERAL (SELECT * FROM deliveries d WHERE d.client_id = wanted.client_id AND d.id = wanted.id LIMIT 1) AS d
     CROSS JOIN LATERAL (SELECT * FROM notifications n WHERE n.client_id = d.client_id AND n.id = d.notification_id LIMIT 1) AS n`,
);
/** Which channels they have, not what is said on them: that may be megabytes. */
const NOTIFICATIONS = statement(
  'announcements.notifications',
  `SELECT n.client_id AS "clientId", n.id, n.status, n.category, n.priority, n.tags, n.metadata, n.test, n.hops, n.send_at AS "sendAt", n.expires_at AS "expiresAt",
          n.total_count AS "totalCount", n.open_count AS "openCount", n.failed_count AS "failedCount", n.skipped_count AS "skippedCount",
          n.created_at AS "createdAt", n.completed_at AS "completedAt", now() AS "toldAt",
          (SELECT coalesce(jsonb_object_agg(name, '{}'::jsonb), '{}') FROM jsonb_object_keys(n.channels) AS name) AS channels
     FROM unnest($1::uuid[], $2::uuid[]) AS wanted (client_id, id)
     CROSS JOIN LATERAL (SELECT * FROM notifications n WHERE n.client_id = wanted.client_id AND n.id = wanted.id LIMIT 1) AS n`,
);

interface Named {
  readonly clientId: ClientId;
  readonly id: string;
}

/** What an announcement is about, as it is just now. */
interface About {
  readonly test: boolean;
  readonly hops: number;
  /** By the database's clock. */
  readonly toldAt: Date;
}
export type AnnouncedDelivery = ToldDelivery & About;
export type AnnouncedNotification = Notification & About;

/** Reads what other systems are told of, within the transaction that it is told in. */
@Injectable()
export class AnnouncementsRepository {
  deliveries(tx: Tx, named: readonly Named[]): Promise<Map<string, AnnouncedDelivery>> {
    return byId(tx.query<AnnouncedDelivery>(DELIVERIES, columnsOf(named)));
  }

  notifications(tx: Tx, named: readonly Named[]): Promise<Map<string, AnnouncedNotification>> {
    return byId(tx.query<AnnouncedNotification>(NOTIFICATIONS, columnsOf(named)));
  }
}

const columnsOf = (named: readonly Named[]) => [named.map(({ clientId }) => clientId), named.map(({ id }) => id)];

const byId = async <Row extends { readonly id: string }>(reading: Promise<Row[]>): Promise<Map<string, Row>> =>
  new Map((await reading).map((row) => [row.id, row]));
