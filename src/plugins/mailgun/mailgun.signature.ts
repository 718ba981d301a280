import { InvalidSignature, isSignedByOne, isTimely, jsonObjectOf, objectOf } from '../../extension/index.js';

export interface MailgunCall {
  /** Of the one call that the signature is for. */
  readonly token: string;
  /** All that the signature covers. */
  readonly signed: readonly string[];
  /** Not signed. */
  readonly event: Readonly<Record<string, unknown>>;
}

/**
 * Who calls is proven by a signature over a time and a token, not over the event: it is good for a while, and once.
 * https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
 * @throws InvalidSignature
 */
export function signedCallOf(
  body: Buffer,
  limits: { readonly secrets: readonly string[]; readonly toleranceSeconds: number; readonly now: Date },
): MailgunCall {
  const { signature: signed, 'event-data': event } = jsonObjectOf(body);
  const { timestamp, token, signature } = objectOf(signed);
  const time = typeof timestamp === 'number' ? String(timestamp) : timestamp;
  if (typeof time !== 'string' || typeof token !== 'string' || typeof signature !== 'string')
    throw new InvalidSignature();
  // Nothing stands between the two: that the time is digits alone keeps a part of the token from passing for its end.
  const parts = [time, token];
  if (!isTimely(time, limits) || !isSignedByOne(limits.secrets, [signature], parts)) throw new InvalidSignature();
  return { token, signed: parts, event: objectOf(event) };
}
