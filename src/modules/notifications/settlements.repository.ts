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
     SELECT * FROM json_to_recordset($1) AS m (client_id uuid, id uuid, status varchar, reason varchar, provider_id uuid, provider_ref varchar, awaited_ref varchar, attempts integer, at timestamptz)),
   before AS (
     SELECT d.client_id, d.id, d.status, d.sent_at FROM deliveries d WHERE (d.client_id, d.id) IN (SELECT client_id, id FROM moves) ORDER BY d.id FOR UPDATE)
   UPDATE deliveries d
      SET status = m.status, reason = m.reason, provider_id = coalesce(m.provider_id, d.provider_id), provider_ref = coalesce(m.provider_ref, d.provider_ref), awaited_ref = coalesce(m.awaited_ref, d.awaited_ref),
          attempts = greatest(d.attempts, m.attempts), updated_at = now(),
          sent_at = CASE WHEN m.status IN ('sent', 'delivered') THEN coalesce(d.sent_at, least(m.at, now())) ELSE d.sent_at END,
          delivered_at = CASE WHEN m.status = 'delivered' THEN coalesce(d.delivered_at, least(m.at, now())) ELSE d.delivered_at END
     FROM moves m JOIN before b ON b.client_id = m.client_id AND b.id = m.id
    WHERE d.client_id = m.client_id AND d.id = m.id AND (${RANKS}->>d.status)::integer <= (${RANKS}->>m.status)::integer AND d.status <> 'delivered'
   RETURNING d.client_id AS "clientId", d.id, d.notification_id AS "notificationId", d.channel, d.recipient, d.user_id AS "userId", d.ladder,
             d.status, b.status AS "before", b.sent_at IS NULL AND d.sent_at IS NOT NULL AS "isFirstSent"`,
);
const LOG = statement(
  'delivery_events.insert',
  `INSERT INTO delivery_events (client_id, id, notification_id, delivery_id, type, channel, provider_id, attempt, duration_ms, status, reason, detail, decision, at)
   SELECT e.client_id, e.id, e.notification_id, e.delivery_id, e.type, e.channel, e.provider_id, e.attempt, e.duration_ms, e.status, e.reason, e.detail, e.decision, clock_timestamp()
     FROM json_to_recordset($1) AS e (client_id uuid, id uuid, notification_id uuid, delivery_id uuid, type varchar, channel varchar, provider_id uuid,
            attempt integer, duration_ms integer, status varchar, reason varchar, detail text, decision text)`,
);
const STATUS = `CASE
  WHEN n.open_count - c.closed > 0 THEN 'processing'
  WHEN n.failed_count + c.failed = 0 THEN 'completed'
  WHEN n.cancelled_count + c.cancelled = n.total_count - n.skipped_count - c.skipped THEN 'cancelled'
  WHEN n.expired_count + c.expired = n.total_count - n.skipped_count - c.skipped THEN 'expired'
  WHEN n.failed_count + c.failed = n.total_count - n.skipped_count - c.skipped THEN 'failed'
  ELSE 'partially_failed' END`;
const COUNT = statement(
  'notifications.count',
  `WITH c AS (
     SELECT * FROM json_to_recordset($1) AS c (client_id uuid, id uuid, closed integer, failed integer, skipped integer, expired integer, cancelled integer)),
   held AS (
     SELECT n.client_id, n.id, n.ended_as FROM notifications n WHERE (n.client_id, n.id) IN (SELECT client_id, id FROM c) ORDER BY n.id FOR UPDATE)
   UPDATE notifications n
      SET open_count = n.open_count - c.closed, failed_count = n.failed_count + c.failed, skipped_count = n.skipped_count + c.skipped, expired_count = n.expired_count + c.expired, cancelled_count = n.cancelled_count + c.cancelled,
          completed_at = CASE WHEN n.open_count - c.closed = 0 THEN coalesce(n.completed_at, clock_timestamp()) ELSE n.completed_at END,
          status = ${STATUS}, ended_as = CASE WHEN n.open_count - c.closed > 0 THEN n.ended_as ELSE ${STATUS} END
     FROM c JOIN held h ON h.client_id = c.client_id AND h.id = c.id
    WHERE n.client_id = c.client_id AND n.id = c.id
   RETURNING n.client_id AS "clientId", n.id, n.status, n.open_count = 0 AND n.status IS DISTINCT FROM h.ended_as AS "isNews"`,
);

const NO_COUNTS = { closed: 0, failed: 0, skipped: 0, expired: 0, cancelled: 0 };
type Counts = typeof NO_COUNTS & { readonly client_id: string; readonly id: string };

export interface Move {
  readonly clientId: ClientId;
  readonly id: string;
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
  readonly providerId?: string | null;
  readonly providerRef?: string | null;
  /** Under which its receipts will come. */
  readonly awaitedRef?: string | null;
  readonly attempts?: number;
  /** When somebody else says that it happened; now, unless told. */
  readonly at?: Date;
}

export interface Moved {
  readonly clientId: ClientId;
  readonly id: string;
  readonly notificationId: string;
  readonly channel: string;
  readonly recipient: string;
  readonly userId: string | null;
  readonly ladder: number | null;
  readonly status: DeliveryStatus;
  readonly before: DeliveryStatus;
  /** It had not been sent before. */
  readonly isFirstSent: boolean;
}

export interface Counted {
  readonly clientId: ClientId;
  readonly id: string;
  readonly status: NotificationStatus;
  /** It has come to an end that is not the one it came to before. */
  readonly isNews: boolean;
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
    const rows = moves.map(({ clientId, id, status, reason, providerId, providerRef, awaitedRef, attempts, at }) => ({
      ...{ client_id: clientId, id, status, reason },
      ...{ provider_id: providerId ?? null, provider_ref: providerRef ?? null, awaited_ref: awaitedRef ?? null },
      ...{ attempts: attempts ?? 0, at: at ?? null },
    }));
    return tx.query(MOVE, [JSON.stringify(rows)]);
  }

  /** Keeps each notification's counts and status true to what moved; one with a delivery that moved is under way. */
  async count(tx: Queryable, moved: readonly Moved[]): Promise<Counted[]> {
    const counts = new Map<string, Counts>();
    for (const { clientId, notificationId, status, before } of moved) {
      if (!isOpen(before) && (isFailure(before) || !isFailure(status))) continue;
      const count = counts.get(notificationId) ?? { ...NO_COUNTS, client_id: clientId, id: notificationId };
      counts.set(notificationId, count);
      if (isOpen(before) && !isOpen(status)) count.closed++;
      if (!isFailure(before) && isFailure(status)) count.failed++;
      for (const ended of ['skipped', 'expired', 'cancelled'] as const)
        if (before !== ended && status === ended) count[ended]++;
    }
    return counts.size === 0 ? [] : tx.query(COUNT, [JSON.stringify([...counts.values()])]);
  }

  log(tx: Tx, entries: readonly NewTimelineEntry[]): void {
    if (entries.length === 0) return;
    const rows = entries.map((entry) => ({
      ...{ client_id: entry.clientId, id: newId(), notification_id: entry.notificationId },
      ...{ delivery_id: entry.deliveryId, type: entry.type, channel: entry.channel, provider_id: entry.providerId },
      ...{ attempt: entry.attempt, duration_ms: entry.durationMs, status: entry.status, reason: entry.reason },
      ...{ detail: storable(entry.detail), decision: storable(entry.decision) },
    }));
    tx.send(LOG, [JSON.stringify(rows)]);
  }
}

const storable = (text: string | null): string | null =>
  text?.slice(0, DETAIL_MAX).replaceAll('\0', '').toWellFormed() ?? null;
