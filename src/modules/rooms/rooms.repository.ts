import { Injectable } from '@nestjs/common';
import {
  type ClientId,
  Database,
  type Queryable,
  statement,
  type Tx,
  type UserId,
} from '../../platform/database/index.js';
import type { ActivityPlace } from './activity-place.js';
import type { MemberRole, RoomMember } from './room-member.entity.js';
import type { DeactivationReason, Room, RoomStatus, RoomType } from './room.entity.js';

export const ROOM_COLUMNS = `r.client_id AS "clientId", r.id, r.type, r.name, r.description, r.status, r.deactivated_reason AS "deactivatedReason",
  r.deactivated_at AS "deactivatedAt", r.last_message_at AS "lastMessageAt", r.last_activity_at AS "lastActivityAt", r.last_seq AS "lastSeq",
  r.head, r.member_count AS "memberCount", r.max_members AS "maxMembers", r.settings, r.metadata, r.created_by AS "createdBy",
  r.direct_key AS "directKey", r.created_at AS "createdAt", r.updated_at AS "updatedAt"`;
const MEMBER_COLUMNS = `m.client_id AS "clientId", m.room_id AS "roomId", m.user_id AS "userId", m.role, m.last_read_seq AS "lastReadSeq",
  m.last_delivered_seq AS "lastDeliveredSeq", m.joined_at AS "joinedAt"`;

const INSERT = statement(
  'rooms.insert',
  `INSERT INTO rooms AS r (client_id, id, type, name, description, head, member_count, max_members, settings, metadata, created_by, direct_key)
   VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11)
   ON CONFLICT (client_id, direct_key) WHERE direct_key IS NOT NULL DO NOTHING RETURNING ${ROOM_COLUMNS}`,
);
const FIND = statement('rooms.find', `SELECT ${ROOM_COLUMNS} FROM rooms r WHERE r.client_id = $1 AND r.id = $2`);
const FIND_DIRECT = statement(
  'rooms.find_direct',
  `SELECT ${ROOM_COLUMNS} FROM rooms r WHERE r.client_id = $1 AND r.direct_key = $2`,
);
const LOCK = statement(
  'rooms.lock',
  `SELECT ${ROOM_COLUMNS} FROM rooms r WHERE r.client_id = $1 AND r.id = $2 FOR UPDATE`,
);
const PAGE_ALL = statement(
  'rooms.page_all',
  `SELECT ${ROOM_COLUMNS} FROM rooms r
    WHERE r.client_id = $1 AND ($2::varchar IS NULL OR r.type = $2) AND ($3::varchar IS NULL OR r.status = $3)
      AND ($4::varchar IS NULL OR r.created_by = $4)
      AND ($5::varchar IS NULL OR EXISTS (SELECT 1 FROM room_members m WHERE m.client_id = r.client_id AND m.room_id = r.id AND m.user_id = $5))
      AND ($6::timestamptz IS NULL OR (r.last_activity_at, r.id) < ($6::timestamptz, $7::uuid))
    ORDER BY r.last_activity_at DESC, r.id DESC LIMIT $8`,
);
const PAGE_OF_USER = statement(
  'rooms.page_of_user',
  `SELECT ${ROOM_COLUMNS}, m.role, m.last_read_seq AS "lastReadSeq"
     FROM room_members m JOIN rooms r ON r.client_id = m.client_id AND r.id = m.room_id
    WHERE m.client_id = $1 AND m.user_id = $2
      AND ($3::timestamptz IS NULL OR (r.last_activity_at, r.id) < ($3::timestamptz, $4::uuid))
    ORDER BY r.last_activity_at DESC, r.id DESC LIMIT $5`,
);
const POSITIONS = statement(
  'rooms.positions',
  `SELECT m.room_id AS "roomId", r.head, r.last_seq AS "lastSeq", r.last_seq - m.last_read_seq AS "unreadCount"
     FROM room_members m JOIN rooms r ON r.client_id = m.client_id AND r.id = m.room_id WHERE m.client_id = $1 AND m.user_id = $2`,
);
const HEADS = statement(
  'rooms.heads',
  `SELECT r.client_id AS "clientId", r.id AS "roomId", r.head, r.last_seq AS "lastSeq"
     FROM unnest($1::uuid[], $2::uuid[]) AS asked (client_id, id) JOIN rooms r ON r.client_id = asked.client_id AND r.id = asked.id`,
);
const INSERT_MEMBERS = statement(
  'room_members.insert',
  `INSERT INTO room_members AS m (client_id, room_id, user_id, role, last_read_seq)
   SELECT $1, $2, given.user_id, given.role, $5 FROM unnest($3::varchar[], $4::varchar[]) AS given (user_id, role)
   ON CONFLICT DO NOTHING RETURNING ${MEMBER_COLUMNS}`,
);
const FIND_MEMBER = statement(
  'room_members.find',
  `SELECT ${MEMBER_COLUMNS} FROM room_members m WHERE m.client_id = $1 AND m.room_id = $2 AND m.user_id = $3`,
);
const PAGE_MEMBERS = statement(
  'room_members.page',
  `SELECT ${MEMBER_COLUMNS} FROM room_members m WHERE m.client_id = $1 AND m.room_id = $2 AND ($3::varchar IS NULL OR m.user_id > $3)
    ORDER BY m.user_id LIMIT $4`,
);
const DELETE_MEMBER = statement(
  'room_members.delete',
  `DELETE FROM room_members m WHERE m.client_id = $1 AND m.room_id = $2 AND m.user_id = $3 RETURNING ${MEMBER_COLUMNS}`,
);
const SET_ROLE = statement(
  'room_members.set_role',
  `UPDATE room_members SET role = $4 WHERE client_id = $1 AND room_id = $2 AND user_id = $3`,
);
const HEIR = statement(
  'room_members.heir',
  `SELECT ${MEMBER_COLUMNS} FROM room_members m WHERE m.client_id = $1 AND m.room_id = $2
    ORDER BY (m.role = 'admin') DESC, m.joined_at, m.user_id LIMIT 1`,
);
const READ = statement(
  'room_members.read',
  `UPDATE room_members m
      SET last_read_seq = greatest(m.last_read_seq, least($4, r.last_seq)), last_delivered_seq = greatest(m.last_delivered_seq, least($4, r.last_seq))
     FROM rooms r
    WHERE m.client_id = $1 AND m.room_id = $2 AND m.user_id = $3 AND r.client_id = m.client_id AND r.id = m.room_id
   RETURNING m.last_read_seq AS "lastReadSeq", m.last_delivered_seq AS "lastDeliveredSeq", r.last_seq AS "lastSeq"`,
);
const ADVANCE = statement(
  'rooms.advance',
  `UPDATE rooms r SET head = head + 1, member_count = member_count + $3, updated_at = now() WHERE r.client_id = $1 AND r.id = $2 RETURNING ${ROOM_COLUMNS}`,
);
const SET_STATUS = statement(
  'rooms.set_status',
  `UPDATE rooms r SET status = $3::varchar, deactivated_reason = $4, deactivated_at = CASE WHEN $3::varchar = 'inactive' THEN now() END,
          last_activity_at = CASE WHEN $3::varchar = 'active' THEN now() ELSE last_activity_at END, head = head + 1, updated_at = now()
    WHERE r.client_id = $1 AND r.id = $2 RETURNING ${ROOM_COLUMNS}`,
);
const DEACTIVATE_DUE = statement(
  'rooms.deactivate_due',
  `WITH due AS (
     SELECT r.client_id, r.id FROM rooms r JOIN clients c ON c.id = r.client_id
      WHERE r.type = $1 AND r.status = 'active'
        AND r.last_activity_at < now() + make_interval(secs => $3) - make_interval(days => 1)
        AND coalesce(r.settings->>'keepActive', 'false') <> 'true'
        AND r.last_activity_at < now() + make_interval(secs => $3)
            - make_interval(days => coalesce((r.settings->>'inactivityDays')::int, (c.settings->'inactivityDays'->>$1)::int, $2))
      ORDER BY r.last_activity_at LIMIT $4 FOR UPDATE OF r SKIP LOCKED)
   UPDATE rooms r SET status = 'inactive', deactivated_reason = 'inactivity', deactivated_at = now(), head = head + 1, updated_at = now()
     FROM due WHERE r.client_id = due.client_id AND r.id = due.id RETURNING ${ROOM_COLUMNS}`,
);

