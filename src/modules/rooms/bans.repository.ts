import { Injectable } from '@nestjs/common';
import { type ClientId, Clock, Database, statement, type Tx, type UserId } from '../../platform/database/index.js';
import { first } from './rows.js';

const COLUMNS = `b.user_id AS "userId", b.until, b.reason, b.banned_by AS "bannedBy", b.created_at AS "createdAt"`;
/** A ban holds until its time, by the database's clock. */
const HOLDS = `(b.until IS NULL OR b.until > now() + make_interval(secs => $1))`;

const PUT = statement(
  'room_bans.put',
  `INSERT INTO room_bans AS b (client_id, room_id, user_id, until, reason, banned_by)
   SELECT $2, $3, $4, $5::timestamptz, $6, $7 WHERE $5::timestamptz IS NULL OR $5::timestamptz > now() + make_interval(secs => $1)
   ON CONFLICT (client_id, room_id, user_id) DO UPDATE
     SET until = EXCLUDED.until, reason = EXCLUDED.reason, banned_by = EXCLUDED.banned_by, created_at = EXCLUDED.created_at
   RETURNING ${COLUMNS}`,
);
const FIND = statement(
  'room_bans.find',
  `SELECT ${COLUMNS} FROM room_bans b WHERE ${HOLDS} AND b.client_id = $2 AND b.room_id = $3 AND b.user_id = $4`,
);
const PAGE = statement(
  'room_bans.page',
  `SELECT ${COLUMNS} FROM room_bans b WHERE ${HOLDS} AND b.client_id = $2 AND b.room_id = $3 AND ($4::varchar IS NULL OR b.user_id > $4)
    ORDER BY b.user_id LIMIT $5`,
);
const DELETE = statement(
  'room_bans.delete',
  `DELETE FROM room_bans b WHERE ${HOLDS} AND b.client_id = $2 AND b.room_id = $3 AND b.user_id = $4 RETURNING b.user_id AS "userId"`,
);

export interface RoomBan {
  readonly userId: UserId;
  /** Null: for good. */
  readonly until: Date | null;
  readonly reason: string | null;
  /** Null when a master key banned without naming a user. */
  readonly bannedBy: UserId | null;
  readonly createdAt: Date;
}

export type NewBan = Omit<RoomBan, 'createdAt'>;

@Injectable()
export class BansRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** In place of an earlier ban of the user; null when its time is past already. */
  put(
    tx: Tx,
    clientId: ClientId,
    roomId: string,
    { userId, until, reason, bannedBy }: NewBan,
  ): Promise<RoomBan | null> {
    return first(tx.query<RoomBan>(PUT, [this.ahead, clientId, roomId, userId, until, reason, bannedBy]));
  }

  find(tx: Tx, clientId: ClientId, roomId: string, userId: UserId): Promise<RoomBan | null> {
    return first(tx.query<RoomBan>(FIND, [this.ahead, clientId, roomId, userId]));
  }

  page(clientId: ClientId, roomId: string, limit: number, after: UserId | null): Promise<RoomBan[]> {
    return this.database.asClient(clientId, (view) =>
      view.query<RoomBan>(PAGE, [this.ahead, clientId, roomId, after, limit + 1]),
    );
  }

  /** @returns whether there was one */
  async delete(tx: Tx, clientId: ClientId, roomId: string, userId: UserId): Promise<boolean> {
    return (await tx.query(DELETE, [this.ahead, clientId, roomId, userId])).length > 0;
  }

  private get ahead(): number {
    return this.clock.aheadSeconds;
  }
}
