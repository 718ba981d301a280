import { definePlugin } from '../../extension/index.js';
import { MailgunProvider } from './mailgun.provider.js';

export const mailgun = definePlugin({
  name: '@chatapi/mailgun',
  compatibility: '^1.0.0',
  providers: [MailgunProvider],
});
