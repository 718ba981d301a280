import type { ClientId } from '../database/index.js';
import type { Room } from './work.store.js';

/** A part of the slots that no client with a full share may take. */
const RESERVED = 0.2;
const SHARE = 0.2;

/**
 * What a worker has in hand, by client. A client with less than its share of the slots is always let in while one is
 * free; a busier one leaves the reserve to others, so that a backlog or a hanging provider of one never takes all.
 */
export class Slots {
  private readonly byClient = new Map<ClientId, number>();
  private readonly freed: (() => void)[] = [];
  private readonly share: number;
  private readonly reserve: number;
  private taken = 0;

  constructor(private readonly size: number) {
    this.share = Math.max(1, Math.floor(size * SHARE));
    this.reserve = Math.floor(size * RESERVED);
  }

  private get free(): number {
    return this.size - this.taken;
  }

  mayTake(clientId: ClientId): boolean {
    if (this.free <= 0) return false;
    return (this.byClient.get(clientId) ?? 0) < this.share || this.free > this.reserve;
  }

  /** The same rule for many at once. */
  room(atMost: number): Room {
    const unreserved = Math.max(0, this.free - this.reserve);
    return { limit: Math.min(atMost, this.free), held: this.byClient, share: this.share, unreserved };
  }

  take(clientId: ClientId): void {
    this.taken++;
    this.byClient.set(clientId, (this.byClient.get(clientId) ?? 0) + 1);
  }

  release(clientId: ClientId): void {
    this.taken--;
    const own = (this.byClient.get(clientId) ?? 1) - 1;
    if (own > 0) this.byClient.set(clientId, own);
    else this.byClient.delete(clientId);
    this.freed.splice(0).forEach((wake) => wake());
  }

  /** Resolves when a slot is given back. */
  whenFreed(): Promise<void> {
    return new Promise((resolve) => this.freed.push(resolve));
  }
}
