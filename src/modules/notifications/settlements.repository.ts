import { Injectable } from '@nestjs/common';
import { type ClientId, newId, type Queryable, statement, type Tx } from '../../platform/database/index.js';
import { type DeliveryReason, type DeliveryStatus, isFailure, isOpen, RANK } from './delivery-status.js';
import type { NotificationStatus } from './notification.entity.js';
import type { TimelineEntry } from './timeline.js';

const DETAIL_MAX = 4_096;
const RANKS = `'${JSON.stringify(RANK)}'::jsonb`;

/** Rows are locked in one order everywhere: deliveries by id, then their notifications by id. */
const MOVE = statement(
  'deliveries.move',
  `WITH moves AS (
     SELECT * FROM json_to_recordset($1) AS m (client_id uuid, id uuid, status varchar, reason varchar, provider_id uuid, provider_ref varchar, attempts integer)),
   before AS (
     SELECT d.client_id, d.id, d.status FROM deliveries d WHERE (d.client_id, d.id) IN (SELECT client_id, id FROM moves) ORDER BY d.id FOR UPDATE)
   UPDATE deliveries d
      SET status = m.status, reason = m.reason, provider_id = coalesce(m.provider_id, d.provider_id), provider_ref = coalesce(m.provider_ref, d.provider_ref),
          attempts = greatest(d.attempts, m.attempts), updated_at = now(),
          sent_at = CASE WHEN m.status IN ('sent', 'delivered') THEN coalesce(d.sent_at, now()) ELSE d.sent_at END,
          delivered_at = CASE WHEN m.status = 'delivered' THEN coalesce(d.delivered_at, now()) ELSE d.delivered_at END
     FROM moves m JOIN before b ON b.client_id = m.client_id AND b.id = m.id
    WHERE d.client_id = m.client_id AND d.id = m.id AND (${RANKS}->>d.status)::integer <= (${RANKS}->>m.status)::integer AND d.status <> 'delivered'
   RETURNING d.client_id AS "clientId", d.id, d.notification_id AS "notificationId", d.channel, d.status, b.status AS "before"`,
);
const LOG = statement(
  'delivery_events.insert',
  `INSERT INTO delivery_events (client_id, id, notification_id, delivery_id, type, channel, provider_id, attempt, duration_ms, status, reason, detail, at)
   SELECT e.client_id, e.id, e.notification_id, e.delivery_id, e.type, e.channel, e.provider_id, e.attempt, e.duration_ms, e.status, e.reason, e.detail, clock_timestamp()
     FROM json_to_recordset($1) AS e (client_id uuid, id uuid, notification_id uuid, delivery_id uuid, type varchar, channel varchar, provider_id uuid,
            attempt integer, duration_ms integer, status varchar, reason varchar, detail text)`,
);
const COUNT = statement(
  'notifications.count',
  `WITH c AS (
     SELECT * FROM json_to_recordset($1) AS c (client_id uuid, id uuid, closed integer, failed integer, skipped integer, expired integer)),
   held AS (
     SELECT n.client_id, n.id FROM notifications n WHERE (n.client_id, n.id) IN (SELECT client_id, id FROM c) ORDER BY n.id FOR UPDATE)
   UPDATE notifications n
      SET open_count = n.open_count - c.closed, failed_count = n.failed_count + c.failed, skipped_count = n.skipped_count + c.skipped, expired_count = n.expired_count + c.expired,
          completed_at = CASE WHEN n.open_count - c.closed = 0 THEN coalesce(n.completed_at, clock_timestamp()) ELSE n.completed_at END,
          status = CASE
            WHEN n.open_count - c.closed > 0 THEN 'processing'
            WHEN n.failed_count + c.failed = 0 THEN 'completed'
            WHEN n.expired_count + c.expired = n.total_count - n.skipped_count - c.skipped THEN 'expired'
            WHEN n.failed_count + c.failed = n.total_count - n.skipped_count - c.skipped THEN 'failed'
            ELSE 'partially_failed' END
     FROM c JOIN held h ON h.client_id = c.client_id AND h.id = c.id
    WHERE n.client_id = c.client_id AND n.id = c.id
   RETURNING n.client_id AS "clientId", n.id, n.status, n.open_count AS "openCount"`,
);

export interface Move {
  readonly clientId: ClientId;
  readonly id: string;
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
  readonly providerId?: string | null;
  readonly providerRef?: string | null;
  readonly attempts?: number;
}

export interface Moved {
  readonly clientId: ClientId;
  readonly id: string;
  readonly notificationId: string;
  readonly channel: string;
  readonly status: DeliveryStatus;
  readonly before: DeliveryStatus;
}

export interface Counted {
  readonly clientId: ClientId;
  readonly id: string;
  readonly status: NotificationStatus;
  readonly openCount: number;
}

export type NewTimelineEntry = Omit<TimelineEntry, 'at'> & {
  readonly clientId: ClientId;
  readonly notificationId: string;
};

/** Writes how deliveries moved, of all clients, in the transaction of what moved them. */
@Injectable()
export class SettlementsRepository {
  /** Moves deliveries upwards in rank. @returns those that moved */
  move(tx: Queryable, moves: readonly Move[]): Promise<Moved[]> {
    const rows = moves.map(({ clientId, id, status, reason, providerId, providerRef, attempts }) => ({
      ...{ client_id: clientId, id, status, reason },
      ...{ provider_id: providerId ?? null, provider_ref: providerRef ?? null, attempts: attempts ?? 0 },
    }));
    return tx.query(MOVE, [JSON.stringify(rows)]);
  }

  /** Keeps each notification's counts and status true to what moved; one with a delivery that moved is under way. */
  async count(tx: Queryable, moved: readonly Moved[]): Promise<Counted[]> {
    const counts = new Map<
      string,
      { client_id: string; id: string; closed: number; failed: number; skipped: number; expired: number }
    >();
    for (const { clientId, notificationId, status, before } of moved) {
      if (!isOpen(before) && (isFailure(before) || !isFailure(status))) continue;
      const count = counts.get(notificationId) ?? {
        client_id: clientId,
        id: notificationId,
        closed: 0,
        failed: 0,
        skipped: 0,
        expired: 0,
      };
      counts.set(notificationId, count);
      if (isOpen(before) && !isOpen(status)) count.closed++;
      if (!isFailure(before) && isFailure(status)) count.failed++;
      if (before !== 'skipped' && status === 'skipped') count.skipped++;
      if (before !== 'expired' && status === 'expired') count.expired++;
    }
    return counts.size === 0 ? [] : tx.query(COUNT, [JSON.stringify([...counts.values()])]);
  }

  log(tx: Tx, entries: readonly NewTimelineEntry[]): void {
    if (entries.length === 0) return;
    const rows = entries.map(
      ({
        clientId,
        notificationId,
        deliveryId,
        type,
        channel,
        providerId,
        attempt,
        durationMs,
        status,
        reason,
        detail,
      }) => ({
        ...{
          client_id: clientId,
          id: newId(),
          notification_id: notificationId,
          delivery_id: deliveryId,
          type,
          channel,
          provider_id: providerId,
        },
        ...{
          attempt,
          duration_ms: durationMs,
          status,
          reason,
          detail: detail?.slice(0, DETAIL_MAX).replaceAll('\0', '').toWellFormed() ?? null,
        },
      }),
    );
    tx.send(LOG, [JSON.stringify(rows)]);
  }
}
