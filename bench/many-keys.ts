import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { KeyHasher } from '../src/platform/security/key-hasher.js';
import { generateKey } from '../src/platform/security/api-key.js';
import { LOGIN_SCOPES } from '../src/platform/security/scopes.js';
import { query } from './bench.js';

interface Place {
  readonly environment: NodeJS.ProcessEnv & { readonly DATABASE_URL: string };
  readonly clientId: string;
}

const ROWS_AT_ONCE = 1_000;
const INSERT = `INSERT INTO api_keys (key_id, client_id, name, type, origin, user_id, device, hash, last_four, scopes)
  SELECT k.key_id, $1, 'login default', 'scoped', 'login', k.user_id, 'default', k.hash, k.last_four, $2
    FROM json_to_recordset($3) AS k (key_id varchar, user_id varchar, hash varchar, last_four varchar)`;

/**
 * Keys of distinct users as if each had logged in and been used before: a row each, and Redis's memory of its verification. A real
 * hash takes 57 ms to make and is never compared here, so the hashes are made up; if one were compared, its key would be refused.
 */
export async function usedKeys(count: number, { environment, clientId }: Place): Promise<string[]> {
  const hasher = new KeyHasher({ SECRET_KEY: [environment.SECRET_KEY] } as never);
  const redis = new Redis(environment.REDIS_URL ?? '');
  const keys: string[] = [];
  for (let made = 0; made < count; made += ROWS_AT_ONCE) {
    const rows = Array.from({ length: Math.min(ROWS_AT_ONCE, count - made) }, (_, n) => {
      const { key, keyId } = generateKey('scoped');
      return { key, key_id: keyId, user_id: `user-${made + n}`, hash: `$2b$10$${keyId}`, last_four: key.slice(-4) };
    });
    await query(environment.DATABASE_URL, INSERT, [clientId, LOGIN_SCOPES, JSON.stringify(rows)]);
    const remembered = redis.pipeline();
    for (const { key, hash } of rows)
      remembered.set(`${environment.REDIS_PREFIX}:verified:${hasher.fingerprint(key)}`, markOf(hash));
    await remembered.exec();
    keys.push(...rows.map(({ key }) => key));
  }
  redis.disconnect();
  return keys;
}

/** Makes Redis forget that any key was ever verified. */
export async function forgetVerified({ environment }: Pick<Place, 'environment'>): Promise<void> {
  const redis = new Redis(environment.REDIS_URL ?? '');
  const names = await redis.keys(`${environment.REDIS_PREFIX}:verified:*`);
  if (names.length > 0) await redis.del(...names);
  redis.disconnect();
}

/** How the service names a stored hash in Redis. */
const markOf = (hash: string): string => createHash('sha256').update(hash).digest('base64url').slice(0, 22);
