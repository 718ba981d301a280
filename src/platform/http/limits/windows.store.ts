import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { Redis } from '../../redis/index.js';

export interface Window {
  readonly name: string;
  readonly limit: number;
  readonly ttlMs: number;
  /** Whose it is, as who is refused is told. */
  readonly scope?: string;
}

export interface Hit extends Window {
  readonly count: number;
  /** Milliseconds until the window starts anew. */
  readonly resetMs: number;
}

/**
 * Counts groups of hits, each in the windows of its group, one after the other: what a window has no room for does not
 * arrive at the next. On Redis's clock, in one round trip. Of each window it says how many arrived, the count with them,
 * and how long it has left.
 */
const HIT = `
local out, at = {}, 2
for group = 1, tonumber(ARGV[1]) do
  local hits, windows = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  at = at + 2
  for window = 1, windows do
    local key, limit, ttl = KEYS[tonumber(ARGV[at])], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    local count, left = 0, 0
    at = at + 3
    out[#out + 1] = hits
    if hits > 0 then
      count = redis.call('INCRBY', key, hits)
      left = redis.call('PTTL', key)
      if left < 0 then
        redis.call('PEXPIRE', key, ttl)
        left = ttl
      end
      hits = math.max(0, math.min(hits, limit - count + hits))
    end
    out[#out + 1] = count
    out[#out + 1] = left
  end
end
return out`;

type HitCommand = (keyCount: number, ...keysAndNumbers: (string | number)[]) => Promise<number[]>;

type Tell = (hits: Hit[]) => void;

/** Those who ask for the same windows in one turn of the event loop. */
interface Group {
  readonly windows: readonly Window[];
  readonly asking: Tell[];
}

/** What became of a group in one of its windows. */
interface Counted {
  readonly arrived: number;
  readonly count: number;
  readonly resetMs: number;
}

const LOCAL_KEYS_MAX = 50_000;

/**
 * The storage behind `@nestjs/throttler`: fixed windows counted in Redis, shared by all nodes.
 * With Redis away each node counts for itself, so that nothing opens wide and nothing closes shut.
 */
@Injectable()
export class WindowsStore implements ThrottlerStorage {
  private readonly turn = new Map<string, Map<string, Group>>();
  private readonly local = new Map<string, { count: number; endsAt: number }>();

  constructor(private readonly redis: Redis) {
    redis.commands.defineCommand('chatapiHit', { lua: HIT });
  }

  /**
   * Counts one, in one window after the other until one is full: a hit that is refused in a narrow one costs the wider ones
   * nothing. The hits of one subject in one turn of the event loop are counted together, and each is told its own number.
   * @param windows the narrowest first @returns the windows that it was counted in; the last may be full
   */
  hit(subject: string, windows: readonly Window[]): Promise<Hit[]> {
    const name = windows.map((window) => `${window.name}=${window.limit}`).join();
    return new Promise((tell) => {
      const groups = this.turn.get(subject);
      const group = groups?.get(name);
      if (group) return void group.asking.push(tell);
      if (groups) return void groups.set(name, { windows, asking: [tell] });
      this.turn.set(subject, new Map([[name, { windows, asking: [tell] }]]));
      setImmediate(() => void this.count(subject));
    });
  }

  /** The interface of the throttler's own guard, for handlers that use its decorators. */
  async increment(key: string, ttl: number, limit: number, _blockDuration: number, throttlerName: string) {
    const [hit] = await this.hit(key, [{ name: throttlerName, limit, ttlMs: ttl }]);
    const { count = 0, resetMs = ttl } = hit ?? {};
    const seconds = Math.ceil(resetMs / 1_000);
    return { totalHits: count, timeToExpire: seconds, isBlocked: count > limit, timeToBlockExpire: seconds };
  }

  private async count(subject: string): Promise<void> {
    const groups = [...(this.turn.get(subject)?.values() ?? [])];
    this.turn.delete(subject);
    const numbers = await this.redis.quick(() => this.inRedis(subject, groups));
    const counted = numbers ? threes(numbers) : groups.flatMap((group) => this.locally(subject, group));
    for (const { windows, asking } of groups) {
      const own = counted.splice(0, windows.length);
      asking.forEach((tell, n) => tell(windows.flatMap((window, at) => hitOf(window, own[at], n))));
    }
  }

  private inRedis(subject: string, groups: readonly Group[]): Promise<number[]> {
    const commands = this.redis.commands as unknown as { chatapiHit: HitCommand };
    const places = new Map<string, number>();
    const numbers: number[] = [groups.length];
    for (const { windows, asking } of groups) {
      numbers.push(asking.length, windows.length);
      for (const window of windows) {
        const key = this.keyOf(subject, window);
        const place = places.get(key) ?? places.size + 1;
        places.set(key, place);
        numbers.push(place, window.limit, window.ttlMs);
      }
    }
    return commands.chatapiHit(places.size, ...places.keys(), ...numbers);
  }

  private locally(subject: string, { windows, asking }: Group): Counted[] {
    const now = Date.now();
    if (this.local.size > LOCAL_KEYS_MAX) this.local.clear();
    let hits = asking.length;
    return windows.map((window) => {
      const arrived = hits;
      if (arrived === 0) return { arrived, count: 0, resetMs: 0 };
      const key = this.keyOf(subject, window);
      const found = this.local.get(key);
      const counter = found && found.endsAt > now ? found : { count: 0, endsAt: now + window.ttlMs };
      counter.count += arrived;
      this.local.set(key, counter);
      hits = Math.max(0, Math.min(arrived, window.limit - counter.count + arrived));
      return { arrived, count: counter.count, resetMs: counter.endsAt - now };
    });
  }

  /** The braces keep a subject's windows in one slot of a Redis cluster. */
  private keyOf(subject: string, { name }: Window): string {
    return this.redis.key('limit', `{${subject}}`, name);
  }
}

/** Of the n-th of a group, when it came as far as this window. */
function hitOf(window: Window, counted: Counted | undefined, n: number): Hit[] {
  if (!counted || n >= counted.arrived) return [];
  const { arrived, count, resetMs } = counted;
  return [{ ...window, count: count - arrived + n + 1, resetMs }];
}

const threes = (numbers: readonly number[]): Counted[] =>
  Array.from({ length: numbers.length / 3 }, (_, n) => {
    const [arrived = 0, count = 0, resetMs = 0] = numbers.slice(3 * n, 3 * n + 3);
    return { arrived, count, resetMs };
  });
