import { randomBytes } from 'node:crypto';

/** A new one for each erasure: random, so that nobody can compute it from the user's id. */
export const newPseudonym = (): string => `erased-${randomBytes(16).toString('hex')}`;

/** How PostgreSQL recognises one. */
export const PSEUDONYM_PATTERN = '^erased-[0-9a-f]{32}$';
const PSEUDONYM = new RegExp(PSEUDONYM_PATTERN);
export const isPseudonym = (name: string): boolean => PSEUDONYM.test(name);
