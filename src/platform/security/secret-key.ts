import { createHash } from 'node:crypto';

/** Names one key of the ring `SECRET_KEY` without giving it away: what was sealed or hashed with it says so. */
export const kidOf = (secret: string): string =>
  createHash('sha256').update('kid\0').update(secret).digest('hex').slice(0, 8);
