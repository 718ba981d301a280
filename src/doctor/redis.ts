import { Redis } from 'ioredis';
import type { ResolvedEnv } from '../config/index.js';
import { failure, type Finding, said } from './finding.js';
import { infoOf, redisFindings } from './redis.rules.js';

const PATIENCE_MS = 5_000;

export async function examineRedis({ REDIS_URL }: ResolvedEnv): Promise<Finding[]> {
  const redis = new Redis(REDIS_URL, {
    ...{ lazyConnect: true, connectTimeout: PATIENCE_MS, commandTimeout: PATIENCE_MS },
    ...{ maxRetriesPerRequest: 1, retryStrategy: () => null, connectionName: 'chatapi-doctor' },
    disconnectTimeout: 100,
  });
  let fault: Error | undefined;
  redis.on('error', (error: Error) => (fault = error)); // says more than the command that it ends
  try {
    await redis.connect();
    const begun = performance.now();
    await redis.ping();
    const roundTripMs = performance.now() - begun;
    const info = infoOf(await redis.info());
    return redisFindings({ info, save: await saveOf(redis), roundTripMs });
  } catch (error) {
    return [
      failure(
        'Redis',
        said(fault ?? error),
        'See that it runs, and that REDIS_URL names it: without Redis all is slower.',
      ),
    ];
  } finally {
    redis.disconnect();
  }
}

/** Servers that somebody else runs may not tell. */
async function saveOf(redis: Redis): Promise<string | null> {
  const answer = await redis.config('GET', 'save').catch(() => null);
  return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : null;
}
