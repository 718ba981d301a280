import {
  delivered,
  DeliveryProvider,
  detailOf,
  HOPS_HEADER,
  type Outcome,
  outcomeOfFailure,
  outcomeOfRefusal,
  type Provider,
  type ProviderContext,
  type WebhookMessage,
} from '../../extension/index.js';

/** There is nothing to set. */
export class NoSettings {}

/**
 * POSTs the body as JSON. Every try of a delivery has its id as `webhook-id`, so that the other side can tell a repeat, and is
 * signed when the client has a secret. A 2xx is `delivered`. What the URL's owner does wrong is the recipient's fault: it is tried again and counted.
 */
@DeliveryProvider({
  kind: 'webhook',
  channels: ['webhook'],
  title: 'Webhook',
  settings: NoSettings,
  confirms: true,
  isBuiltIn: true,
})
export class WebhookProvider implements Provider<NoSettings, WebhookMessage> {
  async send(
    { fetch, sign, deliveryId, hops }: ProviderContext<NoSettings>,
    { url, body }: WebhookMessage,
  ): Promise<Outcome> {
    const text = JSON.stringify(body);
    const signature = await sign({ id: deliveryId, body: text });
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signature, [HOPS_HEADER]: `${hops}` },
        body: text,
      });
      if (answer.status >= 200 && answer.status < 300) return delivered(undefined, detailOf(answer));
      return outcomeOfRefusal(answer, 'recipient');
    } catch (error) {
      return outcomeOfFailure(error, 'recipient');
    }
  }
}
