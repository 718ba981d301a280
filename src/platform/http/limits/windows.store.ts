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

/** Counts one hit in each window and says when each ends; on Redis's clock, in one round trip. */
const HIT = `
local out = {}
for i, key in ipairs(KEYS) do
  local count = redis.call('INCR', key)
  local left = redis.call('PTTL', key)
  if left < 0 then
    redis.call('PEXPIRE', key, ARGV[i])
    left = tonumber(ARGV[i])
  end
  out[#out + 1] = count
  out[#out + 1] = left
end
return out`;

type HitCommand = (keyCount: number, ...keysAndTtls: (string | number)[]) => Promise<number[]>;

const LOCAL_KEYS_MAX = 50_000;

/**
 * The storage behind `@nestjs/throttler`: fixed windows counted in Redis, shared by all nodes.
 * With Redis away each node counts for itself, so that nothing opens wide and nothing closes shut.
 */
@Injectable()
export class WindowsStore implements ThrottlerStorage {
  private readonly local = new Map<string, { count: number; endsAt: number }>();

  constructor(private readonly redis: Redis) {
    redis.commands.defineCommand('chatapiHit', { lua: HIT });
  }

  async hit(subject: string, windows: readonly Window[]): Promise<Hit[]> {
    // The braces keep a subject's windows in one slot of a Redis cluster.
    const keys = windows.map(({ name }) => this.redis.key('limit', `{${subject}}`, name));
    const counted = this.redis.isUp ? await this.inRedis(keys, windows).catch(() => null) : null;
    const numbers = counted ?? this.locally(keys, windows);
    return windows.map((window, at) => ({
      ...window,
      count: numbers[2 * at] ?? 0,
      resetMs: numbers[2 * at + 1] ?? window.ttlMs,
    }));
  }

  /** The interface of the throttler's own guard, for handlers that use its decorators. */
  async increment(key: string, ttl: number, limit: number, _blockDuration: number, throttlerName: string) {
    const [hit] = await this.hit(key, [{ name: throttlerName, limit, ttlMs: ttl }]);
    const { count = 0, resetMs = ttl } = hit ?? {};
    const seconds = Math.ceil(resetMs / 1_000);
    return { totalHits: count, timeToExpire: seconds, isBlocked: count > limit, timeToBlockExpire: seconds };
  }

  private inRedis(keys: string[], windows: readonly Window[]): Promise<number[]> {
    const commands = this.redis.commands as unknown as { chatapiHit: HitCommand };
    return commands.chatapiHit(keys.length, ...keys, ...windows.map(({ ttlMs }) => ttlMs));
  }

  private locally(keys: string[], windows: readonly Window[]): number[] {
    const now = Date.now();
    if (this.local.size > LOCAL_KEYS_MAX) this.local.clear();
    return keys.flatMap((key, at) => {
      const found = this.local.get(key);
      const window = found && found.endsAt > now ? found : { count: 0, endsAt: now + (windows[at]?.ttlMs ?? 0) };
      window.count++;
      this.local.set(key, window);
      return [window.count, window.endsAt - now];
    });
  }
}
