import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { Hub } from './hub.js';
import { RoomDirectory } from './room-directory.js';

const ROOMS_PER_QUERY = 1_000;

/** Repeats the head of every room that somebody on this node hears, so that a loss on a healthy socket shows. */
@Injectable()
export class RoomHeads implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger(RoomHeads.name);
  private timer?: NodeJS.Timeout;
  private isRepeating = false;

  constructor(
    private readonly hub: Hub,
    private readonly rooms: RoomDirectory,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.repeatOnce(), this.env.ROOM_HEAD_SECONDS * 1_000).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** One that takes longer than the time between two is not begun again beside it. */
  private async repeatOnce(): Promise<void> {
    if (this.isRepeating) return;
    this.isRepeating = true;
    await this.repeat().finally(() => (this.isRepeating = false));
  }

  async repeat(): Promise<void> {
    const rooms = this.hub.rooms();
    const ts = new Date().toISOString();
    try {
      for (let at = 0; at < rooms.length; at += ROOMS_PER_QUERY) {
        for (const { clientId, roomId, head, lastSeq } of await this.rooms.heads(
          rooms.slice(at, at + ROOMS_PER_QUERY),
        )) {
          this.hub.deliver({
            clientId,
            audience: { kind: 'room', id: roomId },
            ev: 'room.head',
            roomId,
            ts,
            data: { head, lastSeq },
          });
        }
      }
    } catch (error) {
      this.log.warn(`Room heads were not repeated: ${String(error)}`);
    }
  }
}
