import type { Push } from './push.js';

/** How long a push waits for the one before it. Past that sockets see the gap and `sync`. */
const PATIENCE_MS = 100;
/** Past this the rooms longest known are forgotten; their next push passes as it comes. */
const MAX_ROOMS = 50_000;

interface Held {
  readonly pushes: Map<number, Push>;
  timer?: NodeJS.Timeout;
}

/**
 * Of one client, for as long as this node hears of it: puts the durable events of a room into the order of their
 * offsets before sockets see them. They may come out of order: two nodes commit one after the other, and the second one's
 * news travels faster.
 */
export class RoomOrder {
  private readonly last = new Map<string, number>();
  private readonly held = new Map<string, Held>();

  constructor(private readonly deliver: (push: Push) => void) {}

  /** The highest offset that passed here; 0 when none did lately. */
  headOf(topic: string): number {
    return this.last.get(topic) ?? 0;
  }

  /** Where a room stands of which nothing has passed here yet; else its first event would pass over those before it. */
  know(topic: string, head: number): void {
    if (!this.last.has(topic)) this.remember(topic, head);
  }

  accept(topic: string, push: Push & { readonly offset: number }): void {
    const last = this.last.get(topic);
    if (last !== undefined && push.offset <= last) return;
    if (last === undefined || push.offset === last + 1) {
      this.pass(topic, push, push.offset);
      this.drain(topic, false);
    } else this.hold(topic, push);
  }

  private pass(topic: string, push: Push, offset: number): void {
    this.remember(topic, offset);
    this.deliver(push);
  }

  private remember(topic: string, offset: number): void {
    this.last.set(topic, offset);
    if (this.last.size > MAX_ROOMS) this.last.delete(this.last.keys().next().value ?? topic);
  }

  private hold(topic: string, push: Push & { readonly offset: number }): void {
    const held = this.held.get(topic) ?? { pushes: new Map<number, Push>() };
    this.held.set(topic, held);
    held.pushes.set(push.offset, push);
    held.timer ??= setTimeout(() => this.drain(topic, true), PATIENCE_MS).unref();
  }

  private drain(topic: string, overGaps: boolean): void {
    const held = this.held.get(topic);
    if (!held) return;
    for (const offset of [...held.pushes.keys()].sort((a, b) => a - b)) {
      const last = this.last.get(topic) ?? 0;
      if (!overGaps && offset > last + 1) return;
      const push = held.pushes.get(offset);
      held.pushes.delete(offset);
      if (push && offset > last) this.pass(topic, push, offset);
    }
    clearTimeout(held.timer);
    this.held.delete(topic);
  }
}