export interface NewRoom {
  readonly id: string;
  readonly type: RoomType;
  readonly name: string | null;
  readonly description: string | null;
  readonly maxMembers: number | null;
  readonly settings: object;
  readonly metadata: object;
  readonly createdBy: UserId | null;
  readonly directKey: string | null;
  readonly memberCount: number;
}

export interface RoomFilter {
  readonly type?: RoomType;
  readonly status?: RoomStatus;
  readonly createdBy?: UserId;
  readonly memberId?: UserId;
}

export interface RoomOfUser extends Room {
  readonly role: MemberRole;
  readonly lastReadSeq: number;
}

@Injectable()
export class RoomsRepository {
  constructor(private readonly database: Database) {}

  /** Null when it would be a second direct room of the same pair. */
  async insert(tx: Tx, clientId: ClientId, room: NewRoom): Promise<Room | null> {
    const { id, type, name, description, memberCount, maxMembers, settings, metadata, createdBy, directKey } = room;
    const values = [
      clientId,
      id,
      type,
      name,
      description,
      memberCount,
      maxMembers,
      settings,
      metadata,
      createdBy,
      directKey,
    ];
    return first(tx.query<Room>(INSERT, values));
  }

  find(clientId: ClientId, id: string): Promise<Room | null> {
    return this.database.asClient(clientId, (view) => first(view.query<Room>(FIND, [clientId, id])));
  }

  findDirect(tx: Tx, clientId: ClientId, directKey: string): Promise<Room | null> {
    return first(tx.query<Room>(FIND_DIRECT, [clientId, directKey]));
  }

