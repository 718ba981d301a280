import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type UserId } from '../../platform/database/index.js';

/**
 * Moves a member's pointers forward, never past the last message; what was read was delivered. Each move leaves a mark of
 * when, in the same statement: from those it is told when each single message was delivered and read.
 */
const MOVE = statement(
  'receipts.move',
  `WITH at AS (
     SELECT m.client_id, m.room_id, m.user_id, m.last_read_seq AS read, m.last_delivered_seq AS delivered, r.last_seq,
            greatest(m.last_read_seq, least($4::bigint, r.last_seq)) AS read_to, greatest(m.last_delivered_seq, least($5::bigint, r.last_seq)) AS delivered_to
       FROM room_members m JOIN rooms r ON r.client_id = m.client_id AND r.id = m.room_id
      WHERE m.client_id = $1 AND m.room_id = $2 AND m.user_id = $3 FOR UPDATE OF m),
   moved AS (
     UPDATE room_members m SET last_read_seq = at.read_to, last_delivered_seq = at.delivered_to
       FROM at WHERE m.client_id = at.client_id AND m.room_id = at.room_id AND m.user_id = at.user_id AND (at.read_to > at.read OR at.delivered_to > at.delivered)),
   marked AS (
     INSERT INTO receipt_marks (client_id, room_id, user_id, kind, seq)
     SELECT client_id, room_id, user_id, 'delivered', delivered_to FROM at WHERE delivered_to > delivered
     UNION ALL SELECT client_id, room_id, user_id, 'read', read_to FROM at WHERE read_to > read
     ON CONFLICT DO NOTHING)
   SELECT read_to AS "readSeq", delivered_to AS "deliveredSeq", last_seq AS "lastSeq", read_to > read OR delivered_to > delivered AS "hasMoved" FROM at`,
);

export interface Pointers {
  readonly readSeq: number;
  readonly deliveredSeq: number;
  readonly lastSeq: number;
  readonly hasMoved: boolean;
}

@Injectable()
export class ReceiptsRepository {
  constructor(private readonly database: Database) {}

  /** Null for who is not in the room. */
  async move(
    clientId: ClientId,
    roomId: string,
    userId: UserId,
    to: { readonly readSeq: number; readonly deliveredSeq: number },
  ): Promise<Pointers | null> {
    const values = [clientId, roomId, userId, to.readSeq, to.deliveredSeq];
    return (await this.database.query<Pointers>(MOVE, values))[0] ?? null;
  }
}
