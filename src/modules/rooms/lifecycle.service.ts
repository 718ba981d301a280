import { Injectable } from '@nestjs/common';
import { Clock, Database } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import type { Principal } from '../../platform/security/index.js';
import { RoomAccess } from './room-access.js';
import { aboutRoom, RoomNews } from './room-news.js';
import { type Room, ROOM_TYPES, type RoomStatus, type RoomType } from './room.entity.js';
import { ROOM_EVENTS } from './rooms.events.js';
import { RoomsRepository } from './rooms.repository.js';
import { INACTIVITY_DAYS } from './rooms.rules.js';

/** Rooms a sweep deactivates in one transaction: small enough that no sender waits on its locks. */
const BATCH = 200;

/** When rooms sleep and wake. */
@Injectable()
export class LifecycleService {
  constructor(
    private readonly database: Database,
    private readonly rooms: RoomsRepository,
    private readonly access: RoomAccess,
    private readonly news: RoomNews,
    private readonly clock: Clock,
  ) {}

  /** By hand; a room that is so already stays as it is. @throws NotFound, MayNot */
  async setStatus(caller: Principal, roomId: string, status: RoomStatus): Promise<Room> {
    await this.access.assertMay(caller, roomId, 'close', status === 'active' ? 'activate it' : 'deactivate it');
    return this.database.transaction(async (tx) => {
      const room = await this.rooms.lock(tx, caller.clientId, roomId);
      if (!room) throw new NotFound();
      const reason = status === 'inactive' ? 'manual' : null;
      if (room.status === status && room.deactivatedReason === reason) return room;
      const changed = await this.rooms.setStatus(tx, caller.clientId, roomId, status, reason);
      const ev = status === 'active' ? ROOM_EVENTS.reactivated : ROOM_EVENTS.deactivated;
      await this.news.tell(tx, changed, aboutRoom(ev, changed));
      return changed;
    });
  }

  /** Deactivates every room unused for its days. @returns how many */
  async sweep(): Promise<number> {
    let swept = 0;
    for (const type of ROOM_TYPES) {
      for (let batch = BATCH; batch === BATCH; swept += batch) batch = await this.sweepBatch(type);
    }
    return swept;
  }

  private async sweepBatch(type: RoomType): Promise<number> {
    return this.database.transaction(async (tx) => {
      const rooms = await this.rooms.deactivateDue(tx, type, INACTIVITY_DAYS[type], this.clock.aheadSeconds, BATCH);
      await this.news.tellAll(tx, rooms, (room) => aboutRoom(ROOM_EVENTS.deactivated, room));
      return rooms.length;
    });
  }
}
