import { Injectable } from '@nestjs/common';
import type { Push } from './push.js';

type Taken = (push: Push, sockets: number) => void;

/** Tells sockets, on every node, what was committed. */
@Injectable()
export class Fanout {
  private readonly takenHandlers = new Map<string, Taken[]>();

  /** After the commit, and never awaited: who misses it sees a gap and fetches from PostgreSQL. */
  publish(push: Push): void {
    this.taken(push, 0);
  }

  /** Hears, on each node, of pushes of an event that live sockets of that node took. */
  onTaken(ev: string, handler: Taken): void {
    this.takenHandlers.set(ev, [...(this.takenHandlers.get(ev) ?? []), handler]);
  }

  private taken(push: Push, sockets: number): void {
    if (sockets > 0) for (const handler of this.takenHandlers.get(push.ev) ?? []) handler(push, sockets);
  }
}
