import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type Tx, type UserId } from '../../platform/database/index.js';
import type { MemberRole } from './room-member.entity.js';
import type { Room, RoomType } from './room.entity.js';
import { ROOM_COLUMNS } from './columns.js';

const MEMBERSHIPS = statement(
  'rooms_erasure.memberships',
  `SELECT m.room_id AS "roomId", r.type, r.name, m.role, m.joined_at AS "joinedAt", m.last_read_seq AS "lastReadSeq", m.muted_at AS "mutedAt"
     FROM room_members m JOIN rooms r ON r.client_id = m.client_id AND r.id = m.room_id
    WHERE m.client_id = $1 AND m.user_id = $2 AND ($4::uuid IS NULL OR m.room_id > $4) ORDER BY m.room_id LIMIT $3`,
);
const BANS = statement(
  'rooms_erasure.bans',
  `SELECT b.room_id AS "roomId", b.until, b.reason, b.created_at AS "createdAt" FROM room_bans b
    WHERE b.client_id = $1 AND b.user_id = $2 AND ($4::uuid IS NULL OR b.room_id > $4) ORDER BY b.room_id LIMIT $3`,
);
/** Rooms that are about the user: of the user and one other, or a request for help. Their names may well be the user's. */
const PERSONAL_ROOMS = statement(
  'rooms_erasure.personal_rooms',
  `SELECT r.id FROM rooms r WHERE r.client_id = $1 AND r.direct_key IS NOT NULL AND r.direct_key::jsonb ? $2
   UNION
   SELECT r.id FROM rooms r WHERE r.client_id = $1 AND r.created_by = $2 AND r.type IN ('direct', 'support')
   LIMIT $3`,
);
const CLEAR_ROOM = statement(
  'rooms_erasure.clear_room',
  `UPDATE rooms r SET name = NULL, description = NULL, metadata = '{}', direct_key = NULL,
          created_by = CASE WHEN r.created_by = $3 THEN $4 ELSE r.created_by END, head = r.head + 1, updated_at = now()
    WHERE r.client_id = $1 AND r.id = $2 RETURNING ${ROOM_COLUMNS}`,
);
const CLEAR_EVENTS = statement(
  'rooms_erasure.clear_events',
  `UPDATE room_events SET data = data || '{"name":null,"description":null,"metadata":{}}'
    WHERE client_id = $1 AND room_id = $2 AND ev LIKE 'room.%' AND data ? 'name'`,
);
const UNBAN = statement(
  'rooms_erasure.unban',
  `DELETE FROM room_bans WHERE (client_id, room_id, user_id) IN (
     SELECT b.client_id, b.room_id, b.user_id FROM room_bans b WHERE b.client_id = $1 AND b.user_id = $2 LIMIT $3) RETURNING room_id`,
);
/** References that stay, by table: each names the pseudonym from now on. */
const RENAME = {
  creators: statement(
    'rooms_erasure.rename_creators',
    `UPDATE rooms r SET created_by = $3 WHERE r.client_id = $1 AND r.id IN (
       SELECT o.id FROM rooms o WHERE o.client_id = $1 AND o.created_by = $2 ORDER BY o.id LIMIT $4 FOR UPDATE) RETURNING r.id`,
  ),
  bannedBy: statement(
    'rooms_erasure.rename_banned_by',
    `UPDATE room_bans b SET banned_by = $3 WHERE (b.client_id, b.room_id, b.user_id) IN (
       SELECT o.client_id, o.room_id, o.user_id FROM room_bans o WHERE o.client_id = $1 AND o.banned_by = $2 LIMIT $4) RETURNING b.room_id`,
  ),
  events: statement(
    'rooms_erasure.rename_events',
    `UPDATE room_events e SET user_id = $3 WHERE (e.client_id, e.room_id, e."offset") IN (
       SELECT o.client_id, o.room_id, o."offset" FROM room_events o WHERE o.client_id = $1 AND o.user_id = $2 LIMIT $4) RETURNING e.room_id`,
  ),
} as const;

export type RoomReference = keyof typeof RENAME;
export const ROOM_REFERENCES = Object.keys(RENAME) as readonly RoomReference[];

export interface MembershipOfUser {
  readonly roomId: string;
  readonly type: RoomType;
  readonly name: string | null;
  readonly role: MemberRole;
  readonly joinedAt: Date;
  readonly lastReadSeq: number;
  readonly mutedAt: Date | null;
}

export interface BanOfUser {
  readonly roomId: string;
  readonly until: Date | null;
  readonly reason: string | null;
  readonly createdAt: Date;
}

/** Where rooms keep what is about one user, across all rooms of a client. */
@Injectable()
export class RoomsErasureRepository {
  constructor(private readonly database: Database) {}

  memberships(clientId: ClientId, userId: UserId, limit: number, after: string | null): Promise<MembershipOfUser[]> {
    return this.database.query(MEMBERSHIPS, [clientId, userId, limit, after]);
  }

  bans(clientId: ClientId, userId: UserId, limit: number, after: string | null): Promise<BanOfUser[]> {
    return this.database.query(BANS, [clientId, userId, limit, after]);
  }

  async personalRooms(clientId: ClientId, userId: UserId, limit: number): Promise<string[]> {
    return (await this.database.query<{ id: string }>(PERSONAL_ROOMS, [clientId, userId, limit])).map(({ id }) => id);
  }

  /** Takes the room's next offset. Its earlier events do not repeat what it was called. */
  async clear(
    tx: Tx,
    clientId: ClientId,
    roomId: string,
    { userId, pseudonym }: { userId: UserId; pseudonym: string },
  ): Promise<Room | null> {
    const [room] = await tx.query<Room>(CLEAR_ROOM, [clientId, roomId, userId, pseudonym]);
    if (room) await tx.query(CLEAR_EVENTS, [clientId, roomId]);
    return room ?? null;
  }

  async unban(clientId: ClientId, userId: UserId, limit: number): Promise<number> {
    return (await this.database.query(UNBAN, [clientId, userId, limit])).length;
  }

  async rename(
    reference: RoomReference,
    clientId: ClientId,
    { userId, pseudonym }: { userId: UserId; pseudonym: string },
    limit: number,
  ): Promise<number> {
    return (await this.database.query(RENAME[reference], [clientId, userId, pseudonym, limit])).length;
  }
}
