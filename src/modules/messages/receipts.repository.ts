import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type UserId } from '../../platform/database/index.js';

/** Pointers say who; the marks that moved them say when: they only go forward, so the first by place is the earliest. Reading implies delivery. */
const RECEIPTS = statement(
  'receipts.of_message',
  `SELECT k.user_id AS "userId",
          CASE WHEN greatest(k.last_delivered_seq, k.last_read_seq) >= $3 THEN (
            SELECT min(first.at) FROM unnest(ARRAY['delivered', 'read']) AS of (kind) CROSS JOIN LATERAL (
              SELECT r.at FROM receipt_marks r
               WHERE r.client_id = k.client_id AND r.room_id = k.room_id AND r.user_id = k.user_id AND r.kind = of.kind AND r.seq >= $3
               ORDER BY r.seq LIMIT 1) first) END AS "deliveredAt",
          CASE WHEN k.last_read_seq >= $3 THEN (
            SELECT r.at FROM receipt_marks r
             WHERE r.client_id = k.client_id AND r.room_id = k.room_id AND r.user_id = k.user_id AND r.kind = 'read' AND r.seq >= $3
             ORDER BY r.seq LIMIT 1) END AS "readAt"
     FROM room_members k WHERE k.client_id = $1 AND k.room_id = $2 AND k.user_id IS DISTINCT FROM $4
    ORDER BY k.last_read_seq >= $3 DESC, k.last_delivered_seq >= $3 DESC, k.user_id LIMIT $5`,
);

export interface Receipt {
  readonly userId: UserId;
  readonly deliveredAt: Date | null;
  readonly readAt: Date | null;
}

@Injectable()
export class ReceiptsRepository {
  constructor(private readonly database: Database) {}

  /** Of every member but the sender: who has read it first, then whom it has reached. */
  ofMessage(
    clientId: ClientId,
    message: { readonly roomId: string; readonly seq: number; readonly senderId: UserId | null },
    limit: number,
  ): Promise<Receipt[]> {
    const values = [clientId, message.roomId, message.seq, message.senderId, limit];
    return this.database.asClient(clientId, (view) => view.query(RECEIPTS, values));
  }
}
