import type { SuppressionReason } from './suppressions.rules.js';

/** An address that is not to be written to. */
export interface Suppression {
  readonly id: string;
  readonly channel: string;
  /** Null when its person was erased; it holds all the same. */
  readonly address: string | null;
  readonly reason: SuppressionReason;
  /** What led to it, when a delivery did. */
  readonly deliveryId: string | null;
  readonly createdAt: Date;
}

export interface NewSuppression {
  readonly channel: string;
  readonly address: string;
  readonly reason: SuppressionReason;
  readonly deliveryId?: string | null;
  /** Its person was erased: the address itself is not to be kept. */
  readonly isErased?: boolean;
}
