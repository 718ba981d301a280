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
export interface ReceiptRequest {
  /** The address that was called, as `PUBLIC_URL` has it, with its query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** As it came, before any parsing. */
  readonly body: Buffer;
}

/** The signature is bad, missing or old. The caller learns no more than that. */
export class InvalidSignature extends Error {
  constructor(message = 'The signature is not valid.') {
    super(message);
    this.name = 'InvalidSignature';
  }
}

export interface Polled {
  readonly receipts: readonly Receipt[];
  /** Where the next poll begins. */
  readonly until: Date;
}
