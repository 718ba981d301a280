import { Injectable } from '@nestjs/common';
import { type ClientId, Database } from '../../platform/database/index.js';
import { eachInTurn } from '../../platform/queue/index.js';
import type { Principal } from '../../platform/security/index.js';
import { type ExpiringRoom, LifecycleRepository, type StaleReckoning } from './lifecycle.repository.js';
import type { ActivityPlace } from './activity-place.js';
import { RoomAccess } from './room-access.js';
import { aboutRoom, RoomNews } from './room-news.js';
import { noteMastersAct } from './master-acts.js';
import type { Room, RoomStatus } from './room.entity.js';
import { ROOM_EVENTS, ROOM_EXPIRING } from './rooms.events.js';
import { RoomsRepository } from './rooms.repository.js';

/** Rooms looked at in one transaction: small enough that no sender waits on its locks. */
const BATCH = 200;
/** Rooms gone through at once when a client's days have changed; few of them are locked, if any. */
const PAGE = 1_000;

/** When rooms sleep and wake. */
@Injectable()
export class LifecycleService {
  constructor(
    private readonly database: Database,
    private readonly rooms: RoomsRepository,
    private readonly lifecycle: LifecycleRepository,
    private readonly access: RoomAccess,
    private readonly news: RoomNews,
  ) {}

  /** By hand; a room that is so already stays as it is. @throws NotFound, MayNot */
  async setStatus(caller: Principal, roomId: string, status: RoomStatus): Promise<Room> {
    return this.database.transaction(async (tx) => {
      const what = status === 'active' ? 'activate it' : 'deactivate it';
      const { room } = await this.access.lockedFor(tx, caller, roomId, 'close', what);
      const reason = status === 'inactive' ? 'manual' : null;
      if (room.status === status && room.deactivatedReason === reason) return room;
      const changed = await this.rooms.setStatus(tx, caller.clientId, roomId, status, reason);
      const ev = status === 'active' ? ROOM_EVENTS.reactivated : ROOM_EVENTS.deactivated;
      await this.news.tell(tx, changed, aboutRoom(ev, changed));
      noteMastersAct(tx, caller, roomId, {
        action: status === 'active' ? 'room.activated' : 'room.deactivated',
        ...{ before: { status: room.status }, after: { status } },
      });
      return changed;
    });
  }

  /** What the sweep would deactivate within the seconds, soonest first; one more than `limit`. */
  expiring(
    clientId: ClientId,
    withinSeconds: number,
    limit: number,
    after: ActivityPlace | null,
  ): Promise<ExpiringRoom[]> {
    return this.lifecycle.expiring(clientId, withinSeconds, limit, after);
  }

  /** Warns of what is soon to be deactivated, and deactivates what was unused for its days. @returns how many of the latter */
  async sweep(): Promise<number> {
    const stale = await this.lifecycle.staleReckonings();
    const failed = await eachInTurn(stale, (one) => this.reckon(one)).catch((error: unknown) => ({ error }));
    let deactivated = 0;
    for (let looked = BATCH; looked === BATCH;) {
      const batch = await this.lookOnce();
      deactivated += batch.deactivated;
      looked = batch.looked;
    }
    if (failed) throw failed.error;
    return deactivated;
  }

  private lookOnce(): Promise<{ looked: number; deactivated: number }> {
    return this.database.transaction(async (tx) => {
      const rooms = await this.lifecycle.look(tx, BATCH);
      const due = rooms.filter(({ verdict }) => verdict === 'deactivate');
      await this.news.tellAll(tx, due, (room) => aboutRoom(ROOM_EVENTS.deactivated, room));
      for (const room of rooms) if (room.verdict === 'warn') this.news.whisper(tx, room, ROOM_EXPIRING);
      return { looked: rooms.length, deactivated: due.length };
    });
  }

  /** A client's days have changed: what its rooms now come to sooner must not be looked at too late. */
  private async reckon(stale: StaleReckoning): Promise<void> {
    let after: string | null = null;
    do after = await this.lifecycle.bringForward(stale.clientId, after, PAGE);
    while (after !== null);
    await this.lifecycle.reckoningDone(stale);
  }
}
