import type { WebsocketContent } from '../../extension/contents.js';
import { type ContentLimits, JsonObject, Text } from '../../platform/http/index.js';

/** What a notification in the app may hold. */
export const WEBSOCKET_LIMITS = {
  ...{ eventLength: 100, titleLength: 500, bodyLength: 10_000, dataBytes: 16_384 },
} as const satisfies ContentLimits;

export class WebsocketContentFields implements WebsocketContent {
  @Text({ min: 1, max: WEBSOCKET_LIMITS.eventLength, optional: true, example: 'order.confirmed' })
  readonly event?: string;
  @Text({ max: WEBSOCKET_LIMITS.titleLength, optional: true, example: 'Order confirmed' })
  readonly title?: string;
  @Text({ max: WEBSOCKET_LIMITS.bodyLength, optional: true, example: 'We are packing order 4711.' })
  readonly body?: string;
  @JsonObject({ maxBytes: WEBSOCKET_LIMITS.dataBytes, optional: true, example: { order: 4711 } })
  readonly data?: Record<string, unknown>;
}
