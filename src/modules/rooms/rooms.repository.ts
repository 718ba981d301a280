import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type Tx, type UserId } from '../../platform/database/index.js';
import type { ActivityPlace } from './activity-place.js';
import { ROOM_COLUMNS } from './columns.js';
import type { MemberRole } from './room-member.entity.js';
import type { DeactivationReason, Room, RoomSettings, RoomStatus, RoomType } from './room.entity.js';
import { first, one } from './rows.js';

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
  `SELECT ${ROOM_COLUMNS}, m.role, m.last_read_seq AS "lastReadSeq", m.muted_at IS NOT NULL AS muted
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
/** One statement, so that all of it is of one moment. */
const STANDING = statement(
  'rooms.standing',
  `SELECT r.client_id AS "clientId", r.id AS "roomId", r.head, r.last_seq AS "lastSeq",
          ARRAY(SELECT m.user_id FROM room_members m WHERE m.client_id = r.client_id AND m.room_id = r.id AND m.user_id = ANY ($3::varchar[])) AS members
     FROM rooms r WHERE r.client_id = $1 AND r.id = $2`,
);
const ADVANCE = statement(
  'rooms.advance',
  `UPDATE rooms r SET head = head + 1, member_count = member_count + $3, updated_at = now() WHERE r.client_id = $1 AND r.id = $2 RETURNING ${ROOM_COLUMNS}`,
);
const SET_STATUS = statement(
  'rooms.set_status',
  `UPDATE rooms r SET status = $3::varchar, deactivated_reason = $4, deactivated_at = CASE WHEN $3::varchar = 'inactive' THEN now() END,
          last_activity_at = CASE WHEN $3::varchar = 'active' THEN now() ELSE last_activity_at END, look_at = now(), head = head + 1,
          updated_at = now()
    WHERE r.client_id = $1 AND r.id = $2 RETURNING ${ROOM_COLUMNS}`,
);

const CHANGE = statement(
  'rooms.change',
  `UPDATE rooms r SET name = $3, description = $4, max_members = $5, settings = $6, metadata = $7, look_at = now(), head = head + 1, updated_at = now()
    WHERE r.client_id = $1 AND r.id = $2 RETURNING ${ROOM_COLUMNS}`,
);
const DELETE = statement('rooms.delete', `DELETE FROM rooms r WHERE r.client_id = $1 AND r.id = $2`);

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

/** What a change may leave different. */
export interface RoomProfile {
  readonly name: string | null;
  readonly description: string | null;
  readonly maxMembers: number | null;
  readonly settings: RoomSettings;
  readonly metadata: Record<string, unknown>;
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
  readonly muted: boolean;
}

interface Standing {
  readonly clientId: ClientId;
  readonly roomId: string;
  readonly head: number;
  readonly lastSeq: number;
  readonly members: readonly UserId[];
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

  /** Where a room stands, and which of the users are in it. */
  async standing(clientId: ClientId, roomId: string, userIds: readonly UserId[]): Promise<Standing | null> {
    return (await this.database.query<Standing>(STANDING, [clientId, roomId, userIds]))[0] ?? null;
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

  change(
    tx: Tx,
    clientId: ClientId,
    id: string,
    { name, description, maxMembers, settings, metadata }: RoomProfile,
  ): Promise<Room> {
    return one(tx.query<Room>(CHANGE, [clientId, id, name, description, maxMembers, settings, metadata]));
  }

  /** With everything that is the room's. */
  async delete(tx: Tx, clientId: ClientId, id: string): Promise<void> {
    await tx.query(DELETE, [clientId, id]);
  }
}
