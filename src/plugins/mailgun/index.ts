import { definePlugin } from '../../extension/index.js';
import { MailgunProvider } from './mailgun.provider.js';
import { MailgunScheme } from './mailgun.scheme.js';

export const mailgun = definePlugin({
  name: '@chatapi/mailgun',
  compatibility: '^1.0.0',
  providers: [MailgunProvider],
  schemes: [MailgunScheme],
});
