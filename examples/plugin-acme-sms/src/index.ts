import { definePlugin } from 'chatapi';
import { AcmePager } from './acme-pager.provider.js';
import { AcmeSms } from './acme-sms.provider.js';
import { AcmeScheme } from './acme.scheme.js';
import { PagerChannel } from './pager.channel.js';

export const acme = definePlugin({
  name: '@acme/chatapi-sms',
  compatibility: '^1.0.0',
  channels: [PagerChannel],
  providers: [AcmeSms, AcmePager],
  schemes: [AcmeScheme],
});
