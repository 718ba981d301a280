import type { ReceiptKind } from '../../extension/receipt.js';
import { type DeliveryReason, type DeliveryStatus, RANK } from './delivery-status.js';

/** What the recipient did, apart from what became of the message. */
export const ENGAGEMENTS = ['opened', 'clicked', 'complained', 'unsubscribed'] as const;
export type Engagement = (typeof ENGAGEMENTS)[number];

/** How a delivery stands when there is news of it. */
export interface Standing {
  readonly status: DeliveryStatus;
  readonly engaged: ReadonlySet<Engagement>;
}

/** What is new by a piece of news. */
export interface Change {
  /** Null when it stays as it is. */
  readonly status: DeliveryStatus | null;
  readonly reason: DeliveryReason | null;
  readonly engagement: Engagement | null;
}

interface Meaning {
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
}

/** Whoever opens a message, or complains of it, has it. */
const MEANS: Readonly<Record<ReceiptKind, Meaning>> = {
  sent: { status: 'sent', reason: null },
  delivered: { status: 'delivered', reason: null },
  bounced: { status: 'bounced', reason: 'hard_bounce' },
  failed: { status: 'failed', reason: 'provider_rejected' },
  opened: { status: 'delivered', reason: null },
  clicked: { status: 'delivered', reason: null },
  complained: { status: 'delivered', reason: null },
  unsubscribed: { status: 'delivered', reason: null },
};

const isEngagement = (kind: ReceiptKind): kind is Engagement => (ENGAGEMENTS as readonly ReceiptKind[]).includes(kind);

/** What a piece of news changes; null when nothing, as of what is repeated or overtaken. A status never moves back. */
export function changeBy(kind: ReceiptKind, { status: before, engaged }: Standing): Change | null {
  const means = MEANS[kind];
  const moves = before !== 'delivered' && RANK[means.status] > RANK[before];
  const engagement = isEngagement(kind) && !engaged.has(kind) ? kind : null;
  if (!moves && engagement === null) return null;
  return { engagement, ...(moves ? means : { status: null, reason: null }) };
}
