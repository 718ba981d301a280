import { Injectable } from '@nestjs/common';
import {
  type ClientId,
  Database,
  type Queryable,
  statement,
  type Tx,
  type UserId,
} from '../../platform/database/index.js';
import { MEMBER_COLUMNS } from './columns.js';
import type { MemberRole, RoomMember } from './room-member.entity.js';
import { first, one } from './rows.js';

const INSERT = statement(
  'room_members.insert',
  `INSERT INTO room_members AS m (client_id, room_id, user_id, role, last_read_seq)
   SELECT $1, $2, given.user_id, given.role, $5 FROM unnest($3::varchar[], $4::varchar[]) AS given (user_id, role)
   ON CONFLICT DO NOTHING RETURNING ${MEMBER_COLUMNS}`,
);
const FIND = statement(
  'room_members.find',
  `SELECT ${MEMBER_COLUMNS} FROM room_members m WHERE m.client_id = $1 AND m.room_id = $2 AND m.user_id = $3`,
);
const PAGE = statement(
  'room_members.page',
  `SELECT ${MEMBER_COLUMNS} FROM room_members m WHERE m.client_id = $1 AND m.room_id = $2 AND ($3::varchar IS NULL OR m.user_id > $3)
    ORDER BY m.user_id LIMIT $4`,
);
const DELETE = statement(
  'room_members.delete',
  `DELETE FROM room_members m WHERE m.client_id = $1 AND m.room_id = $2 AND m.user_id = $3 RETURNING ${MEMBER_COLUMNS}`,
);
const SET_ROLE = statement(
  'room_members.set_role',
  `UPDATE room_members m SET role = $4 WHERE m.client_id = $1 AND m.room_id = $2 AND m.user_id = $3 RETURNING ${MEMBER_COLUMNS}`,
);
const HEIR = statement(
  'room_members.heir',
  `SELECT ${MEMBER_COLUMNS} FROM room_members m WHERE m.client_id = $1 AND m.room_id = $2
    ORDER BY (m.role = 'admin') DESC, m.joined_at, m.user_id LIMIT 1`,
);
const OWNER = statement(
  'room_members.owner',
  `SELECT ${MEMBER_COLUMNS} FROM room_members m WHERE m.client_id = $1 AND m.room_id = $2 AND m.role = 'owner'`,
);
const MUTE = statement(
  'room_members.mute',
  `UPDATE room_members m SET muted_at = CASE WHEN $4::boolean THEN coalesce(m.muted_at, now()) END
    WHERE m.client_id = $1 AND m.room_id = $2 AND m.user_id = $3 RETURNING m.user_id AS "userId"`,
);

@Injectable()
export class MembersRepository {
  constructor(private readonly database: Database) {}

  insert(
    tx: Tx,
    clientId: ClientId,
    roomId: string,
    members: readonly { userId: UserId; role: MemberRole }[],
    readSeq: number,
  ): Promise<RoomMember[]> {
    const values = [clientId, roomId, members.map(({ userId }) => userId), members.map(({ role }) => role), readSeq];
    return tx.query<RoomMember>(INSERT, values);
  }

  find(
    clientId: ClientId,
    roomId: string,
    userId: UserId,
    within: Queryable = this.database,
  ): Promise<RoomMember | null> {
    return first(within.query<RoomMember>(FIND, [clientId, roomId, userId]));
  }

  page(clientId: ClientId, roomId: string, limit: number, after: UserId | null): Promise<RoomMember[]> {
    return this.database.asClient(clientId, (view) =>
      view.query<RoomMember>(PAGE, [clientId, roomId, after, limit + 1]),
    );
  }

  delete(tx: Tx, clientId: ClientId, roomId: string, userId: UserId): Promise<RoomMember | null> {
    return first(tx.query<RoomMember>(DELETE, [clientId, roomId, userId]));
  }

  /** Who follows an owner that left: the longest-standing admin, else member. */
  findHeir(tx: Tx, clientId: ClientId, roomId: string): Promise<RoomMember | null> {
    return first(tx.query<RoomMember>(HEIR, [clientId, roomId]));
  }

  findOwner(tx: Tx, clientId: ClientId, roomId: string): Promise<RoomMember | null> {
    return first(tx.query<RoomMember>(OWNER, [clientId, roomId]));
  }

  setRole(tx: Tx, clientId: ClientId, roomId: string, userId: UserId, role: MemberRole): Promise<RoomMember> {
    return one(tx.query<RoomMember>(SET_ROLE, [clientId, roomId, userId, role]));
  }

  /** @returns whether the user is a member */
  async setMuted(clientId: ClientId, roomId: string, userId: UserId, muted: boolean): Promise<boolean> {
    return (await this.database.query(MUTE, [clientId, roomId, userId, muted])).length > 0;
  }
}
