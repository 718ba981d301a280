import { randomBytes } from 'node:crypto';

/** A new one for each erasure: random, so that nobody can compute it from the user's id. */
export const newPseudonym = (): string => `erased-${randomBytes(16).toString('hex')}`;

/** How PostgreSQL recognises one. */
export const PSEUDONYM_PATTERN = '^erased-[0-9a-f]{32}$';
