/** A part of the slots that no client with a full share may take. */
const RESERVED = 0.2;
const SHARE = 0.2;

/**
 * What a worker has in hand, by client. A client with less than its share of the slots is always let in while one is
 * free; a busier one leaves the reserve to others, so that a backlog or a hanging provider of one never takes all.
 */
export class Slots {
  private readonly byClient = new Map<string, number>();
  private readonly freed: (() => void)[] = [];
  private taken = 0;

  constructor(private readonly size: number) {}

  get free(): number {
    return this.size - this.taken;
  }

  mayTake(clientId: string): boolean {
    if (this.free <= 0) return false;
    const own = this.byClient.get(clientId) ?? 0;
    return own < Math.max(1, Math.floor(this.size * SHARE)) || this.free > Math.floor(this.size * RESERVED);
  }

  take(clientId: string): void {
    this.taken++;
    this.byClient.set(clientId, (this.byClient.get(clientId) ?? 0) + 1);
  }

  release(clientId: string): void {
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
