import type { News } from './push.js';

/** How long news waits for that before it. Past that who hears the room is not known: the event that is missing may say. */
const PATIENCE_MS = 1_000;
/** Past this the rooms longest known are forgotten; their next news passes as it comes. */
const MAX_ROOMS = 50_000;
/** While a room is repaired more than this need not be held: sockets will fetch it. */
const MAX_HELD = 1_000;

interface Held {
  readonly news: Map<number, News>;
  timer?: NodeJS.Timeout | undefined;
  inRepair: boolean;
}

interface RoomOrderOptions {
  readonly deliver: (news: News) => void;
  /** News has waited in vain. It goes on when {@link RoomOrder.repaired} says so. */
  readonly onGap: (waiting: News) => void;
}

/**
 * Of one client, for as long as this node hears of it: puts the durable events of a room into the order of their
 * offsets before sockets see them. They may come out of order: two nodes commit one after the other, and the second one's
 * news travels faster. Nothing passes over a gap: what is missing may be that somebody has left.
 */
export class RoomOrder {
  private readonly last = new Map<string, number>();
  private readonly held = new Map<string, Held>();

  constructor(private readonly options: RoomOrderOptions) {}

  /** The highest offset that passed here; 0 when none did lately. */
  headOf(topic: string): number {
    return this.last.get(topic) ?? 0;
  }

  /** Where a room stands of which nothing has passed here yet; else its first event would pass over those before it. */
  know(topic: string, head: number): void {
    if (!this.last.has(topic)) this.remember(topic, head);
  }

  accept(topic: string, offset: number, news: News): void {
    const last = this.last.get(topic);
    if (last !== undefined && offset <= last) return;
    const isNext = last === undefined || offset === last + 1;
    if (isNext && !this.held.get(topic)?.inRepair) {
      this.pass(topic, offset, news);
      this.drain(topic);
    } else this.hold(topic, offset, news);
  }

  /** What is up to this head sockets fetch; who hears the room is as it was then. */
  repaired(topic: string, head: number): void {
    this.remember(topic, Math.max(head, this.headOf(topic)));
    const held = this.held.get(topic);
    if (!held) return;
    held.inRepair = false;
    this.drain(topic);
  }

  /** The room is gone: of what waits only that still matters. */
  gone(topic: string): void {
    const held = this.held.get(topic);
    this.held.delete(topic);
    this.last.delete(topic);
    clearTimeout(held?.timer);
    for (const news of held?.news.values() ?? []) if (news.hearing?.ended) this.options.deliver(news);
  }

  private pass(topic: string, offset: number, news: News): void {
    this.remember(topic, offset);
    this.options.deliver(news);
  }

  private remember(topic: string, offset: number): void {
    this.last.set(topic, offset);
    if (this.last.size > MAX_ROOMS) this.last.delete(this.last.keys().next().value ?? topic);
  }

  private hold(topic: string, offset: number, news: News): void {
    const held = this.held.get(topic) ?? { news: new Map<number, News>(), inRepair: false };
    this.held.set(topic, held);
    if (held.news.size < MAX_HELD) held.news.set(offset, news);
    this.waitFor(held, news);
  }

  private waitFor(held: Held, news: News): void {
    if (held.inRepair) return;
    held.timer ??= setTimeout(() => {
      held.timer = undefined;
      held.inRepair = true;
      this.options.onGap(news);
    }, PATIENCE_MS).unref();
  }

  /** Lets what is next pass, and what comes after it. */
  private drain(topic: string): void {
    const held = this.held.get(topic);
    if (!held) return;
    for (const [offset, news] of [...held.news].sort(([a], [b]) => a - b)) {
      const last = this.headOf(topic);
      if (offset > last + 1) return this.waitFor(held, news);
      held.news.delete(offset);
      if (offset > last) this.pass(topic, offset, news);
    }
    clearTimeout(held.timer);
    this.held.delete(topic);
  }
}
