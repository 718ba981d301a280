import {
  type InboundRequest,
  InvalidSignature,
  isSignedByOne,
  jsonObjectOf,
  newSigningSecret,
  onceById,
  type Scheme,
  shownText,
  type Verification,
  type Verified,
  WebhookScheme,
} from 'chatapi';

/** Acme's events as webhooks that come in, for what a client wants to make of them. */
@WebhookScheme({ name: 'acme', title: 'Acme' })
export class AcmeScheme implements Scheme<object> {
  newSecret(): string {
    return newSigningSecret();
  }

  verify({ headers, body }: InboundRequest, { secrets }: Verification<object>): Verified {
    if (!isSignedByOne(secrets, [headers['x-acme-signature']], [body])) throw new InvalidSignature();
    const { eventId, status } = jsonObjectOf(body);
    // The id is in the body, and so signed: an event that is told again counts once.
    return { dedupeKey: onceById(eventId, [body]), eventId: shownText(eventId), type: shownText(status) };
  }
}
