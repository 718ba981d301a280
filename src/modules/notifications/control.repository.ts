import { Injectable } from '@nestjs/common';
import { type ClientId, Database, type Queryable, statement, type Tx } from '../../platform/database/index.js';
import { type DeliveryStatus, RETRYABLE_STATUSES } from './delivery-status.js';

const RETRYABLE = `d.status IN (${RETRYABLE_STATUSES.map((status) => `'${status}'`).join(', ')})`;

const OF_NOTIFICATION = statement(
  'control.of_notification',
  `SELECT d.id, d.status FROM deliveries d WHERE d.client_id = $1 AND d.notification_id = $2 ORDER BY d.id`,
);
const PICKED = `d.id, d.channel`;
const PICK_OF_NOTIFICATION = statement(
  'control.pick_of_notification',
  `SELECT ${PICKED} FROM deliveries d
    WHERE d.client_id = $1 AND d.notification_id = $2 AND ${RETRYABLE} AND ($3::uuid IS NULL OR d.id > $3) ORDER BY d.id LIMIT $4`,
);
const PICK = statement(
  'control.pick',
  `SELECT ${PICKED} FROM deliveries d
    WHERE d.client_id = $1 AND ${RETRYABLE} AND ($2::uuid[] IS NULL OR d.id = ANY ($2)) AND ($3::timestamptz IS NULL OR d.created_at >= $3)
      AND ($4::timestamptz IS NULL OR d.created_at < $4) AND ($5::varchar IS NULL OR d.channel = $5) AND ($6::uuid IS NULL OR d.provider_id = $6)
      AND ($7::uuid IS NULL OR d.id > $7)
    ORDER BY d.id LIMIT $8`,
);
/** The one way back: what had failed is as if it had not been tried, and its notification is under way again. */
const REQUEUE = statement(
  'control.requeue',
  `WITH before AS (
     SELECT d.client_id, d.id, d.notification_id, d.channel, d.status FROM deliveries d
      WHERE d.client_id = $1 AND d.id = ANY ($2::uuid[]) AND ${RETRYABLE} ORDER BY d.id FOR UPDATE),
   requeued AS (
     UPDATE deliveries d SET status = 'queued', reason = NULL, attempts = 0, updated_at = now(), provider_ref = NULL, awaited_ref = NULL
       FROM before b WHERE d.client_id = b.client_id AND d.id = b.id
     RETURNING d.client_id, d.id, d.notification_id, d.channel, b.status AS before),
   counts AS (
     SELECT client_id, notification_id, count(*) FILTER (WHERE before <> 'unknown')::integer AS closed FROM requeued GROUP BY client_id, notification_id),
   held AS (
     SELECT n.client_id, n.id FROM notifications n WHERE (n.client_id, n.id) IN (SELECT client_id, notification_id FROM counts) ORDER BY n.id FOR UPDATE),
   recounted AS (
     UPDATE notifications n SET open_count = n.open_count + c.closed, failed_count = n.failed_count - c.closed, completed_at = NULL, status = 'processing'
       FROM counts c JOIN held h ON h.client_id = c.client_id AND h.id = c.notification_id
      WHERE n.client_id = c.client_id AND n.id = c.notification_id)
   SELECT client_id AS "clientId", id, notification_id AS "notificationId", channel FROM requeued`,
);

export interface Replay {
  readonly ids?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly channel?: string;
  readonly providerId?: string;
}

export interface Picked {
  readonly id: string;
  readonly channel: string;
}

export interface Requeued {
  readonly clientId: ClientId;
  readonly id: string;
  readonly notificationId: string;
  readonly channel: string;
}

/** Deliveries that are called back, or brought up again. */
@Injectable()
export class ControlRepository {
  constructor(private readonly database: Database) {}

  statuses(
    clientId: ClientId,
    notificationId: string,
    within: Queryable = this.database,
  ): Promise<{ id: string; status: DeliveryStatus }[]> {
    return within.query(OF_NOTIFICATION, [clientId, notificationId]);
  }

  /** Of a notification's deliveries some that may be tried again. */
  pickOf(clientId: ClientId, notificationId: string, limit: number, after: string | null): Promise<Picked[]> {
    return this.database.query(PICK_OF_NOTIFICATION, [clientId, notificationId, after, limit]);
  }

  /** Of a client's. */
  pick(
    clientId: ClientId,
    { ids, from, to, channel, providerId }: Replay,
    limit: number,
    after: string | null,
  ): Promise<Picked[]> {
    const filter = [ids, from, to, channel, providerId].map((value) => value ?? null);
    return this.database.query(PICK, [clientId, ...filter, after, limit]);
  }

  requeue(tx: Tx, clientId: ClientId, ids: readonly string[]): Promise<Requeued[]> {
    return tx.query(REQUEUE, [clientId, ids]);
  }
}
