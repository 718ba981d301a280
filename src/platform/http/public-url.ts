import type { ResolvedEnv } from '../../config/index.js';

/** Below which the whole API is. */
export const API_PREFIX = 'api/v1';

/** An address of the API as others reach it from outside; null where the installation does not know its own. */
export function publicUrlOf({ PUBLIC_URL }: Pick<ResolvedEnv, 'PUBLIC_URL'>, path: string): string | null {
  if (!PUBLIC_URL || isThisMachine(new URL(PUBLIC_URL).hostname)) return null;
  return `${PUBLIC_URL.replace(/\/+$/, '')}/${API_PREFIX}${path}`;
}

/** A name that means another machine to everybody else. */
const isThisMachine = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost');
