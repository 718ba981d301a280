import { Injectable } from '@nestjs/common';
import { type ClientId, statement, type Tx } from '../../platform/database/index.js';
import { PSEUDONYM_PATTERN } from '../users/index.js';
import type { DeliveryReason, DeliveryStatus } from './delivery-status.js';

/** Held until the transaction ends, so that the client does not go meanwhile. */
const CLIENT = statement(
  'unsubscribe.client',
  `SELECT c.id FROM clients c WHERE c.id = $1 AND c.deleted_at IS NULL FOR KEY SHARE`,
);
const MARK = statement(
  'unsubscribe.mark',
  `WITH before AS (
     SELECT d.client_id, d.id, d.notification_id, d.channel, d.recipient, d.status, d.reason, d.unsubscribed_at FROM deliveries d
      WHERE d.client_id = $1 AND d.id = $2 FOR UPDATE),
   marked AS (
     UPDATE deliveries d SET unsubscribed_at = now(), updated_at = now() FROM before b
      WHERE d.client_id = b.client_id AND d.id = b.id AND b.unsubscribed_at IS NULL)
   SELECT b.client_id AS "clientId", b.id, b.notification_id AS "notificationId", b.channel, b.status, b.reason,
          b.unsubscribed_at IS NULL AS "isNews", coalesce(b.unsubscribed_at, now()::timestamptz(3)) AS "unsubscribedAt", b.recipient ~ '${PSEUDONYM_PATTERN}' AS "isErased" FROM before b`,
);

export interface UnsubscribedDelivery {
  readonly clientId: ClientId;
  readonly id: string;
  readonly notificationId: string;
  readonly channel: string;
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
  /** It was not unsubscribed from before. */
  readonly isNews: boolean;
  readonly unsubscribedAt: Date;
  /** Whoever it went to was erased since. */
  readonly isErased: boolean;
}

@Injectable()
export class UnsubscribeRepository {
  async hasClient(tx: Tx, clientId: ClientId): Promise<boolean> {
    return (await tx.query(CLIENT, [clientId])).length > 0;
  }

  /** Notes on a delivery that its recipient unsubscribed by it. Null when it is kept no longer. */
  async mark(tx: Tx, clientId: ClientId, deliveryId: string): Promise<UnsubscribedDelivery | null> {
    return (await tx.query<UnsubscribedDelivery>(MARK, [clientId, deliveryId]))[0] ?? null;
  }
}
