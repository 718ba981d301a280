import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { Notices } from '../../platform/database/index.js';
import { DomainError } from '../../platform/errors/index.js';
import { Redis } from '../../platform/redis/index.js';
import {
  Authenticator,
  covers,
  KeyHasher,
  type Presentation,
  type Principal,
  type Revocation,
} from '../../platform/security/index.js';
import { CLIENT_CHANGED, KeyDirectory, KEY_EXPIRING, KEYS_REVOKED, type KeyWithClient } from '../clients/index.js';
import { ClientSuspended, Unauthenticated } from './auth.errors.js';
import { FailedKeys } from './failed-keys.js';
import { KeyCache } from './key-cache.js';
import { LastUse } from './last-use.js';

/** How long Redis remembers that a presented key matched its hash, so that a restart costs no bcrypt. */
const VERIFIED_TTL_SECONDS = 7 * 86_400;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Key to principal, in the order of cost: the process's cache; the checksum; one indexed row; Redis's memory that this
 * key matched this hash; and at most once per key a bcrypt comparison in a worker thread, behind a limit on failures.
 * Redis only ever says «matched»: whether the key still lives is read from PostgreSQL or heard from {@link Notices}.
 */
@Injectable()
export class KeyAuthenticator extends Authenticator implements OnModuleInit {
  private readonly log = new Logger(KeyAuthenticator.name);
  private readonly cache = new KeyCache();
  private readonly underWay = new Map<string, Promise<KeyWithClient>>();
  private readonly revocationHandlers: ((revocation: Revocation) => void)[] = [];
  private readonly adminDigest: Buffer | null;

  constructor(
    private readonly directory: KeyDirectory,
    private readonly hasher: KeyHasher,
    private readonly failures: FailedKeys,
    private readonly lastUse: LastUse,
    private readonly redis: Redis,
    private readonly notices: Notices,
    @Inject(ENV) env: ResolvedEnv,
  ) {
    super();
    this.adminDigest = env.ADMIN_KEY ? digest(env.ADMIN_KEY) : null;
  }

  onModuleInit(): void {
    this.notices.on(KEYS_REVOKED, ({ clientId = '', keyId = '' }) => this.end({ clientId, keyId, reason: 'revoked' }));
    this.notices.on(KEY_EXPIRING, ({ clientId = '', keyId = '', at = '' }) =>
      this.end({ clientId, keyId, reason: 'expired', at: new Date(at) }),
    );
    this.notices.on(CLIENT_CHANGED, ({ clientId = '', status }) => {
      this.cache.dropClient(clientId);
      if (status !== 'active') this.tell({ clientId, reason: 'suspended' });
    });
    this.notices.onGap(() => this.cache.clear());
  }

  isOperator(key: string): boolean {
    return this.adminDigest !== null && timingSafeEqual(digest(key), this.adminDigest);
  }

  async assertOperator({ key, address }: Presentation): Promise<void> {
    this.failures.assertAddress(address);
    if (this.isOperator(key)) return;
    await this.failures.failed(address);
    throw new Unauthenticated('This needs the operator’s ADMIN_KEY.');
  }

  async authenticate({ key, address }: Presentation): Promise<Principal> {
    const fingerprint = this.hasher.fingerprint(key);
    const known = this.cache.get(fingerprint) ?? (await this.meet(fingerprint, key, address));
    assertUsable(known, address);
    this.lastUse.note(known.keyId);
    return principalOf(known);
  }

  /** A key that was presented before: to whoever made the ticket. @throws Unauthenticated when it has died since */
  async authenticateTicket(keyId: string | null, address: string): Promise<Principal> {
    this.failures.assertAddress(address);
    const found = keyId && (await this.directory.find(keyId));
    if (!found || found.revokedAt) {
      await this.failures.failed(address);
      throw new Unauthenticated('The ticket has been used, has expired, or its key is dead. Ask for a new one.');
    }
    assertUsable(found, address);
    return principalOf(found);
  }

  isCurrent({ keyId }: Principal): boolean {
    return this.cache.hasKey(keyId);
  }

  onRevoked(handler: (revocation: Revocation) => void): void {
    this.revocationHandlers.push(handler);
  }

