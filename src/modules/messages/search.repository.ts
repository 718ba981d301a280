import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type UserId } from '../../platform/database/index.js';
import { MESSAGE_COLUMNS } from './message.columns.js';
import type { StoredMessage } from './stored-message.js';

/** The index finds words and rooms together; who is in which room is asked again of the truth. */
const SEARCH = statement(
  'messages.search',
  `SELECT ${MESSAGE_COLUMNS} FROM messages m
    WHERE m.client_id = $1 AND m.search @@ $2::tsquery
      AND ($3::varchar IS NULL OR EXISTS (SELECT 1 FROM room_members k WHERE k.client_id = m.client_id AND k.room_id = m.room_id AND k.user_id = $3))
      AND ($4::timestamptz IS NULL OR m.created_at >= $4) AND ($5::timestamptz IS NULL OR m.created_at < $5)
      AND ($6::timestamptz IS NULL OR (m.created_at, m.id) < ($6::timestamptz, $7::uuid))
    ORDER BY m.created_at DESC, m.id DESC LIMIT $8`,
);
const ROOMS_OF = statement(
  'messages.rooms_of',
  `SELECT m.room_id AS id FROM room_members m WHERE m.client_id = $1 AND m.user_id = $2 LIMIT $3`,
);

export interface SearchWish {
  /** The text of a `tsquery`. */
  readonly query: string;
  /** Only in rooms of this user; null for all of the client. */
  readonly userId: UserId | null;
  readonly from?: string;
  readonly to?: string;
  readonly before: { readonly at: string; readonly id: string } | null;
  readonly limit: number;
}

@Injectable()
export class SearchRepository {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  find(clientId: ClientId, { query, userId, from, to, before, limit }: SearchWish): Promise<StoredMessage[]> {
    const values = [clientId, query, userId, from ?? null, to ?? null, before?.at ?? null, before?.id ?? null, limit];
    return this.database.asClient(clientId, (view) => view.query(SEARCH, values));
  }

  async roomsOf(clientId: ClientId, userId: UserId, limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(ROOMS_OF, [clientId, userId, limit]);
    return rows.map(({ id }) => id);
  }
}
