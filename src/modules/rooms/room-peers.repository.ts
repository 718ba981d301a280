import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type UserId } from '../../platform/database/index.js';

/** In a larger room who comes and goes is not told: with each newcomer the work would grow by all who are there. */
export const PRESENCE_ROOM_MAX = 1_000;

const ROOMS_OF = statement(
  'room_peers.rooms_of',
  `SELECT m.user_id AS "userId", array_agg(m.room_id) AS "roomIds"
     FROM room_members m JOIN rooms r ON r.client_id = m.client_id AND r.id = m.room_id AND r.member_count <= ${PRESENCE_ROOM_MAX}
    WHERE m.client_id = $1 AND m.user_id = ANY ($2::varchar[]) GROUP BY m.user_id`,
);
const SHARING = statement(
  'room_peers.sharing',
  `SELECT asked.id FROM unnest($3::varchar[]) AS asked (id)
    WHERE EXISTS (SELECT 1 FROM room_members theirs
                    JOIN room_members own ON own.client_id = theirs.client_id AND own.room_id = theirs.room_id AND own.user_id = $2
                   WHERE theirs.client_id = $1 AND theirs.user_id = asked.id)`,
);

/** Who shares rooms with whom. */
@Injectable()
export class RoomPeersRepository {
  constructor(private readonly database: Database) {}

  async roomsOf(clientId: ClientId, userIds: readonly UserId[]): Promise<Map<UserId, string[]>> {
    const rows = await this.database.query<{ userId: UserId; roomIds: string[] }>(ROOMS_OF, [clientId, userIds]);
    return new Map(rows.map(({ userId, roomIds }) => [userId, roomIds]));
  }

  /** Those of the users who are in a room with this one. */
  async sharing(clientId: ClientId, userId: UserId, others: readonly UserId[]): Promise<UserId[]> {
    const rows = await this.database.asClient(clientId, (view) =>
      view.query<{ id: UserId }>(SHARING, [clientId, userId, others]),
    );
    return rows.map(({ id }) => id);
  }
}
