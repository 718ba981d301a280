import { definePlugin } from '../../extension/index.js';
import { SmtpProvider } from './smtp.provider.js';

export const smtp = definePlugin({ name: '@chatapi/smtp', compatibility: '^1.0.0', providers: [SmtpProvider] });
