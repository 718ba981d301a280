import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { newWebhookSecret } from '../../extension/index.js';
import { type ClientId, Clock, newId, Notices, type Queryable, type Tx } from '../../platform/database/index.js';
import { Unavailable } from '../../platform/errors/index.js';
import { SecretBox } from '../../platform/security/index.js';
import { type LiveRow, SigningSecretsRepository, type SigningState } from './signing-secrets.repository.js';
import { boundToSigning, keptBeside } from './signing.rules.js';

const CACHE = { max: 20_000, ttl: 60_000 };
/** What every process hears when the secrets of owners changed. */
const SIGNING_CHANGED = 'signing.changed';
/** A notice has 8,000 bytes. */
const OWNERS_PER_NOTICE = 150;

/** A secret cannot be opened with SECRET_KEY as it is. */
export class SigningLocked extends Unavailable {}

export interface SigningRotation {
  /** How long the secrets before this one stay good beside it, 0 to 604,800; with 0 they are gone at once. */
  readonly overlapSeconds: number;
  /** Made when absent. */
  readonly secret?: string;
}

interface Known {
  readonly secret: string;
  /** On this process's {@link SigningSecrets.nowMs}; null without an end. */
  readonly untilMs: number | null;
}

type Reading = Promise<readonly Known[]>;

/**
 * The secrets that webhook calls are signed with, or verified by: of an endpoint, of a source, or of the client itself, which
 * is the owner then. Stored sealed, and bound to their row. The database's clock says when one ends: what is left by it is
 * counted down here, so that a cached one ends in time.
 */
@Injectable()
export class SigningSecrets implements OnModuleInit {
  private readonly log = new Logger(SigningSecrets.name);
  private readonly cache = new LRUCache<string, Reading>(CACHE);

  constructor(
    private readonly stored: SigningSecretsRepository,
    private readonly secrets: SecretBox,
    private readonly notices: Notices,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.notices.on(SIGNING_CHANGED, ({ clientId = '', ownerIds = '' }) => this.drop(clientId, ownerIds.split(' ')));
    this.notices.onGap(() => this.cache.clear());
  }

  /** Of a new owner. @returns the secret, this once; made (`whsec_…`) when it is not given */
  create(tx: Tx, clientId: ClientId, ownerId: string, secret?: string): Promise<string> {
    return this.rotate(tx, clientId, ownerId, { overlapSeconds: 0, ...(secret !== undefined && { secret }) });
  }

  /**
   * A new secret, beside which the older ones stay good for a while: at most three in all, of which the oldest falls out.
   * One that was to end sooner still does. @returns the new one, this once
   */
  async rotate(tx: Tx, clientId: ClientId, ownerId: string, rotation: SigningRotation): Promise<string> {
    const { overlapSeconds, secret = newWebhookSecret() } = rotation;
    const id = newId();
    await this.stored.lock(tx, clientId, ownerId);
    await this.stored.retire(tx, clientId, ownerId, { seconds: overlapSeconds, keep: keptBeside(overlapSeconds) });
    const sealed = this.secrets.seal(secret, boundToSigning(clientId, ownerId, id));
    await this.stored.insert(tx, clientId, ownerId, { id, sealed });
    await this.announce(tx, clientId, [ownerId]);
    return secret;
  }

  /**
   * Those that are good now, the newest first; an empty list for an owner without one. From memory where they are known.
   * @throws SigningLocked when one of them cannot be opened: a call is not sent unsigned because of that
   */
  async live(clientId: ClientId, ownerIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const known = new Map(ownerIds.map((ownerId) => [ownerId, this.cache.get(keyOf(clientId, ownerId))]));
    const missing = [...known].flatMap(([ownerId, reading]) => (reading ? [] : [ownerId]));
    const read = this.read(clientId, missing);
    const live = await Promise.all(
      [...known].map(async ([ownerId, reading]) => [ownerId, await (reading ?? read.get(ownerId) ?? [])] as const),
    );
    const nowMs = this.nowMs();
    const isLive = ({ untilMs }: Known): boolean => untilMs === null || untilMs > nowMs;
    return new Map(live.map(([ownerId, all]) => [ownerId, all.filter(isLive).map(({ secret }) => secret)]));
  }

  /** What may be shown; null of an owner that has none. */
  state(clientId: ClientId, ownerId: string, within?: Queryable): Promise<SigningState | null> {
    return this.stored.state(clientId, ownerId, within);
  }

  async remove(tx: Tx, clientId: ClientId, ownerIds: readonly string[]): Promise<void> {
    if (ownerIds.length === 0) return;
    await this.stored.remove(tx, clientId, ownerIds);
    await this.announce(tx, clientId, ownerIds);
  }

  /** One query for all of them; what is asked for meanwhile waits for the same answer. */
  private read(clientId: ClientId, ownerIds: readonly string[]): ReadonlyMap<string, Reading> {
    if (ownerIds.length === 0) return new Map();
    const askedMs = this.nowMs(); // before the query, so that none lives longer than the database says
    const rows = this.stored.live(clientId, ownerIds);
    return new Map(
      ownerIds.map((ownerId) => {
        const reading = rows.then((all) =>
          all.filter((row) => row.ownerId === ownerId).map((row) => this.known(clientId, row, askedMs)),
        );
        this.keep(keyOf(clientId, ownerId), reading);
        return [ownerId, reading];
      }),
    );
  }

  private keep(key: string, reading: Reading): void {
    this.cache.set(key, reading);
    reading.catch(() => {
      if (this.cache.peek(key) === reading) this.cache.delete(key);
    });
  }

  private known(clientId: ClientId, { ownerId, id, sealed, secondsLeft }: LiveRow, askedMs: number): Known {
    const untilMs = secondsLeft === null ? null : askedMs + secondsLeft * 1_000;
    try {
      return { secret: this.secrets.open(sealed, boundToSigning(clientId, ownerId, id)), untilMs };
    } catch (error) {
      this.log.error(`Signing secret ${id} of client ${clientId}: ${String(error)}`);
      throw new SigningLocked('Signing secrets cannot be read right now.', 60);
    }
  }

  /** Steady, whatever happens to the wall's clock. */
  private nowMs(): number {
    return performance.now() + this.clock.aheadSeconds * 1_000;
  }

  private async announce(tx: Tx, clientId: ClientId, ownerIds: readonly string[]): Promise<void> {
    for (let at = 0; at < ownerIds.length; at += OWNERS_PER_NOTICE) {
      const some = ownerIds.slice(at, at + OWNERS_PER_NOTICE).join(' ');
      await this.notices.announce(SIGNING_CHANGED, { clientId, ownerIds: some }, tx);
    }
  }

  private drop(clientId: ClientId, ownerIds: readonly string[]): void {
    for (const ownerId of ownerIds) this.cache.delete(keyOf(clientId, ownerId));
  }
}

const keyOf = (clientId: ClientId, ownerId: string): string => `${clientId} ${ownerId}`;
