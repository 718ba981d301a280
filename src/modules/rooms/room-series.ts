import { Injectable } from '@nestjs/common';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { RoomNews } from './room-news.js';
import type { Room } from './room.entity.js';
import { RoomSeriesRepository } from './room-series.repository.js';
import type { Announcement } from './rooms.events.js';

/** One change in one room. */
export interface RoomChange {
  readonly roomId: string;
  readonly announcement: Announcement;
}

/** Many changes in several rooms in one transaction: the rooms locked first, each change with an event of its own. */
@Injectable()
export class RoomSeries {
  constructor(
    private readonly rooms: RoomSeriesRepository,
    private readonly news: RoomNews,
  ) {}

  /** In the one order that every process locks rooms in. */
  async lock(tx: Tx, clientId: ClientId, roomIds: readonly string[]): Promise<void> {
    await this.rooms.lock(tx, clientId, [...new Set(roomIds)]);
  }

  /** Gives each change the next offset of its room, in the order given. */
  async tell(tx: Tx, clientId: ClientId, changes: readonly RoomChange[]): Promise<void> {
    if (changes.length === 0) return;
    const counts = new Map<string, number>();
    for (const { roomId } of changes) counts.set(roomId, (counts.get(roomId) ?? 0) + 1);
    const places = new Map<string, { readonly room: Room; head: number }>();
    for (const room of await this.rooms.advance(tx, clientId, counts))
      places.set(room.id, { room, head: room.head - (counts.get(room.id) ?? 0) });
    const series = changes.flatMap(({ roomId, announcement }) => {
      const place = places.get(roomId);
      return place ? [{ room: { ...place.room, head: ++place.head }, announcement }] : [];
    });
    await this.news.tellSeries(tx, series);
  }
}
