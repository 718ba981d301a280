import { definePlugin } from '../../extension/index.js';
import { WebhookChannel } from './webhook.channel.js';
import { WebhookProvider } from './webhook.provider.js';

export const webhook = definePlugin({
  name: '@chatapi/webhook',
  compatibility: '^1.0.0',
  channels: [WebhookChannel],
  providers: [WebhookProvider],
});
