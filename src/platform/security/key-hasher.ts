import { createHmac } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import { ENV, firstOf, type ResolvedEnv } from '../../config/index.js';
import { Unavailable } from '../errors/index.js';
import { BCRYPT_COST } from './bcrypt-cost.js';
import { kidOf } from './secret-key.js';

const THREADS = 1;
/** About 30 s of comparisons; more callers than that are better told to come back. */
const MAX_WAITING = 512;

/**
 * Hashes key secrets: bcrypt of HMAC-SHA256(pepper, secret), in a bounded worker thread.
 * The HMAC keeps a stolen table useless without the pepper, and keeps input under bcrypt's 72 bytes.
 */
@Injectable()
export class KeyHasher implements OnApplicationShutdown {
  private readonly peppers: readonly string[];
  private readonly newest: string;
  /** Names the pepper that {@link hash} takes. */
  readonly pepper: string;
  private readonly pool = new Piscina({
    filename: new URL('./bcrypt.worker.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: THREADS,
    maxQueue: MAX_WAITING,
    idleTimeout: 30_000,
  });

  constructor(@Inject(ENV) env: ResolvedEnv) {
    this.peppers = env.SECRET_KEY;
    this.newest = firstOf(env.SECRET_KEY);
    this.pepper = kidOf(this.newest);
  }

  async hash(secret: string): Promise<string> {
    return this.run('hash', { plain: this.peppered(secret, this.newest), cost: BCRYPT_COST }) as Promise<string>;
  }

  /** Compares with the pepper that it was hashed with; with every one of the ring, newest first, where that is not known. */
  async matches(secret: string, hash: string, pepper: string | null): Promise<boolean> {
    for (const candidate of this.peppers) {
      if (pepper !== null && kidOf(candidate) !== pepper) continue;
      if (await this.run('compare', { plain: this.peppered(secret, candidate), hash })) return true;
    }
    return false;
  }

  /** Somebody waits for the thread: what can wait itself should. */
  get isBusy(): boolean {
    return this.pool.queueSize > 0;
  }

  /** A keyed fingerprint of a whole presented key: what caches are keyed by, useless to who reads the cache. */
  fingerprint(presented: string): string {
    return createHmac('sha256', this.newest).update('fingerprint\0').update(presented).digest('base64url');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.destroy();
  }

  private peppered(secret: string, pepper: string): string {
    return createHmac('sha256', pepper).update('api-key\0').update(secret).digest('base64');
  }

  private async run(name: 'hash' | 'compare', task: object): Promise<unknown> {
    if (this.pool.queueSize >= MAX_WAITING) throw new Unavailable('Too many keys are being checked at once.', 2);
    return this.pool.run(task, { name });
  }
}
