import { Injectable } from '@nestjs/common';
import { isUuid } from '../../platform/database/index.js';
import { decodeCursor, encodeCursor, isTime, type Page } from '../../platform/http/index.js';
import type { Principal } from '../../platform/security/index.js';
import { RoomAccess } from '../rooms/index.js';
import { searchQuery } from './search.rules.js';
import { type SearchedRoom, SearchRepository } from './search.repository.js';
import type { StoredMessage } from './stored-message.js';

export interface SearchRequest {
  readonly q: string;
  readonly roomId?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** Who is in more rooms is searched for in all of the client, and the rest left out one by one. */
const ROOMS_IN_QUERY = 1_000;
/** Rooms that hold no more than this together are read, about 20 ms; past it the index has to gather the words of all rooms. */
const READ_MAX = 20_000;

/** Full-text search, in the rooms the caller is in; a master key that names no user searches all of its client. */
@Injectable()
export class SearchService {
  constructor(
    private readonly messages: SearchRepository,
    private readonly access: RoomAccess,
  ) {}

  /** @throws NotFound for a room that the caller may not see */
  async page(caller: Principal, { q, roomId, limit, cursor, ...times }: SearchRequest): Promise<Page<StoredMessage>> {
    const before = placeOf(cursor);
    const rooms = await this.rooms(caller, roomId);
    const ids = rooms?.map(({ id }) => id) ?? null;
    const query = searchQuery(q, caller.clientId, ids);
    if (query === null) return { data: [], nextCursor: null };
    const isLittle = rooms !== null && rooms.reduce((sum, { messages }) => sum + messages, 0) <= READ_MAX;
    const where = { userId: roomId === undefined ? caller.userId : null, ...(isLittle && ids && { rooms: ids }) };
    const rows = await this.messages.find(caller.clientId, { query, ...where, ...times, before, limit: limit + 1 });
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    return {
      data,
      nextCursor: rows.length > limit && last ? encodeCursor([last.createdAt.toISOString(), last.id]) : null,
    };
  }

  /** The rooms to look in; null for all of the client. */
  private async rooms(caller: Principal, roomId: string | undefined): Promise<SearchedRoom[] | null> {
    if (roomId !== undefined) {
      const { room } = await this.access.visible(caller, roomId);
      return [{ id: room.id, messages: room.lastSeq }];
    }
    if (caller.userId === null) return null;
    const rooms = await this.messages.roomsOf(caller.clientId, caller.userId, ROOMS_IN_QUERY + 1);
    return rooms.length > ROOMS_IN_QUERY ? null : rooms;
  }
}

function placeOf(cursor: string | undefined): { at: string; id: string } | null {
  if (!cursor) return null;
  const [at, id] = decodeCursor(cursor, [isTime, isUuid]);
  return { at: String(at), id: String(id) };
}
