import { definePlugin } from '../../extension/index.js';
import { WebPushProvider } from './webpush.provider.js';

export const webpush = definePlugin({
  name: '@chatapi/webpush',
  compatibility: '^1.0.0',
  providers: [WebPushProvider],
});
