import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Redis } from '../../redis/index.js';

export interface Window {
  readonly name: string;
  readonly limit: number;
  readonly ttlMs: number;
}

export interface Hit extends Window {
  readonly count: number;
  /** Milliseconds until the window starts anew. */
  readonly resetMs: number;
}

/** Counts so many hits in each window and says when each ends; on Redis's clock, in one round trip. */
const HIT = `
local out = {}
for i, key in ipairs(KEYS) do
  local count = redis.call('INCRBY', key, ARGV[1])
  local left = redis.call('PTTL', key)
  if left < 0 then
    redis.call('PEXPIRE', key, ARGV[i + 1])
    left = tonumber(ARGV[i + 1])
  end
  out[#out + 1] = count
  out[#out + 1] = left
end
return out`;

type HitCommand = (keyCount: number, ...keysCountAndTtls: (string | number)[]) => Promise<number[]>;

/** One who asks, and what to tell. */
interface Asking {
  readonly windows: readonly Window[];
  readonly tell: (hits: Hit[]) => void;
}

const LOCAL_KEYS_MAX = 50_000;

/**
 * The storage behind `@nestjs/throttler`: fixed windows counted in Redis, shared by all nodes.
 * With Redis away each node counts for itself, so that nothing opens wide and nothing closes shut.
 */
@Injectable()
export class WindowsStore implements ThrottlerStorage {
  private readonly asking = new Map<string, Asking[]>();
  private readonly local = new Map<string, { count: number; endsAt: number }>();

  constructor(private readonly redis: Redis) {
    redis.commands.defineCommand('chatapiHit', { lua: HIT });
  }

  /** The hits of one subject in one turn of the event loop are counted together, and each is told its own number. */
  hit(subject: string, windows: readonly Window[]): Promise<Hit[]> {
    // The braces keep a subject's windows in one slot of a Redis cluster.
    const keys = windows.map(({ name }) => this.redis.key('limit', `{${subject}}`, name));
    const name = keys.join(' ');
    return new Promise((tell) => {
      const asking = this.asking.get(name);
      if (asking) return void asking.push({ windows, tell });
      this.asking.set(name, [{ windows, tell }]);
      setImmediate(() => void this.count(name, keys));
    });
  }

  /** The interface of the throttler's own guard, for handlers that use its decorators. */
  async increment(key: string, ttl: number, limit: number, _blockDuration: number, throttlerName: string) {
    const [hit] = await this.hit(key, [{ name: throttlerName, limit, ttlMs: ttl }]);
    const { count = 0, resetMs = ttl } = hit ?? {};
    const seconds = Math.ceil(resetMs / 1_000);
    return { totalHits: count, timeToExpire: seconds, isBlocked: count > limit, timeToBlockExpire: seconds };
  }

  private async count(name: string, keys: string[]): Promise<void> {
    const asking = this.asking.get(name) ?? [];
    this.asking.delete(name);
    const ttls = asking[0]?.windows.map(({ ttlMs }) => ttlMs) ?? [];
    const counted = await this.redis.quick(() => this.inRedis(keys, ttls, asking.length));
    const numbers = counted ?? this.locally(keys, ttls, asking.length);
    asking.forEach(({ windows, tell }, n) => {
      const after = asking.length - 1 - n;
      tell(
        windows.map((window, at) => ({
          ...window,
          count: (numbers[2 * at] ?? 0) - after,
          resetMs: numbers[2 * at + 1] ?? window.ttlMs,
        })),
      );
    });
  }

  private inRedis(keys: string[], ttls: readonly number[], hits: number): Promise<number[]> {
    const commands = this.redis.commands as unknown as { chatapiHit: HitCommand };
    return commands.chatapiHit(keys.length, ...keys, hits, ...ttls);
  }

  private locally(keys: string[], ttls: readonly number[], hits: number): number[] {
    const now = Date.now();
    if (this.local.size > LOCAL_KEYS_MAX) this.local.clear();
    return keys.flatMap((key, at) => {
      const found = this.local.get(key);
      const window = found && found.endsAt > now ? found : { count: 0, endsAt: now + (ttls[at] ?? 0) };
      window.count += hits;
      this.local.set(key, window);
      return [window.count, window.endsAt - now];
    });
  }
}
