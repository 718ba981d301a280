import { definePlugin } from '../../extension/index.js';
import { TwilioProvider } from './twilio.provider.js';

export const twilio = definePlugin({ name: '@chatapi/twilio', compatibility: '^1.0.0', providers: [TwilioProvider] });
