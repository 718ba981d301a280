import { LRUCache } from 'lru-cache';
import { Failures } from './failures.js';
import { rateLimited } from './rate-limit.guard.js';
import type { Window, WindowsStore } from './windows.store.js';

export interface DoorsOptions {
  /** Keeps the counts of one kind of door apart from those of another. */
  readonly name: string;
  /** What one address may get wrong in a minute, at a door and in looking for one. */
  readonly failuresPerMinute: number;
}

const KNOWN_MAX = 50_000;

/**
 * Bounds what public doors cost, at which other systems call without a key: how often an address may be wrong at one door,
 * and how often it may ask for doors that there are not. An address serves many (a provider's calls for all clients come from a
 * few): so what somebody has wrong at their own door shuts nobody else's, and a door at which somebody was right stays open to
 * addresses that look for others.
 */
export class Doors {
  private readonly byAddress: Failures;
  private readonly byDoor: Failures;
  /** Where somebody was right. */
  private readonly known = new LRUCache<string, true>({ max: KNOWN_MAX });

  constructor(
    private readonly windows: WindowsStore,
    { name, failuresPerMinute: limit }: DoorsOptions,
  ) {
    this.byAddress = new Failures(windows, { name: `${name}-unknown`, limit, ttlMs: 60_000 });
    this.byDoor = new Failures(windows, { name: `${name}-refused`, limit, ttlMs: 60_000 });
  }

  /** Before anything of the call is looked at. @throws DomainError `rate_limited` */
  assertOpen(door: string, address: string): void {
    this.byDoor.assertAddress(placeOf(door, address));
    if (!this.known.has(door)) this.byAddress.assertAddress(address);
  }

  /** There is no such door. */
  notFound(address: string): Promise<void> {
    return this.byAddress.failed(address);
  }

  /** There is, and this call may not come in. */
  refused(door: string, address: string): Promise<void> {
    return this.byDoor.failed(placeOf(door, address));
  }

  /** A call that is what it says it is, counted against what may come in: nobody else can use that up. @throws DomainError `rate_limited` */
  async admit(door: string, subject: string, windows: readonly Window[]): Promise<void> {
    this.known.set(door, true);
    const full = (await this.windows.hit(subject, windows)).find(({ count, limit }) => count > limit);
    if (full) throw rateLimited(full, full.scope ?? 'client');
  }
}

const placeOf = (door: string, address: string): string => `${address} ${door}`;
