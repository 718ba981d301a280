import type { WebsocketContent } from '../../extension/contents.js';
import { JsonObject, Text } from '../../platform/http/index.js';

export class WebsocketContentFields implements WebsocketContent {
  @Text({ min: 1, max: 100, optional: true, example: 'order.confirmed' })
  readonly event?: string;
  @Text({ max: 500, optional: true, example: 'Order confirmed' })
  readonly title?: string;
  @Text({ max: 10_000, optional: true, example: 'We are packing order 4711.' })
  readonly body?: string;
  @JsonObject({ optional: true, example: { order: 4711 } })
  readonly data?: Record<string, unknown>;
}
