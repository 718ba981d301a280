import {
  type InboundRequest,
  InvalidSignature,
  isSignedByOne,
  newSigningSecret,
  onceByBytes,
  type Scheme,
  shownText,
  type Verification,
  type Verified,
  WebhookScheme,
} from '../../extension/index.js';

const PREFIX = 'sha256=';

/**
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 * The body alone is signed: the id of a delivery is not, and there is no time.
 */
@WebhookScheme({ name: 'github', title: 'GitHub' })
export class GithubScheme implements Scheme<object> {
  newSecret(): string {
    return newSigningSecret();
  }

  verify({ headers, body }: InboundRequest, { secrets }: Verification<object>): Verified {
    const value = headers['x-hub-signature-256'];
    if (!value?.startsWith(PREFIX)) throw new InvalidSignature();
    if (!isSignedByOne(secrets, [value.slice(PREFIX.length)], [body])) throw new InvalidSignature();
    return {
      dedupeKey: onceByBytes([body]),
      eventId: shownText(headers['x-github-delivery']),
      type: shownText(headers['x-github-event']),
    };
  }
}
