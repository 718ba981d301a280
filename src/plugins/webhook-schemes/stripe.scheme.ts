import {
  type InboundRequest,
  InvalidSignature,
  isSignedByOne,
  isTimely,
  jsonObjectOf,
  newSigningSecret,
  onceById,
  type Scheme,
  shownText,
  type Verification,
  type Verified,
  WebhookScheme,
} from '../../extension/index.js';

/** https://docs.stripe.com/webhooks#verify-manually */
@WebhookScheme({ name: 'stripe', title: 'Stripe' })
export class StripeScheme implements Scheme<object> {
  /** Until Stripe has the address and has said its own. */
  newSecret(): string {
    return newSigningSecret();
  }

  verify({ headers, body }: InboundRequest, verification: Verification<object>): Verified {
    const fields = (headers['stripe-signature'] ?? '').split(',').map((field) => field.trim());
    const valuesOf = (name: string) =>
      fields.flatMap((one) => (one.startsWith(`${name}=`) ? one.slice(name.length + 1) : []));
    const [time, ...more] = valuesOf('t');
    if (more.length > 0 || !isTimely(time, verification)) throw new InvalidSignature();
    const signed = [`${time}.`, body];
    if (!isSignedByOne(verification.secrets, valuesOf('v1'), signed)) throw new InvalidSignature();
    const { id, type } = jsonObjectOf(body);
    return {
      dedupeKey: onceById(id, signed),
      eventId: shownText(id),
      type: shownText(type),
    };
  }
}
