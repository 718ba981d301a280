import type { ClientId, UserId } from '../../platform/database/index.js';

export const ACTOR_TYPES = ['operator', 'key', 'system'] as const;
export type ActorType = (typeof ACTOR_TYPES)[number];

type Said = Readonly<Record<string, unknown>>;

/** What somebody did, as it is kept. */
export interface AuditEvent {
  readonly id: string;
  /** Null of what is the installation's. */
  readonly clientId: ClientId | null;
  readonly at: Date;
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string | null;
  readonly actorType: ActorType;
  readonly keyId: string | null;
  readonly keyName: string | null;
  readonly userId: UserId | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly before: Said | null;
  readonly after: Said | null;
}

export interface AuditFilter {
  readonly action?: string;
  readonly resourceType?: string;
  readonly resourceId?: string;
  /** A key's id, a user's, `operator` or `system`. */
  readonly actor?: string;
  readonly from?: string;
  readonly to?: string;
}
