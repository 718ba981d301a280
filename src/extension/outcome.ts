/** Why a provider will never deliver a message to this recipient. */
export type RejectReason = 'provider_rejected' | 'invalid_recipient' | 'hard_bounce' | 'ssrf_blocked';

/** What a provider lets us know of the recipient by the way: they are not written to again, as far as that goes. */
export type RecipientSaid = 'complained' | 'unsubscribed';

/**
 * How a provider's call ended.
 * - `sent`: it took the message over. `delivered`: it says that the recipient has it.
 * - `rejected`: final; another provider would say the same.
 * - `failed`, `recipient`: not now, for this recipient; tried again later, and counted as an attempt.
 * - `failed`, `provider`: the provider itself is at fault (unreachable, credentials, its own error); the next provider is
 *   tried, and the recipient's attempts are not counted.
 * - `unknown`: it may or may not have taken it, and would not recognise a repeat: kept for an operator or a receipt.
 */
export type Outcome = Ending & { readonly recipientSaid?: RecipientSaid };

type Ending =
  | {
      readonly kind: 'sent' | 'delivered';
      readonly reference?: string;
      readonly detail?: string;
    }
  | {
      readonly kind: 'rejected';
      readonly reason: RejectReason;
      readonly detail?: string;
      /** The address itself is no more: a device with it is removed. */
      readonly isGone?: boolean;
    }
  | { readonly kind: 'unknown'; readonly detail?: string }
  | {
      readonly kind: 'failed';
      readonly fault: 'recipient' | 'provider';
      readonly timedOut?: boolean;
      readonly retryAfterSeconds?: number;
      readonly detail?: string;
    };

/** The provider took the message over. @param reference its own id of the message */
export const sent = (reference?: string, detail?: string): Outcome => ({ kind: 'sent', reference, detail });
/** The provider says that the recipient has it. */
export const delivered = (reference?: string, detail?: string): Outcome => ({ kind: 'delivered', reference, detail });
/** Never to this recipient. */
export const rejected = (reason: RejectReason, detail?: string): Outcome => ({ kind: 'rejected', reason, detail });
/** Never again: the device or address is no more. */
export const gone = (detail?: string): Outcome => ({
  kind: 'rejected',
  reason: 'invalid_recipient',
  detail,
  isGone: true,
});
/** It may have been sent, and sending it again might send it twice. */
export const unknown = (detail?: string): Outcome => ({ kind: 'unknown', detail });
/** Not now, for this recipient. */
export const retryLater = (detail?: string, retryAfterSeconds?: number): Outcome => ({
  kind: 'failed',
  fault: 'recipient',
  detail,
  retryAfterSeconds,
});
/** The provider is unreachable, refuses our credentials, or fails by itself. */
export const providerFault = (
  detail?: string,
  { timedOut = false, retryAfterSeconds }: { timedOut?: boolean; retryAfterSeconds?: number } = {},
): Outcome => ({
  kind: 'failed',
  fault: 'provider',
  timedOut,
  retryAfterSeconds,
  detail,
});
