import { definePlugin } from '../../extension/index.js';
import { GithubScheme } from './github.scheme.js';
import { HmacScheme } from './hmac.scheme.js';
import { NoScheme } from './none.scheme.js';
import { ShopifyScheme } from './shopify.scheme.js';
import { SlackScheme } from './slack.scheme.js';
import { StandardScheme } from './standard.scheme.js';
import { StripeScheme } from './stripe.scheme.js';

/** Mailgun's is with the rest of Mailgun's, which reads the same signature. */
export const webhookSchemes = definePlugin({
  name: '@chatapi/webhook-schemes',
  compatibility: '^1.0.0',
  schemes: [StandardScheme, HmacScheme, StripeScheme, GithubScheme, ShopifyScheme, SlackScheme, NoScheme],
});
