import type { UserId } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { isMaster, type Principal } from '../../platform/security/index.js';

/**
 * The one user a key reaches; null when it reaches all of its client. A scoped key that is a user reaches that user
 * alone, whatever its scopes; a scoped key without a user is a service of the client's.
 */
export const onlyUserOf = (caller: Principal): UserId | null => (isMaster(caller) ? null : caller.userId);

/** @throws NotFound when the key is another user's: to it there is nobody of that name */
export function assertReaches(caller: Principal, userId: UserId): void {
  const only = onlyUserOf(caller);
  if (only !== null && only !== userId) throw new NotFound();
}
