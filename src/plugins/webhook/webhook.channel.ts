import {
  type Address,
  type Channel,
  type ContentLimits,
  DeliveryChannel,
  type Destination,
  JsonObject,
  type Party,
  Url,
  type WebhookContent,
  type WebhookMessage,
} from '../../extension/index.js';

const WEBHOOK_LIMITS = {
  bodyBytes: 262_144,
  /** What a delivery keeps as its recipient. */
  urlLength: 500,
} as const satisfies ContentLimits;

export class WebhookContentFields implements WebhookContent {
  @Url({ max: WEBHOOK_LIMITS.urlLength, optional: true, description: 'For recipients that are not themselves a URL' })
  readonly url?: string;
  @JsonObject({ maxBytes: WEBHOOK_LIMITS.bodyBytes, example: { event: 'order.confirmed', order: 4711 } })
  readonly body: Record<string, unknown>;
}

/** A call of a URL: the recipient's own, or the one that the content names. */
@DeliveryChannel({ name: 'webhook', title: 'Webhook', content: WebhookContentFields, limits: WEBHOOK_LIMITS })
export class WebhookChannel implements Channel<WebhookContent, WebhookMessage> {
  addressesOf({ url }: Party, content: WebhookContent): Address[] {
    const recipient = url ?? content.url;
    return recipient === undefined ? [] : [{ recipient }];
  }

  /** As the URL standard writes it: the host in lower case, a path, no default port. */
  normalised(address: string): string | null {
    if (!URL.canParse(address.trim())) return null;
    const { protocol, href } = new URL(address.trim());
    return /^https?:$/.test(protocol) ? href : null;
  }

  messageOf({ body }: WebhookContent, { recipient }: Destination): WebhookMessage {
    return { url: recipient, body };
  }
}
