import type { ResolvedEnv } from '../../config/index.js';

/** Everything of the API is below it; what is at the root is the operator's. */
export const API_PREFIX = 'api/v1';

/** An address of the API as it is reached from outside; null where nobody said what that is. */
export const publicUrlOf = ({ PUBLIC_URL }: Pick<ResolvedEnv, 'PUBLIC_URL'>, path: string): string | null =>
  PUBLIC_URL === undefined ? null : `${PUBLIC_URL.replace(/\/+$/, '')}/${API_PREFIX}${path}`;

/** Whether it means another machine to everybody else. */
export function isLocal(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}
