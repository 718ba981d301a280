/** What can happen; a receipt's is what it tells. */
export const TIMELINE_TYPES = [
  'accepted',
  'attempt',
  'waiting',
  'lost',
  'sent',
  'delivered',
  'bounced',
  'failed',
  'skipped',
  'suppressed',
  'expired',
  'cancelled',
  'requeued',
  'opened',
  'clicked',
  'complained',
  'unsubscribed',
  'completed',
] as const;

/** One thing that happened to a notification or one of its deliveries. */
export interface TimelineEntry {
  readonly at: Date;
  readonly type: (typeof TIMELINE_TYPES)[number];
  readonly deliveryId: string | null;
  readonly channel: string | null;
  readonly providerId: string | null;
  readonly attempt: number | null;
  readonly durationMs: number | null;
  readonly status: string;
  readonly reason: string | null;
  readonly detail: string | null;
  /** Why this provider, and why not others. */
  readonly decision: string | null;
}
