import { Injectable } from '@nestjs/common';
import { type Hit, rateLimited, type Window, WindowsStore } from '../../platform/http/index.js';

export const FAILURES_PER_KEY = 20;
export const FAILURES_PER_ADDRESS = 200;

const minute = (name: string, limit: number): Window => ({ name, limit, ttlMs: 60_000 });
const PER_KEY = minute('failed-key', FAILURES_PER_KEY);
const PER_ADDRESS = minute('failed-address', FAILURES_PER_ADDRESS);

/**
 * Bounds what guessing costs us: over these limits a key is refused before any hash is computed.
 * An address is counted for what failed; a key id for what is tried, before the hash, so that parallel guesses count too.
 */
@Injectable()
export class FailedKeys {
  /** Addresses over their limit, and when they may try again; saves asking Redis for each of their calls. */
  private readonly blocked = new Map<string, Hit & { readonly until: number }>();

  constructor(private readonly windows: WindowsStore) {}

  /** @throws DomainError `rate_limited` while the address has too many failures */
  assertAddress(address: string): void {
    const block = this.blocked.get(address);
    if (!block) return;
    const leftMs = block.until - Date.now();
    if (leftMs > 0) throw rateLimited({ ...block, resetMs: leftMs }, 'address');
    this.blocked.delete(address);
  }

  /** Takes one of the key's tries. @throws DomainError `rate_limited` when there is none left */
  async takeTry(keyId: string): Promise<void> {
    const [hit] = await this.windows.hit(keyId, [PER_KEY]);
    if (hit && hit.count > hit.limit) throw rateLimited(hit, 'key');
  }

  async failed(address: string): Promise<void> {
    const [hit] = await this.windows.hit(address, [PER_ADDRESS]);
    if (hit && hit.count >= hit.limit) this.blocked.set(address, { ...hit, until: Date.now() + hit.resetMs });
  }
}
