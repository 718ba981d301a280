import { Injectable } from '@nestjs/common';
import { type ClientId, Clock, Database, statement, type Tx, type UserId } from '../../platform/database/index.js';
import type { Escalation } from '../rooms/index.js';
import { NO_CHANNEL, type Missing } from './ladder.rules.js';

/** A sweep that died leaves its rooms to another after so long. */
const LEASE_SECONDS = 30;
/** Members of one room that are looked at in one go. */
export const MEMBERS_AT_ONCE = 500;

/** The lease keeps senders from setting another time, and other sweeps from the same rooms. No lock is held meanwhile. */
const TAKE = statement(
  'escalations.take',
  `WITH due AS (
     SELECT r.client_id, r.id FROM rooms r WHERE r.escalate_at <= now() + make_interval(secs => $1) ORDER BY r.escalate_at LIMIT $2 FOR UPDATE SKIP LOCKED)
   UPDATE rooms r SET escalate_at = now() + make_interval(secs => $1 + ${LEASE_SECONDS})
     FROM due JOIN clients c ON c.id = due.client_id WHERE r.client_id = due.client_id AND r.id = due.id
   RETURNING r.client_id AS "clientId", r.id AS "roomId", r.last_seq AS "lastSeq", r.escalate_at AS "leasedUntil",
             coalesce(r.settings->'escalation', c.settings->'escalation') AS escalation, c.status = 'suspended' AS "isSuspended", date_trunc('milliseconds', now()) + make_interval(secs => $1) AS at`,
);
/**
 * Of each room the next members who have something unread, and what they were told, unless they are at the end of the
 * ladder. Told before and having read since, a member is only concerned by what came after. Own messages, system
 * messages and deleted ones are nothing to miss.
 */
const MEMBERS = statement(
  'escalations.members',
  `SELECT asked.room_id AS "roomId", k."userId", k.unread, k.ladder
     FROM json_to_recordset($1) AS asked (client_id uuid, room_id uuid, last_seq bigint, last_channel varchar, after varchar)
     CROSS JOIN LATERAL (
       SELECT m.user_id AS "userId", json_build_object('seq', u.seq, 'at', u.created_at) AS unread,
              CASE WHEN o.open THEN json_build_object('fromSeq', told.from_seq, 'at', told.at, 'channels', told.channels, 'hasFailed', EXISTS (
                SELECT 1 FROM notifications n WHERE n.client_id = m.client_id AND n.id = told.notification_id AND n.status IN ('failed', 'expired', 'cancelled'))) END AS ladder
         FROM room_members m
         LEFT JOIN LATERAL (
           SELECT e.from_seq, max(e.to_seq) AS to_seq, max(e.at) AS at, array_agg(e.channel) AS channels,
                  (array_agg(e.notification_id ORDER BY e.at DESC))[1] AS notification_id
             FROM escalations e WHERE e.client_id = m.client_id AND e.room_id = m.room_id AND e.user_id = m.user_id
            GROUP BY e.from_seq ORDER BY e.from_seq DESC LIMIT 1) told ON true
         CROSS JOIN LATERAL (SELECT coalesce(m.last_read_seq < told.from_seq, false) AS open) o
         CROSS JOIN LATERAL (
           SELECT d.seq, d.created_at FROM messages d
            WHERE d.client_id = m.client_id AND d.room_id = m.room_id
              AND d.seq > CASE WHEN o.open THEN m.last_read_seq ELSE greatest(m.last_read_seq, coalesce(told.to_seq, 0)) END
              AND d.type = 'user' AND d.deleted_at IS NULL AND d.sender_id IS DISTINCT FROM m.user_id
            ORDER BY d.seq LIMIT 1) u
        WHERE m.client_id = asked.client_id AND m.room_id = asked.room_id AND m.user_id > asked.after
          AND m.last_read_seq < asked.last_seq AND m.muted_at IS NULL
          AND NOT (o.open AND told.channels && ARRAY['${NO_CHANNEL}', asked.last_channel]::varchar[])
        ORDER BY m.user_id LIMIT ${MEMBERS_AT_ONCE}) k
    ORDER BY asked.room_id, k."userId"`,
);
/** Once for each message, user and channel, whoever else is at it. Who has read, left or muted the room is left out. */
const TELL = statement(
  'escalations.tell',
  `INSERT INTO escalations (client_id, room_id, user_id, from_seq, to_seq, channel, notification_id, at)
   SELECT $1, s.room_id, s.user_id, s.from_seq, s.to_seq, s.channel, s.notification_id, s.at
     FROM json_to_recordset($2) AS s (room_id uuid, user_id varchar, from_seq bigint, to_seq bigint, channel varchar, notification_id uuid, at timestamptz)
     JOIN room_members m ON m.client_id = $1 AND m.room_id = s.room_id AND m.user_id = s.user_id
    WHERE m.last_read_seq < s.from_seq AND m.muted_at IS NULL
    ORDER BY s.room_id, s.user_id
   ON CONFLICT DO NOTHING RETURNING notification_id AS "notificationId"`,
);
/** What was sent since the room was taken is not due before \`fresh_at\`. A lease that is no longer ours says nothing. */
const SETTLE = statement(
  'escalations.settle',
  `WITH seen AS (
     SELECT s.* FROM json_to_recordset($1) AS s (client_id uuid, room_id uuid, last_seq bigint, leased_until timestamptz, next_at timestamptz, fresh_at timestamptz)
       JOIN rooms r ON r.client_id = s.client_id AND r.id = s.room_id ORDER BY r.id FOR UPDATE OF r)
   UPDATE rooms r SET escalate_at = CASE WHEN r.last_seq > seen.last_seq THEN least(seen.next_at, seen.fresh_at) ELSE seen.next_at END
     FROM seen WHERE r.client_id = seen.client_id AND r.id = seen.room_id AND r.escalate_at = seen.leased_until`,
);

