import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type UserId } from '../../platform/database/index.js';
import { MESSAGE_COLUMNS } from './message.columns.js';
import type { StoredMessage } from './stored-message.js';

const WANTED = `($3::varchar IS NULL OR EXISTS (SELECT 1 FROM room_members k WHERE k.client_id = $1 AND k.room_id = m.room_id AND k.user_id = $3))
      AND ($4::timestamptz IS NULL OR m.created_at >= $4) AND ($5::timestamptz IS NULL OR m.created_at < $5)
      AND ($6::timestamptz IS NULL OR (m.created_at, m.id) < ($6::timestamptz, $7::uuid))
    ORDER BY m.created_at DESC, m.id DESC LIMIT $8`;
/**
 * The index finds words and rooms together; who is in which room is asked again of the truth. Ids only: under row-level security
 * PostgreSQL would test every row before it asks the index, because a text search is not among what it trusts to leak nothing.
 */
const SEARCH = statement(
  'messages.search',
  `SELECT m.id FROM messages m WHERE m.client_id = $1 AND m.search @@ $2::tsquery AND ${WANTED}`,
);
/** Where the rooms hold little, reading them takes less than gathering all that begins with a word. (The offset keeps it that way.) */
const SEARCH_ROOMS = statement(
  'messages.search_rooms',
  `SELECT m.id FROM unnest($9::uuid[]) AS r (id)
     CROSS JOIN LATERAL (SELECT * FROM messages i WHERE i.client_id = $1 AND i.room_id = r.id OFFSET 0) AS m
    WHERE m.search @@ $2::tsquery AND ${WANTED}`,
);
const FOUND = statement(
  'messages.found',
  `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.client_id = $1 AND m.id = ANY ($2::uuid[]) ORDER BY m.created_at DESC, m.id DESC`,
);
const ROOMS_OF = statement(
  'messages.rooms_of',
  `SELECT r.id, r.last_seq AS messages FROM room_members m JOIN rooms r ON r.client_id = m.client_id AND r.id = m.room_id
    WHERE m.client_id = $1 AND m.user_id = $2 LIMIT $3`,
);

export interface SearchedRoom {
  readonly id: string;
  readonly messages: number;
}

export interface SearchWish {
  /** The text of a `tsquery`. */
  readonly query: string;
  /** Only in rooms of this user; null for all of the client. */
  readonly userId: UserId | null;
  /** To be read one by one, because they hold little. */
  readonly rooms?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly before: { readonly at: string; readonly id: string } | null;
  readonly limit: number;
}

@Injectable()
export class SearchRepository {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  async find(clientId: ClientId, wish: SearchWish): Promise<StoredMessage[]> {
    const { query, userId, rooms, from, to, before, limit } = wish;
    const values = [clientId, query, userId, from ?? null, to ?? null, before?.at ?? null, before?.id ?? null, limit];
    const hits = await (rooms
      ? this.database.query<{ id: string }>(SEARCH_ROOMS, [...values, rooms])
      : this.database.query<{ id: string }>(SEARCH, values));
    if (hits.length === 0) return [];
    return this.database.asClient(clientId, (view) => view.query(FOUND, [clientId, hits.map(({ id }) => id)]));
  }

  roomsOf(clientId: ClientId, userId: UserId, limit: number): Promise<SearchedRoom[]> {
    return this.database.query(ROOMS_OF, [clientId, userId, limit]);
  }
}
