import type { QueueOptions } from 'bull';
import type { ResolvedEnv } from '../../config/index.js';

/** The braces keep a queue's keys in one slot of a Redis cluster. */
export const bullPrefix = ({ REDIS_PREFIX }: ResolvedEnv): string => `{${REDIS_PREFIX}:bull}`;

/** Of every queue that is worked off. A stalled job is forgotten, not run again: the work itself is in PostgreSQL. */
export const bullOptions = (env: ResolvedEnv): QueueOptions & { readonly url: string } => ({
  url: env.REDIS_URL,
  prefix: bullPrefix(env),
  settings: { maxStalledCount: 0 },
});