/** A room that one sweep has in hand. */
export interface TakenRoom {
  readonly clientId: ClientId;
  readonly roomId: string;
  readonly lastSeq: number;
  readonly leasedUntil: Date;
  /** The room's own, else its client's; null when neither wants any. */
  readonly escalation: Escalation | null;
  /** Nothing goes out for its client: the room comes up again when its lease is over. */
  readonly isSuspended: boolean;
  /** The time of the look. */
  readonly at: Date;
}

export type MissingMember = Missing & { readonly roomId: string };

interface AskedRoom {
  readonly clientId: ClientId;
  readonly roomId: string;
  readonly lastSeq: number;
  readonly lastChannel: string | undefined;
  readonly after: UserId;
}

/** One step for one member. */
export interface Telling {
  readonly roomId: string;
  readonly userId: UserId;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly channel: string;
  readonly notificationId: string | null;
  readonly at: Date;
}

export interface Settlement {
  readonly room: TakenRoom;
  readonly nextAt: Date | null;
  readonly freshAt: Date | null;
}

/** What the sweep asks, of all clients at once. */
@Injectable()
export class EscalationRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  take(limit: number): Promise<TakenRoom[]> {
    return this.database.query(TAKE, [this.clock.aheadSeconds, limit]);
  }

  /** {@link MEMBERS_AT_ONCE} of each room at most; those after its last come with the next call. */
  async members(rooms: readonly AskedRoom[]): Promise<MissingMember[]> {
    const asked = rooms.map(({ clientId, roomId, lastSeq, lastChannel, after }) => ({
      ...{ client_id: clientId, room_id: roomId, last_seq: lastSeq, last_channel: lastChannel, after },
    }));
    const rows = await this.database.query<StoredMissing>(MEMBERS, [JSON.stringify(asked)]);
    return rows.map(({ unread, ladder, ...member }) => ({
      ...member,
      unread: { ...unread, at: new Date(unread.at) },
      ladder: ladder && { ...ladder, at: new Date(ladder.at) },
    }));
  }

  /** @returns the notifications that are to be sent */
  async tell(tx: Tx, clientId: ClientId, tellings: readonly Telling[]): Promise<Set<string>> {
    const rows = tellings.map(({ roomId, userId, fromSeq, toSeq, channel, notificationId, at }) => ({
      ...{ room_id: roomId, user_id: userId, from_seq: fromSeq, to_seq: toSeq, channel },
      ...{ notification_id: notificationId, at },
    }));
    const told = await tx.query<{ notificationId: string | null }>(TELL, [clientId, JSON.stringify(rows)]);
    return new Set(told.flatMap(({ notificationId }) => notificationId ?? []));
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    const rows = settlements.map(({ room, nextAt, freshAt }) => ({
      ...{ client_id: room.clientId, room_id: room.roomId, last_seq: room.lastSeq, leased_until: room.leasedUntil },
      ...{ next_at: nextAt, fresh_at: freshAt },
    }));
    await this.database.query(SETTLE, [JSON.stringify(rows)]);
  }
}

/** Times within JSON are texts. */
interface StoredMissing {
  readonly roomId: string;
  readonly userId: UserId;
  readonly unread: { readonly seq: number; readonly at: string };
  readonly ladder: (Omit<NonNullable<Missing['ladder']>, 'at'> & { readonly at: string }) | null;
}
