import { after, before, describe, test } from 'node:test';
import type { SmsMessage } from 'chatapi';
import { channelContract, providerContract, webhookSchemeContract } from 'chatapi/testing';
import { AcmePager } from '../src/acme-pager.provider.js';
import { AcmeScheme } from '../src/acme.scheme.js';
import { AcmeSms } from '../src/acme-sms.provider.js';
import type { AcmeSettings } from '../src/acme.settings.js';
import { PagerChannel, type PagerMessage } from '../src/pager.channel.js';
import { aFakeAcme, anEvent, API_KEY, type FakeAcme, SIGNING_SECRET } from './fake-acme.js';

let acme: FakeAcme;
before(async () => {
  acme = await aFakeAcme();
});
after(() => acme.close());

const settingsAt = (baseUrl: string): AcmeSettings => ({ apiKey: API_KEY, signingSecret: SIGNING_SECRET, baseUrl });

describe('acme-sms', () => {
  const checks = providerContract<AcmeSettings, SmsMessage>(AcmeSms, {
    at: ({ url }) => ({ settings: settingsAt(url), message: { to: '+4915112345678', text: 'Hello', from: null } }),
    vendor: () => acme,
    refused: ({ url }) => ({ ...settingsAt(url), apiKey: 'another-key' }),
    receipts: {
      request: ({ signingSecret = '' }) => ({
        url: 'https://chatapi.example/api/v1/providers/1/events',
        query: {},
        ...anEvent('0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11', 'delivered', signingSecret),
      }),
    },
  });
  for (const { name, run } of checks) test(name, run);
});

describe('acme-pager', () => {
  const checks = providerContract<AcmeSettings, PagerMessage>(AcmePager, {
    at: ({ url }) => ({ settings: settingsAt(url), message: { pager: '4711', text: 'Call the front desk' } }),
    vendor: () => acme,
  });
  for (const { name, run } of checks) test(name, run);
});

describe('the channel pager', () => {
  const user = { displayName: null, email: null, phone: null, metadata: { pager: '4711' } };
  const checks = channelContract(PagerChannel, {
    content: { text: 'Call the front desk' },
    refused: [{ text: '' }, { text: 'x'.repeat(81) }],
    party: { userId: 'ann', user },
  });
  for (const { name, run } of checks) test(name, run);
});

describe('the webhook scheme acme', () => {
  const checks = webhookSchemeContract(AcmeScheme, {
    isTimed: false,
    request: ({ secret }) => ({
      url: 'https://chatapi.example/api/v1/webhooks/shop/parcel.delivered',
      query: {},
      ...anEvent('parcel-4711', 'delivered', secret),
    }),
  });
  for (const { name, run } of checks) test(name, run);
});
