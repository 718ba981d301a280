import { definePlugin } from '../../extension/index.js';
import { PushChannel } from './push.channel.js';

export const push = definePlugin({ name: '@chatapi/push', compatibility: '^1.0.0', channels: [PushChannel] });
