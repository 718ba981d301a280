import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

export const PING_EVERY_SECONDS = 25;
export const PONG_WITHIN_SECONDS = 10;

/** A socket that is asked now and then whether it lives. */
export interface Beating {
  /** When anything last came from it. */
  lastHeardAt: number;
  /** When it was last asked; 0 when it has answered. */
  pingedAt: number;
  ping(): void;
  lost(): void;
}

/** Pings raw sockets: each once in its own second of every 25, so that they never all beat at once. One timer for all. */
@Injectable()
export class Heartbeat implements OnApplicationShutdown {
  private readonly slots: Set<Beating>[] = Array.from({ length: PING_EVERY_SECONDS }, () => new Set<Beating>());
  private readonly timer = setInterval(() => this.beat(), 1_000).unref();
  private tick = 0;

  add(beating: Beating): void {
    this.slots[this.slot(-1)]?.add(beating);
  }

  remove(beating: Beating): void {
    for (const slot of this.slots) if (slot.delete(beating)) return;
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** One second of the cycle; tests call it instead of waiting. */
  beat(): void {
    this.tick++;
    for (const beating of this.slots[this.slot(0)] ?? []) {
      beating.pingedAt = Date.now();
      beating.ping();
    }
    for (const beating of [...(this.slots[this.slot(-PONG_WITHIN_SECONDS)] ?? [])]) {
      if (beating.pingedAt > 0 && beating.lastHeardAt < beating.pingedAt) beating.lost();
    }
  }

  private slot(shift: number): number {
    return (((this.tick + shift) % PING_EVERY_SECONDS) + PING_EVERY_SECONDS) % PING_EVERY_SECONDS;
  }
}
