import { Injectable } from '@nestjs/common';
import { type ClientId, statement, type Tx } from '../../platform/database/index.js';
import type { Room } from './room.entity.js';
import { ROOM_COLUMNS } from './columns.js';

const LOCK = statement(
  'rooms.lock_many',
  `SELECT r.id FROM rooms r WHERE r.client_id = $1 AND r.id = ANY ($2::uuid[]) ORDER BY r.id FOR UPDATE`,
);
const ADVANCE = statement(
  'rooms.advance_many',
  `UPDATE rooms r SET head = r.head + moves.count, updated_at = now() FROM unnest($2::uuid[], $3::bigint[]) AS moves (id, count)
    WHERE r.client_id = $1 AND r.id = moves.id RETURNING ${ROOM_COLUMNS}`,
);

@Injectable()
export class RoomSeriesRepository {
  async lock(tx: Tx, clientId: ClientId, roomIds: readonly string[]): Promise<void> {
    await tx.query(LOCK, [clientId, roomIds]);
  }

  /** Takes several offsets of each room. */
  advance(tx: Tx, clientId: ClientId, counts: ReadonlyMap<string, number>): Promise<Room[]> {
    return tx.query(ADVANCE, [clientId, [...counts.keys()], [...counts.values()]]);
  }
}
