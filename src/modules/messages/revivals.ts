import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/index.js';
import { aboutRoom, ROOM_EVENTS, RoomNews, RoomsRepository } from '../rooms/index.js';
import type { Revival } from './batch.js';

/** Tells of rooms that a message has woken. */
@Injectable()
export class Revivals {
  constructor(
    private readonly rooms: RoomsRepository,
    private readonly news: RoomNews,
  ) {}

  /** `room.reactivated` has the offset before the message that woke the room. */
  async tell(tx: Tx, { clientId, roomId, offset, lastSeq, hops }: Revival): Promise<void> {
    const room = await this.rooms.lock(tx, clientId, roomId);
    if (!room) return;
    const asWoken = { ...room, head: offset, lastSeq };
    await this.news.tell(tx, asWoken, { ...aboutRoom(ROOM_EVENTS.reactivated, asWoken), hops });
  }
}
