import { Injectable } from '@nestjs/common';
import { IsNull, LessThan, MoreThan } from 'typeorm';
import { type ClientId, Database, statement, type Tx } from '../../platform/database/index.js';
import type { ClientLimits } from '../../platform/security/index.js';
import { ApiKeyRecord } from './api-key.entity.js';
import type { ClientStatus } from './client.entity.js';

/** A key together with what its client allows: all that authentication asks. */
export interface KeyWithClient extends ApiKeyRecord {
  readonly clientStatus: ClientStatus;
  readonly clientLimits: ClientLimits | null;
  readonly clientOrigins: readonly string[] | null;
}

export type NewApiKey = Omit<ApiKeyRecord, 'createdAt' | 'lastUsedAt' | 'revokedAt'>;

/** By the public part of a presented key: the client is what the look-up is for, so it cannot be its argument. */
const FIND_PRESENTED = statement(
  'api_keys.find_presented',
  `SELECT k.key_id AS "keyId", k.client_id AS "clientId", k.name, k.type, k.origin, k.user_id AS "userId", k.device, k.hash, k.pepper,
          k.scopes, k.allowed_ips AS "allowedIps", k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt",
          c.status AS "clientStatus", c.settings->'limits' AS "clientLimits", c.settings->'allowedOrigins' AS "clientOrigins"
     FROM api_keys k JOIN clients c ON c.id = k.client_id WHERE k.key_id = $1 AND c.deleted_at IS NULL`,
);
const FIND_DEAD = statement(
  'api_keys.find_dead',
  `SELECT asked.key_id AS "keyId", k.client_id AS "clientId",
          CASE WHEN c.status = 'suspended' THEN 'suspended' WHEN k.expires_at <= now() THEN 'expired' ELSE 'revoked' END AS reason
     FROM unnest($1::varchar[]) AS asked (key_id) LEFT JOIN api_keys k USING (key_id) LEFT JOIN clients c ON c.id = k.client_id
    WHERE k.key_id IS NULL OR k.revoked_at IS NOT NULL OR k.expires_at <= now() OR c.status = 'suspended'`,
);
const TOUCH = statement('api_keys.touch', `UPDATE api_keys SET last_used_at = now() WHERE key_id = ANY ($1)`);
const REHASH = statement(
  'api_keys.rehash',
  `UPDATE api_keys SET hash = $3, pepper = $4 WHERE key_id = $1 AND hash = $2`,
);
/** How many live keys are hashed with each pepper. */
export const PEPPERS = statement(
  'api_keys.peppers',
  `SELECT k.pepper AS kid, count(*)::integer AS count FROM api_keys k
    WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()) GROUP BY 1`,
);
const REVOKE_LOGINS = statement(
  'api_keys.revoke_logins',
  `UPDATE api_keys SET revoked_at = now()
    WHERE client_id = $1 AND user_id = $2 AND device = $3 AND origin = 'login' AND revoked_at IS NULL RETURNING key_id AS "keyId"`,
);
const REVOKE = statement(
  'api_keys.revoke',
  `UPDATE api_keys SET revoked_at = now() WHERE client_id = $1 AND key_id = $2 AND revoked_at IS NULL RETURNING key_id AS "keyId"`,
);
/** Of all clients. */
const PRUNE_LOGINS = statement(
  'api_keys.prune_logins',
  `DELETE FROM api_keys WHERE key_id IN (
     SELECT k.key_id FROM api_keys k WHERE k.origin = 'login' AND coalesce(k.revoked_at, k.expires_at) < now() - make_interval(days => $1) LIMIT $2)
   RETURNING key_id AS "keyId"`,
);
const FORGET = statement(
  'api_keys.forget',
  `DELETE FROM api_keys WHERE client_id = $1 AND key_id IN (
     SELECT key_id FROM api_keys WHERE client_id = $1 AND user_id = $2 ORDER BY key_id LIMIT $3) RETURNING key_id AS "keyId"`,
);
const EXPIRE = statement(
  'api_keys.expire',
  `UPDATE api_keys SET expires_at = least(expires_at, now() + make_interval(secs => $3)) WHERE client_id = $1 AND key_id = $2
   RETURNING expires_at AS at`,
);

