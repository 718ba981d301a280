import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { aMailgun, anEvent, type FakeMailgun, signed } from '../../test/fakes/mailgun.js';
import { aStatusCallback, aTwilio, type FakeTwilio } from '../../test/fakes/twilio.js';
import { aVendor, type Vendor } from '../../test/fakes/vendor.js';
import { aMailbox, type Mailbox } from '../../test/support/mailbox.js';
import type { EmailMessage, SmsMessage, WebhookMessage } from '../extension/index.js';
import { EmailChannel } from '../plugins/email/email.channel.js';
import { HttpProvider } from '../plugins/http/http.provider.js';
import type { HttpSettings } from '../plugins/http/http.settings.js';
import { MailgunProvider } from '../plugins/mailgun/mailgun.provider.js';
import type { MailgunSettings } from '../plugins/mailgun/mailgun.settings.js';
import { PushChannel } from '../plugins/push/push.channel.js';
import { SimulatorProvider, type SimulatorSettings } from '../plugins/simulator/simulator.provider.js';
import { SmsChannel } from '../plugins/sms/sms.channel.js';
import { SmtpProvider } from '../plugins/smtp/smtp.provider.js';
import type { SmtpSettings } from '../plugins/smtp/smtp.settings.js';
import { TwilioProvider } from '../plugins/twilio/twilio.provider.js';
import type { TwilioSettings } from '../plugins/twilio/twilio.settings.js';
import { WebhookChannel } from '../plugins/webhook/webhook.channel.js';
import { type NoSettings, WebhookProvider } from '../plugins/webhook/webhook.provider.js';
import { channelContract, type ContractCheck, providerContract } from './index.js';

const FROM = 'shop@example.com';
const MAILGUN = { apiKey: 'key-4711-of-mailgun', domain: 'mg.example.com', webhookSigningKey: 'signs-its-events' };
const TWILIO = { accountSid: 'AC0123456789', authToken: 'token-4711-of-twilio' };
const EVENTS_URL = 'https://chatapi.example/api/v1/providers/1/events?delivery=0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';

const aMail = (address: string): EmailMessage => ({
  to: { name: 'Ann', address },
  from: null,
  replyTo: null,
  cc: [],
  bcc: [],
  subject: 'Hello',
  html: null,
  text: 'It works',
  headers: {},
  attachments: [],
});

let mailbox: Mailbox;
let mailgun: FakeMailgun;
let twilio: FakeTwilio;
let site: Vendor;

beforeAll(async () => {
  const started = [
    aMailbox({ user: 'shop', pass: 'a-long-password' }),
    aMailgun(MAILGUN),
    aTwilio(TWILIO),
    aVendor(() => ({ body: { ok: true } })),
  ] as const;
  [mailbox, mailgun, twilio, site] = await Promise.all(started);
});

afterAll(() => Promise.all([mailbox, mailgun, twilio, site].map((one) => one.close())));

const holds = (checks: readonly ContractCheck[]): void => {
  for (const { name, run } of checks) it(name, run, 60_000);
};

describe('smtp', () => {
  holds(
    providerContract<SmtpSettings, EmailMessage>(SmtpProvider, {
      at: ({ host, port }) => ({
        settings: { host, port, username: 'shop', password: 'a-long-password', from: FROM },
        message: aMail('ann@example.com'),
      }),
      vendor: () => mailbox,
      overHttp: false,
      refused: ({ host, port }) => ({ host, port, username: 'shop', password: 'another-password', from: FROM }),
    }),
  );
});

describe('mailgun', () => {
  const settingsAt = (baseUrl: string): MailgunSettings => ({ ...MAILGUN, from: FROM, baseUrl });
  holds(
    providerContract<MailgunSettings, EmailMessage>(MailgunProvider, {
      at: ({ url }) => ({ settings: settingsAt(url), message: aMail('ann@example.com') }),
      vendor: () => mailgun,
      refused: ({ url }) => ({ ...settingsAt(url), apiKey: 'another-key' }),
      batch: () => ['ann', 'bob', 'eve'].map((name) => ({ message: aMail(`${name}@example.com`), ends: 'sent' })),
      receipts: {
        signs: 'part',
        request: ({ webhookSigningKey = '' }) => ({
          url: EVENTS_URL,
          query: {},
          headers: { 'content-type': 'application/json' },
          body: Buffer.from(JSON.stringify(signed(anEvent(), webhookSigningKey))),
        }),
      },
    }),
  );
});

describe('twilio', () => {
  const settingsAt = (baseUrl: string): TwilioSettings => ({ ...TWILIO, from: '+15005550006', baseUrl });
  holds(
    providerContract<TwilioSettings, SmsMessage>(TwilioProvider, {
      at: ({ url }) => ({ settings: settingsAt(url), message: { to: '+4915112345678', text: 'Hello', from: null } }),
      vendor: () => twilio,
      refused: ({ url }) => ({ ...settingsAt(url), authToken: 'another-token' }),
      receipts: {
        request: ({ authToken }) =>
          aStatusCallback(EVENTS_URL, { MessageSid: 'SM4711', MessageStatus: 'delivered' }, authToken),
      },
    }),
  );
});

describe('http', () => {
  holds(
    providerContract<HttpSettings, SmsMessage>(HttpProvider, {
      at: ({ url }) => ({
        settings: {
          channel: 'sms',
          url: `${url}/send`,
          headers: { authorization: 'Bearer token-4711-of-a-gateway' },
          body: { to: { $: 'message.to' }, text: { $: 'message.text' }, id: { $: 'delivery.id' } },
        },
        message: { to: '+4915112345678', text: 'Hello', from: null },
      }),
      vendor: () => site,
    }),
  );
});

describe('webhook', () => {
  holds(
    providerContract<NoSettings, WebhookMessage>(WebhookProvider, {
      at: ({ url }) => ({ settings: {}, message: { url: `${url}/hook`, body: { order: 4711 } } }),
      vendor: () => site,
    }),
  );
});

describe('simulator', () => {
  holds(
    providerContract<SimulatorSettings, EmailMessage>(SimulatorProvider, {
      at: () => ({ settings: { channel: 'email' }, message: aMail('delivered@simulator.test') }),
      vendor: null,
    }),
  );
});

describe('the channel email', () => {
  const content = { subject: 'Hello', text: 'It works', cc: ['bob@example.com'] };
  holds(
    channelContract(EmailChannel, {
      content,
      refused: [{ subject: 'No text' }, { ...content, cc: ['nobody'] }],
      party: { email: 'ann@example.com', name: 'Ann' },
    }),
  );
});

describe('the channel sms', () => {
  holds(
    channelContract(SmsChannel, {
      content: { text: 'Hello' },
      refused: [{}, { text: 1 }],
      party: { phone: '+4915112345678' },
    }),
  );
});

describe('the channel push', () => {
  holds(
    channelContract(PushChannel, {
      content: { title: 'Hello', body: 'It works' },
      refused: [{ title: 'No body' }],
      party: { userId: 'ann', devices: [{ id: 'd1', kind: 'fcm' }] },
      device: { token: 'a-token' },
    }),
  );
});

describe('the channel webhook', () => {
  holds(
    channelContract(WebhookChannel, {
      content: { body: { order: 4711 } },
      refused: [{ body: 'text' }, { body: {}, url: 'ftp://example.com' }],
      party: { url: 'https://example.com/hook' },
    }),
  );
});
