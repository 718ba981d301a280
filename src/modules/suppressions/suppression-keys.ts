import { createHmac, randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type ClientId, Notices, type Tx } from '../../platform/database/index.js';
import { Unavailable } from '../../platform/errors/index.js';
import { type SealedSecret, SecretBox } from '../../platform/security/index.js';
import { boundToSuppressions } from './suppressions.rules.js';
import { type SealedKey, SuppressionKeysRepository } from './suppression-keys.repository.js';

const KEY_BYTES = 32;
const CACHE = { max: 50_000, ttl: 60_000 };
const SUPPRESSIONS_BEGUN = 'suppressions.begun';

/** A client's key cannot be opened with SECRET_KEY as it is. */
export class SuppressionsLocked extends Unavailable {}

/** What a client's addresses are hashed with. A client without one has never suppressed anything. */
export class AddressKey {
  constructor(private readonly key: Buffer) {}

  hash(channel: string, address: string): Buffer {
    return createHmac('sha256', this.key).update(`${channel}\0${address}`).digest();
  }
}

type Known = AddressKey | 'none' | 'locked';

interface Cached {
  readonly reading: Promise<Known>;
  /** Once it was read. */
  known?: Known;
}

/**
 * The keys by which suppressed addresses are known, one for each client: random, and stored wrapped by SECRET_KEY. So the
 * hashes of erased people outlive a rotation of SECRET_KEY, which only wraps the keys anew (docs/adr/0011).
 */
@Injectable()
export class SuppressionKeys implements OnModuleInit {
  private readonly log = new Logger(SuppressionKeys.name);
  private readonly cache = new LRUCache<ClientId, Cached>(CACHE);

  constructor(
    private readonly keys: SuppressionKeysRepository,
    private readonly secrets: SecretBox,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    this.notices.on(SUPPRESSIONS_BEGUN, ({ clientId = '' }) => this.cache.delete(clientId));
    this.notices.onGap(() => this.cache.clear());
  }

  /** Of several clients; one query for all that are not known yet, and none when they are. */
  async of(clientIds: Iterable<ClientId>): Promise<ReadonlyMap<ClientId, Known>> {
    const asked = [...new Set(clientIds)];
    const missing = asked.filter((clientId) => !this.cache.has(clientId));
    if (missing.length > 0) this.read(missing);
    const known = await Promise.all(asked.map(async (clientId) => [clientId, await this.cached(clientId)] as const));
    return new Map(known);
  }

  /**
   * Of one that is about to suppress something: made when there is none. Asks on the transaction's own connection: waiting for
   * another while holding one is how a pool runs dry. @throws SuppressionsLocked
   */
  async ensure(tx: Tx, clientId: ClientId): Promise<AddressKey> {
    const known = this.cache.get(clientId)?.known ?? this.opened((await this.keys.find([clientId], tx))[0]);
    const key = known === 'none' ? await this.make(tx, clientId) : known;
    if (key === 'locked' || key === 'none') throw new SuppressionsLocked('Suppressions cannot be read right now.', 60);
    return key;
  }

  private cached(clientId: ClientId): Promise<Known> {
    if (!this.cache.has(clientId)) this.read([clientId]);
    return this.cache.get(clientId)?.reading ?? Promise.resolve('locked');
  }

  /** What is asked for meanwhile waits for the same answer; what a notice drops meanwhile is read again. */
  private read(clientIds: readonly ClientId[]): void {
    const found = this.keys.find(clientIds).then((rows) => new Map(rows.map((row) => [row.clientId, row])));
    for (const clientId of clientIds) {
      const reading = found.then((rows) => this.opened(rows.get(clientId)));
      const cached: Cached = { reading };
      this.cache.set(clientId, cached);
      reading.then(
        (known) => (cached.known = known),
        () => this.cache.delete(clientId),
      );
    }
  }

  private async make(tx: Tx, clientId: ClientId): Promise<Known> {
    const key = randomBytes(KEY_BYTES);
    const isOurs = await this.keys.insert(tx, clientId, this.sealed(clientId, key));
    if (!isOurs) return this.opened((await this.keys.find([clientId], tx))[0]);
    await this.notices.announce(SUPPRESSIONS_BEGUN, { clientId }, tx);
    return new AddressKey(key);
  }

  private opened(row: SealedKey | undefined): Known {
    if (!row) return 'none';
    try {
      return new AddressKey(this.open(row));
    } catch (error) {
      this.log.error(`Suppressions of client ${row.clientId}: ${String(error)}`);
      return 'locked';
    }
  }

  private sealed(clientId: ClientId, key: Buffer): SealedSecret {
    return this.secrets.seal(key.toString('base64'), boundToSuppressions(clientId));
  }

  private open({ clientId, sealed }: SealedKey): Buffer {
    return Buffer.from(this.secrets.open(sealed, boundToSuppressions(clientId)), 'base64');
  }
}
