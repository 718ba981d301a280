import { describe, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import {
  GITHUB,
  HMAC,
  HMAC_SETTINGS,
  MAILGUN,
  type Sender,
  SHOPIFY,
  SLACK,
  STANDARD,
  STRIPE,
} from '../../test/fakes/webhook-senders.js';
import type { Scheme } from '../extension/index.js';
import { MailgunScheme } from '../plugins/mailgun/mailgun.scheme.js';
import { GithubScheme } from '../plugins/webhook-schemes/github.scheme.js';
import { HmacScheme } from '../plugins/webhook-schemes/hmac.scheme.js';
import { NoScheme } from '../plugins/webhook-schemes/none.scheme.js';
import { ShopifyScheme } from '../plugins/webhook-schemes/shopify.scheme.js';
import { SlackScheme } from '../plugins/webhook-schemes/slack.scheme.js';
import { StandardScheme } from '../plugins/webhook-schemes/standard.scheme.js';
import { StripeScheme } from '../plugins/webhook-schemes/stripe.scheme.js';
import { type SchemeGiven, webhookSchemeContract } from './index.js';

function holds<Settings extends object>(
  type: Type<Scheme<Settings>>,
  { secret, call }: Sender,
  more: Partial<SchemeGiven<Settings>> = {},
): void {
  for (const { name, run } of webhookSchemeContract(type, { secret, request: call, ...more })) it(name, run);
}

describe('the webhook scheme standard', () => {
  holds(StandardScheme, STANDARD, { refused: [{ secret: 'whsec_' }, { secret: 'whsec_%' }, { secret: 'whpk_abcd' }] });
});

describe('the webhook scheme hmac', () => {
  const { timestampHeader, ...untimed } = HMAC_SETTINGS;
  holds(HmacScheme, HMAC, {
    settings: HMAC_SETTINGS,
    refused: [
      {},
      { header: 'X Signature' },
      { ...HMAC_SETTINGS, algorithm: 'md5' },
      { ...HMAC_SETTINGS, encoding: 'base32' },
      { ...HMAC_SETTINGS, header: '' },
      { ...HMAC_SETTINGS, header: timestampHeader },
      { ...HMAC_SETTINGS, signedPayload: 'body' },
      untimed,
    ].map((settings) => ({ settings })),
  });
});

describe('the webhook scheme stripe', () => {
  holds(StripeScheme, STRIPE);
});

describe('the webhook scheme github', () => {
  holds(GithubScheme, GITHUB, { isTimed: false });
});

describe('the webhook scheme shopify', () => {
  holds(ShopifyScheme, SHOPIFY, { isTimed: false });
});

describe('the webhook scheme slack', () => {
  holds(SlackScheme, SLACK, {
    challenge: (wish) =>
      SLACK.call({ ...wish, body: '{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV"}' }),
  });
});

describe('the webhook scheme mailgun', () => {
  holds(MailgunScheme, MAILGUN, { signs: 'part' });
});

describe('the webhook scheme none', () => {
  holds(NoScheme, HMAC, { isTimed: false });
});
