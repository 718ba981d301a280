import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/index.js';
import { decodeCursor, encodeCursor, isCount, type Page } from '../../platform/http/index.js';
import { NotFound } from '../../platform/errors/index.js';
import type { Principal } from '../../platform/security/index.js';
import { RoomAccess, RoomEventsRepository } from '../rooms/index.js';
import { itemsOf } from './feed.rules.js';
import type { FeedItemView } from './message.view.js';
import { MessagesRepository } from './messages.repository.js';

/** More than this a socket does not get in one answer; it reads the feed instead. */
export const SYNC_MAX = 300;

export type SyncAnswer =
  | { readonly roomId: string; readonly recovered: true; readonly events: FeedItemView[]; readonly head: number }
  | { readonly roomId: string; readonly recovered: false; readonly reason: 'too_many'; readonly head: number }
  | { readonly roomId: string; readonly recovered: false; readonly reason: 'not_found' };

/** The durable events of a room, in order, for ever: what a client missed. */
@Injectable()
export class FeedService {
  constructor(
    private readonly database: Database,
    private readonly messages: MessagesRepository,
    private readonly stored: RoomEventsRepository,
    private readonly access: RoomAccess,
  ) {}

  async page(
    caller: Principal,
    roomId: string,
    limit: number,
    wish: { after?: number; cursor?: string },
  ): Promise<Page<FeedItemView>> {
    const after = wish.cursor === undefined ? (wish.after ?? 0) : Number(decodeCursor(wish.cursor, [isCount])[0]);
    const { room } = await this.access.visible(caller, roomId);
    const data = await this.events(caller, roomId, after, room.head, limit);
    const last = data.at(-1);
    return { data, nextCursor: last && last.offset < room.head ? encodeCursor([last.offset]) : null };
  }

  /** All events after the offset, or none: never a part. */
  async sync(caller: Principal, roomId: string, offset: number): Promise<SyncAnswer> {
    try {
      const { room } = await this.access.visible(caller, roomId);
      if (room.head - offset > SYNC_MAX) return { roomId, recovered: false, reason: 'too_many', head: room.head };
      const events = await this.events(caller, roomId, offset, room.head, SYNC_MAX);
      return { roomId, recovered: true, events, head: room.head };
    } catch (error) {
      if (error instanceof NotFound) return { roomId, recovered: false, reason: 'not_found' };
      throw error;
    }
  }

  /** Up to the head that was read before: what is committed since may still have gaps below it. */
  private events(
    { clientId }: Principal,
    roomId: string,
    after: number,
    head: number,
    limit: number,
  ): Promise<FeedItemView[]> {
    if (after >= head) return Promise.resolve([]);
    const range = { after, upTo: head, limit };
    return this.database.asClient(clientId, async (view) => {
      const messages = await this.messages.inRange(clientId, roomId, range, view);
      const events = await this.stored.page(clientId, roomId, range, view);
      const ids = [...new Set(events.flatMap(({ messageId }) => messageId ?? []))];
      const referred = ids.length > 0 ? await this.messages.findMany(clientId, ids, view) : [];
      return itemsOf(roomId, messages, events, new Map(referred.map((message) => [message.id, message]))).slice(
        0,
        limit,
      );
    });
  }
}