  findDead(keyIds: readonly string[]): Promise<Revocation[]> {
    return this.directory.findDead(keyIds);
  }

  /** Remembers a key that was just made: its first use needs no comparison. */
  async remember(key: string, keyId: string): Promise<void> {
    const found = await this.directory.find(keyId);
    if (found) await this.markVerified(this.hasher.fingerprint(key), found.hash);
  }

  private end(revocation: Revocation & { readonly keyId: string }): void {
    this.cache.dropKey(revocation.keyId);
    this.tell(revocation);
  }

  private tell(revocation: Revocation): void {
    for (const handler of this.revocationHandlers) handler(revocation);
  }

  /** A key that this process does not know. Each failure counts against its address, shared verification or not. */
  private async meet(fingerprint: string, key: string, address: string): Promise<KeyWithClient> {
    this.failures.assertAddress(address);
    try {
      return await this.verifyOnce(fingerprint, key);
    } catch (error) {
      if (error instanceof Unauthenticated) await this.failures.failed(address);
      throw error;
    }
  }

  /** Callers with the same key at the same time wait for one verification. */
  private verifyOnce(fingerprint: string, key: string): Promise<KeyWithClient> {
    const running = this.underWay.get(fingerprint);
    if (running) return running;
    const verification = this.verify(fingerprint, key).finally(() => this.underWay.delete(fingerprint));
    this.underWay.set(fingerprint, verification);
    return verification;
  }

  private async verify(fingerprint: string, presented: string): Promise<KeyWithClient> {
    const parts = this.directory.read(presented);
    for (;;) {
      const dropsBefore = this.cache.drops;
      const found = parts && (await this.directory.find(parts.keyId));
      if (!found || found.revokedAt || !(await this.secretMatches(fingerprint, parts.secret, found)))
        throw new Unauthenticated();
      if (this.cache.drops !== dropsBefore) continue; // something was revoked while we compared: read the row again
      this.cache.set(fingerprint, found);
      return found;
    }
  }

  private async secretMatches(fingerprint: string, secret: string, found: KeyWithClient): Promise<boolean> {
    const { keyId, hash, pepper } = found;
    if (!(await this.wasVerified(fingerprint, hash))) {
      await this.failures.takeTry(keyId);
      if (!(await this.hasher.matches(secret, hash, pepper))) return false;
      await this.markVerified(fingerprint, hash);
    }
    void this.directory.renew(found, secret).catch((error: unknown) => {
      this.log.debug(`Key ${keyId} keeps its pepper: ${String(error)}`);
    });
    return true;
  }

  private async wasVerified(fingerprint: string, hash: string): Promise<boolean> {
    const marked = await this.redis.quick(() => this.redis.commands.get(this.redis.key('verified', fingerprint)));
    return marked === markOf(hash);
  }

  private async markVerified(fingerprint: string, hash: string): Promise<void> {
    const key = this.redis.key('verified', fingerprint);
    await this.redis.quick(() => this.redis.commands.set(key, markOf(hash), 'EX', VERIFIED_TTL_SECONDS));
  }
}

/** Names the stored hash without repeating it. */
const markOf = (hash: string): string => digest(hash).toString('base64url').slice(0, 22);

function assertUsable({ expiresAt, clientStatus, allowedIps }: KeyWithClient, address: string): void {
  if (expiresAt && expiresAt.getTime() <= Date.now()) throw new Unauthenticated('The key has expired.');
  if (clientStatus !== 'active') throw new ClientSuspended();
  if (allowedIps.length > 0 && !allowedIps.some((range) => covers(range, address))) {
    throw new DomainError('forbidden', 'forbidden', 'This key may not be used from this address.');
  }
}

const principalOf = (key: KeyWithClient): Principal => ({
  clientId: key.clientId,
  keyId: key.keyId,
  keyName: key.name,
  keyType: key.type,
  scopes: new Set(key.scopes),
  userId: key.type === 'scoped' ? key.userId : null,
  expiresAt: key.expiresAt,
  limits: key.clientLimits ?? {},
  allowedOrigins: key.clientOrigins ?? [],
});
