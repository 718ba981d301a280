import { rateLimited } from './rate-limit.guard.js';
import type { Hit, Window, WindowsStore } from './windows.store.js';

const BLOCKED_MAX = 50_000;

/** Bounds how often an address may be wrong: over the limit it is refused before anything of what it says is looked at. */
export class Failures {
  /** Addresses over their limit, and when they may try again; saves asking Redis for each of their calls. */
  private readonly blocked = new Map<string, Hit & { readonly until: number }>();

  constructor(
    private readonly windows: WindowsStore,
    private readonly window: Window,
  ) {}

  /** @throws DomainError `rate_limited` while the address has too many failures */
  assertAddress(address: string): void {
    const block = this.blocked.get(address);
    if (!block) return;
    const leftMs = block.until - Date.now();
    if (leftMs > 0) throw rateLimited({ ...block, resetMs: leftMs }, 'address');
    this.blocked.delete(address);
  }

  async failed(address: string): Promise<void> {
    const [hit] = await this.windows.hit(address, [this.window]);
    if (!hit || hit.count < hit.limit) return;
    if (this.blocked.size >= BLOCKED_MAX) this.blocked.clear();
    this.blocked.set(address, { ...hit, until: Date.now() + hit.resetMs });
  }
}
