import type { ClientId } from '../../platform/database/index.js';
import type { SealedSecret } from '../../platform/security/index.js';

export const PAYLOADS = ['full', 'thin'] as const;
export type Payload = (typeof PAYLOADS)[number];

export const ENDPOINT_STATUSES = ['active', 'disabled'] as const;
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number];

/** By hand; for an answer of 410; for days of nothing but failures. */
export const DISABLED_REASONS = ['manual', 'gone', 'failing'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

export interface EndpointLimits {
  /** Null is without one. */
  readonly perSecond: number | null;
  readonly inFlight: number;
}

/** What an endpoint is to be. */
export interface EndpointWish {
  readonly url: string;
  readonly eventTypes: readonly string[];
  readonly description: string | null;
  readonly limits: EndpointLimits;
  readonly payload: Payload;
  /** JMESPath. */
  readonly filter: string | null;
}

export interface EndpointRecord extends EndpointWish {
  readonly clientId: ClientId;
  readonly id: string;
  /** Custom headers, sealed. */
  readonly headers: SealedSecret;
  readonly status: EndpointStatus;
  readonly disabledReason: DisabledReason | null;
  readonly disabledAt: Date | null;
  readonly failingSince: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** An endpoint of a client. */
export interface EndpointName {
  readonly clientId: ClientId;
  readonly endpointId: string;
}
