import type { UserId } from '../../database/index.js';

export const PRESENCES = ['online', 'away', 'busy', 'offline'] as const;
export type PresenceStatus = (typeof PRESENCES)[number];

export interface PresenceOf {
  readonly userId: UserId;
  readonly status: PresenceStatus;
  readonly lastSeenAt: string | null;
}
