export const DELIVERY_STATUSES = [
  'pending',
  'queued',
  'sending',
  'sent',
  'delivered',
  'retrying',
  'failed',
  'bounced',
  'suppressed',
  'skipped',
  'cancelled',
  'expired',
  'simulated',
  'unknown',
] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export const DELIVERY_REASONS = [
  'provider_rejected',
  'provider_timeout',
  'retries_exhausted',
  'invalid_recipient',
  'hard_bounce',
  'no_provider',
  'no_address',
  'suppressed',
  'opted_out',
  'quota_exceeded',
  'quiet_hours',
  'expired',
  'cancelled',
  'not_needed',
  'crash_loop',
  'ssrf_blocked',
] as const;
export type DeliveryReason = (typeof DELIVERY_REASONS)[number];

/** A status moves to a higher rank only (or within one), so that late and repeated news never moves it back. */
export const RANK: Readonly<Record<DeliveryStatus, number>> = {
  pending: 0,
  queued: 1,
  sending: 2,
  retrying: 2,
  unknown: 3,
  sent: 4,
  delivered: 5,
  bounced: 6,
  failed: 9,
  suppressed: 9,
  skipped: 9,
  cancelled: 9,
  expired: 9,
  simulated: 9,
};

/** Those that a caller may have tried again. */
export const RETRYABLE_STATUSES = ['failed', 'bounced', 'unknown'] as const satisfies readonly DeliveryStatus[];

const OPEN: ReadonlySet<DeliveryStatus> = new Set(['pending', 'queued', 'sending', 'retrying', 'unknown']);
const FAILED: ReadonlySet<DeliveryStatus> = new Set(['failed', 'bounced', 'suppressed', 'expired', 'cancelled']);

/** Neither has it reached anybody nor has it ended. */
export const isOpen = (status: DeliveryStatus): boolean => OPEN.has(status);
export const isFailure = (status: DeliveryStatus): boolean => FAILED.has(status);
