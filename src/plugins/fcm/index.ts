import { definePlugin } from '../../extension/index.js';
import { FcmProvider } from './fcm.provider.js';

export const fcm = definePlugin({ name: '@chatapi/fcm', compatibility: '^1.0.0', providers: [FcmProvider] });
