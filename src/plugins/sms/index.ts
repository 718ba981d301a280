import { definePlugin } from '../../extension/index.js';
import { SmsChannel } from './sms.channel.js';

export const sms = definePlugin({ name: '@chatapi/sms', compatibility: '^1.0.0', channels: [SmsChannel] });
