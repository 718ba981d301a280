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

/**
 * https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
 * The body alone is signed, with the app's client secret: the ids in headers are not, and the time is not.
 */
@WebhookScheme({ name: 'shopify', title: 'Shopify' })
export class ShopifyScheme implements Scheme<object> {
  /** Until the app's own is set. */
  newSecret(): string {
    return newSigningSecret();
  }

  verify({ headers, body }: InboundRequest, { secrets }: Verification<object>): Verified {
    const given = headers['x-shopify-hmac-sha256'];
    if (!isSignedByOne(secrets, [given], [body], { encoding: 'base64' })) throw new InvalidSignature();
    return {
      dedupeKey: onceByBytes([body]),
      eventId: shownText(headers['x-shopify-webhook-id']),
      type: shownText(headers['x-shopify-topic']),
    };
  }
}
