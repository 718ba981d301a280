import { Injectable } from '@nestjs/common';
import { type ClientId, type Queryable, statement, type UserId } from '../../platform/database/index.js';
import type { DurableEventName } from '../../platform/realtime/index.js';
import type { RoomEvent } from './rooms.events.js';

const INSERT = statement(
  'room_events.insert',
  `INSERT INTO room_events (client_id, room_id, "offset", ev, data, message_id, user_id, created_at)
   SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::varchar[], $5::jsonb[], $6::uuid[], $7::varchar[], $8::timestamptz[])`,
);
const PAGE = statement(
  'room_events.page',
  `SELECT e."offset", e.ev, e.data AS kept, e.message_id AS "messageId", e.user_id AS "userId", e.created_at AS at FROM room_events e
    WHERE e.client_id = $1 AND e.room_id = $2 AND e."offset" > $3 AND e."offset" <= $4 ORDER BY e."offset" LIMIT $5`,
);

/** An event as it was stored. */
export interface StoredRoomEvent {
  readonly offset: number;
  readonly ev: DurableEventName;
  readonly kept: Readonly<Record<string, unknown>> | null;
  readonly messageId: string | null;
  readonly userId: UserId | null;
  readonly at: Date;
}

/** A stretch of a room's events: after one offset, up to another. */
export interface EventRange {
  readonly after: number;
  readonly upTo: number;
  readonly limit: number;
}

@Injectable()
export class RoomEventsRepository {
  /** In the transaction of the changes that the events tell of. */
  async insert(tx: Queryable, events: readonly RoomEvent[]): Promise<void> {
    if (events.length === 0) return;
    const column = (of: (event: RoomEvent) => unknown): unknown[] => events.map(of);
    await tx.query(INSERT, [
      column(({ clientId }) => clientId),
      column(({ roomId }) => roomId),
      column(({ offset }) => offset),
      column(({ ev }) => ev),
      column(({ kept }) => kept && JSON.stringify(kept)),
      column(({ messageId }) => messageId),
      column(({ userId }) => userId),
      column(({ at }) => at),
    ]);
  }

  page(
    clientId: ClientId,
    roomId: string,
    { after, upTo, limit }: EventRange,
    within: Queryable,
  ): Promise<StoredRoomEvent[]> {
    return within.query(PAGE, [clientId, roomId, after, upTo, limit]);
  }
}