  /** Held until the transaction ends: the room's numbers are taken one change at a time. */
  lock(tx: Tx, clientId: ClientId, id: string): Promise<Room | null> {
    return first(tx.query<Room>(LOCK, [clientId, id]));
  }

  pageAll(
    clientId: ClientId,
    { type, status, createdBy, memberId }: RoomFilter,
    limit: number,
    before: ActivityPlace | null,
  ): Promise<Room[]> {
    const values = [
      clientId,
      type ?? null,
      status ?? null,
      createdBy ?? null,
      memberId ?? null,
      before?.at ?? null,
      before?.id ?? null,
      limit + 1,
    ];
    return this.database.asClient(clientId, (view) => view.query<Room>(PAGE_ALL, values));
  }

  pageOfUser(clientId: ClientId, userId: UserId, limit: number, before: ActivityPlace | null): Promise<RoomOfUser[]> {
    const values = [clientId, userId, before?.at ?? null, before?.id ?? null, limit + 1];
    return this.database.asClient(clientId, (view) => view.query<RoomOfUser>(PAGE_OF_USER, values));
  }

  /** Where each of the user's rooms stands. */
  positions(
    clientId: ClientId,
    userId: UserId,
  ): Promise<{ roomId: string; head: number; lastSeq: number; unreadCount: number }[]> {
    return this.database.query(POSITIONS, [clientId, userId]);
  }

  /** Heads of rooms of any clients: for the node's own repetition of them, never for a request. */
  heads(
    rooms: readonly { clientId: ClientId; roomId: string }[],
  ): Promise<{ clientId: ClientId; roomId: string; head: number; lastSeq: number }[]> {
    return this.database.query(HEADS, [rooms.map(({ clientId }) => clientId), rooms.map(({ roomId }) => roomId)]);
  }

  insertMembers(
    tx: Tx,
    clientId: ClientId,
    roomId: string,
    members: readonly { userId: UserId; role: MemberRole }[],
    readSeq: number,
  ): Promise<RoomMember[]> {
    const values = [clientId, roomId, members.map(({ userId }) => userId), members.map(({ role }) => role), readSeq];
    return tx.query<RoomMember>(INSERT_MEMBERS, values);
  }

  findMember(
    clientId: ClientId,
    roomId: string,
    userId: UserId,
    within: Queryable = this.database,
  ): Promise<RoomMember | null> {
    return first(within.query<RoomMember>(FIND_MEMBER, [clientId, roomId, userId]));
  }

  pageMembers(clientId: ClientId, roomId: string, limit: number, after: UserId | null): Promise<RoomMember[]> {
    return this.database.asClient(clientId, (view) =>
      view.query<RoomMember>(PAGE_MEMBERS, [clientId, roomId, after, limit + 1]),
    );
  }

  deleteMember(tx: Tx, clientId: ClientId, roomId: string, userId: UserId): Promise<RoomMember | null> {
    return first(tx.query<RoomMember>(DELETE_MEMBER, [clientId, roomId, userId]));
  }

  /** Who follows an owner that left: the longest-standing admin, else member. */
  async passOwnership(tx: Tx, clientId: ClientId, roomId: string): Promise<RoomMember | null> {
    const heir = await first(tx.query<RoomMember>(HEIR, [clientId, roomId]));
    if (heir) await tx.query(SET_ROLE, [clientId, roomId, heir.userId, 'owner']);
    return heir;
  }

  read(
    clientId: ClientId,
    roomId: string,
    userId: UserId,
    seq: number,
  ): Promise<{ lastReadSeq: number; lastDeliveredSeq: number; lastSeq: number } | null> {
    return first(this.database.query(READ, [clientId, roomId, userId, seq]));
  }

  /** Takes the room's next offset, with a change of its member count. */
  advance(tx: Tx, clientId: ClientId, id: string, memberDelta: number): Promise<Room> {
    return one(tx.query<Room>(ADVANCE, [clientId, id, memberDelta]));
  }

  setStatus(
    tx: Tx,
    clientId: ClientId,
    id: string,
    status: RoomStatus,
    reason: DeactivationReason | null,
  ): Promise<Room> {
    return one(tx.query<Room>(SET_STATUS, [clientId, id, status, reason]));
  }

  /** Deactivates up to `limit` rooms of a type, of all clients, unused for their days; rooms in use at this moment are passed over. */
  deactivateDue(tx: Tx, type: RoomType, days: number, aheadSeconds: number, limit: number): Promise<Room[]> {
    return tx.query<Room>(DEACTIVATE_DUE, [type, days, aheadSeconds, limit]);
  }
}

async function first<R>(rows: Promise<R[]>): Promise<R | null> {
  return (await rows)[0] ?? null;
}

/** The row that a statement under the room's lock must have touched. */
async function one<R>(rows: Promise<R[]>): Promise<R> {
  const row = await first(rows);
  if (!row) throw new Error('A locked row is gone.');
  return row;
}
