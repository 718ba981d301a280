import { definePlugin } from '../../extension/index.js';
import { EmailChannel } from './email.channel.js';

export const email = definePlugin({ name: '@chatapi/email', compatibility: '^1.0.0', channels: [EmailChannel] });
