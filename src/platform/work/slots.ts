import type { ClientId } from '../database/index.js';
import type { Room } from './work.store.js';

/** A part of the slots that no client with a full share may take. */
const RESERVED = 0.2;
const SHARE = 0.2;
/** Work in hand for each slot, the ends that wait to be written included: past this nothing new is claimed. */
const IN_HAND_PER_SLOT = 4;

/**
 * What a worker is at, by client. A client with less than its share of the slots is always let in while one is free; a
 * busier one leaves the reserve to others, so that a backlog or a hanging provider of one never takes all. A slot is
 * given back when the work has run; its end may still wait for the next commit.
 */
export class Slots {
  private readonly byClient = new Map<ClientId, number>();
  private readonly freed: (() => void)[] = [];
  private readonly share: number;
  private readonly reserve: number;
  private readonly mostInHand: number;
  private taken = 0;
  private inHand = 0;

  constructor(private readonly size: number) {
    this.share = Math.max(1, Math.floor(size * SHARE));
    this.reserve = Math.floor(size * RESERVED);
    this.mostInHand = size * IN_HAND_PER_SLOT;
  }

  private get free(): number {
    return this.inHand >= this.mostInHand ? 0 : this.size - this.taken;
  }

  mayTake(clientId: ClientId): boolean {
    if (this.free <= 0) return false;
    return !this.hasShare(clientId) || this.free > this.reserve;
  }

  /** It has as much in hand as it is always let have. */
  hasShare(clientId: ClientId): boolean {
    return (this.byClient.get(clientId) ?? 0) >= this.share;
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
    this.wake();
  }

  /** Counts a piece as in hand. @returns to be called when its end is written */
  hold(): () => void {
    this.inHand++;
    return () => {
      this.inHand--;
      this.wake();
    };
  }

  /** Resolves when there may be room again. */
  whenFreed(): Promise<void> {
    return new Promise((resolve) => this.freed.push(resolve));
  }

  private wake(): void {
    this.freed.splice(0).forEach((wake) => wake());
  }
}
