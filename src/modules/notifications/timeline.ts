/** One thing that happened to a notification or one of its deliveries. */
export interface TimelineEntry {
  readonly at: Date;
  readonly type: 'accepted' | 'attempt' | 'lost' | 'delivered' | 'expired' | 'cancelled' | 'completed';
  readonly deliveryId: string | null;
  readonly channel: string | null;
  readonly providerId: string | null;
  readonly attempt: number | null;
  readonly durationMs: number | null;
  readonly status: string;
  readonly reason: string | null;
  readonly detail: string | null;
}