@Injectable()
export class ApiKeysRepository {
  constructor(private readonly database: Database) {}

  async findPresented(keyId: string): Promise<KeyWithClient | null> {
    return (await this.database.query<KeyWithClient>(FIND_PRESENTED, [keyId]))[0] ?? null;
  }

  /** Which of these keys, of any clients, no longer open anything. */
  findDead(
    keyIds: readonly string[],
  ): Promise<{ keyId: string; clientId: ClientId; reason: 'revoked' | 'expired' | 'suspended' }[]> {
    return this.database.query(FIND_DEAD, [keyIds]);
  }

  async touch(keyIds: readonly string[]): Promise<void> {
    await this.database.query(TOUCH, [keyIds]);
  }

  /** Unless somebody else was quicker. */
  async rehash(keyId: string, before: string, hash: string, pepper: string): Promise<void> {
    await this.database.query(REHASH, [keyId, before, hash, pepper]);
  }

  find(clientId: ClientId, keyId: string, tx?: Tx): Promise<ApiKeyRecord | null> {
    return (tx ?? this.database).manager.findOneBy(ApiKeyRecord, { clientId, keyId });
  }

  async insert(tx: Tx, key: NewApiKey): Promise<ApiKeyRecord> {
    await tx.manager.insert(ApiKeyRecord, key);
    return tx.manager.findOneByOrFail(ApiKeyRecord, { clientId: key.clientId, keyId: key.keyId });
  }

  /** Newest first, one more than `limit`. */
  page(clientId: ClientId, limit: number, before: { createdAt: Date; keyId: string } | null): Promise<ApiKeyRecord[]> {
    return this.database.manager.find(ApiKeyRecord, {
      where: before
        ? [
            { clientId, createdAt: LessThan(before.createdAt) },
            { clientId, createdAt: before.createdAt, keyId: MoreThan(before.keyId) },
          ]
        : { clientId },
      order: { createdAt: 'DESC', keyId: 'ASC' },
      take: limit + 1,
    });
  }

  countLiveMasters(tx: Tx, clientId: ClientId): Promise<number> {
    const live = { clientId, type: 'master' as const, revokedAt: IsNull() };
    return tx.manager.count(ApiKeyRecord, {
      where: [
        { ...live, expiresAt: IsNull() },
        { ...live, expiresAt: MoreThan(new Date()) },
      ],
    });
  }

  async revoke(tx: Tx, clientId: ClientId, keyId: string): Promise<boolean> {
    return (await tx.query(REVOKE, [clientId, keyId])).length > 0;
  }

  /** Ends the earlier login keys of a user on a device. */
  async revokeLogins(tx: Tx, clientId: ClientId, userId: string, device: string): Promise<string[]> {
    return (await tx.query<{ keyId: string }>(REVOKE_LOGINS, [clientId, userId, device])).map(({ keyId }) => keyId);
  }

  /** Of one user, in the order of their ids. */
  pageOfUser(clientId: ClientId, userId: string, limit: number, after: string | null): Promise<ApiKeyRecord[]> {
    const where = { clientId, userId, ...(after !== null && { keyId: MoreThan(after) }) };
    return this.database.manager.find(ApiKeyRecord, { where, order: { keyId: 'ASC' }, take: limit });
  }

  /** Removes keys of a user. @returns their ids */
  async forget(tx: Tx, clientId: ClientId, userId: string, limit: number): Promise<string[]> {
    return (await tx.query<{ keyId: string }>(FORGET, [clientId, userId, limit])).map(({ keyId }) => keyId);
  }

  /** Removes keys of logins that ended so long ago. @returns how many */
  async pruneLogins(days: number, limit: number): Promise<number> {
    return (await this.database.query(PRUNE_LOGINS, [days, limit])).length;
  }

  /** Gives a key an end, unless it has an earlier one. @returns its end */
  async expireIn(tx: Tx, clientId: ClientId, keyId: string, seconds: number): Promise<Date> {
    const [ended] = await tx.query<{ at: Date }>(EXPIRE, [clientId, keyId, seconds]);
    if (!ended) throw new Error('A locked key is gone.');
    return ended.at;
  }
}
