import { Injectable } from '@nestjs/common';
import { Failures, rateLimited, type Window, WindowsStore } from '../../platform/http/index.js';

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
  private readonly addresses: Failures;

  constructor(private readonly windows: WindowsStore) {
    this.addresses = new Failures(windows, PER_ADDRESS);
  }

  /** @throws DomainError `rate_limited` while the address has too many failures */
  assertAddress(address: string): void {
    this.addresses.assertAddress(address);
  }

  /** Takes one of the key's tries. @throws DomainError `rate_limited` when there is none left */
  async takeTry(keyId: string): Promise<void> {
    const [hit] = await this.windows.hit(keyId, [PER_KEY]);
    if (hit && hit.count > hit.limit) throw rateLimited(hit, 'key');
  }

  failed(address: string): Promise<void> {
    return this.addresses.failed(address);
  }
}
