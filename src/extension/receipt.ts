import type { InboundRequest } from './inbound-request.js';

/** What a provider tells later of a message it took. */
export type ReceiptKind =
  | 'sent'
  | 'delivered'
  /** For good: the address is suppressed. */
  | 'bounced'
  /** Given up for another reason. */
  | 'failed'
  | 'opened'
  | 'clicked'
  | 'complained'
  | 'unsubscribed';

export interface Receipt {
  /** The provider's own id of this news: the same news told twice counts once. At most 200 characters. */
  readonly token: string;
  /** What the call's signature covers, where that is not the news itself: good for one call. At most 200 characters. */
  readonly nonce?: string;
  readonly kind: ReceiptKind;
  readonly at: Date;
  /** The delivery, where the provider hands our id back. */
  readonly deliveryId?: string;
  /** Else the provider's id of the message, as `sent` named it. One that nobody knows yet is kept and matched later. */
  readonly reference?: string;
  /** Where a reference is shared by many recipients. */
  readonly recipient?: string;
  /** What the provider said, without secrets. */
  readonly detail?: string;
}

/** A call of `POST /providers/{id}/events`. */
export type ReceiptRequest = InboundRequest;

export interface Polled {
  readonly receipts: readonly Receipt[];
  /** Where the next poll begins. */
  readonly until: Date;
}
