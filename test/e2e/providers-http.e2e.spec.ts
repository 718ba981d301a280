import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import {
  type Address,
  type Channel,
  definePlugin,
  DeliveryChannel,
  type SmsMessage,
  Text,
} from '../../src/extension/index.js';
import { ExtensionModule } from '../../src/extension/extension.module.js';
import { ProviderRegistry } from '../../src/extension/provider-registry.js';
import { http } from '../../src/plugins/http/index.js';
import { HttpProvider } from '../../src/plugins/http/http.provider.js';
import type { HttpSettings } from '../../src/plugins/http/http.settings.js';
import { A_DELIVERY, aCallContext } from '../builders/call-context.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, deliveryReached, reached, send, timelineOf } from '../builders/notifications.js';
import { aProvider } from '../builders/providers.js';
import { aVendor, type Vendor, type VendorCall, type VendorReply } from '../fakes/vendor.js';
import { anApp, type TestApp } from '../support/app.js';
import { Opened } from '../support/opened.js';

const TOKEN = 't0ken-0123456789';
const provider = new HttpProvider();
afterAll(() => provider.close());

let gateway: Vendor;
const opened = new Opened();
beforeEach(async () => {
  gateway = await opened.keep(aVendor(() => ({ status: 202, body: { id: 'm-1', status: 'queued' } })));
});
afterEach(() => opened.closeAll());

const settings = (wish: object = {}): HttpSettings => ({
  ...{ channel: 'sms', url: `${gateway.url}/v1/messages?flash=1` },
  headers: { Authorization: `Bearer ${TOKEN}` },
  body: { to: { $: 'message.to' }, parts: [{ text: { $: 'message.text' } }], ref: { $: 'delivery.id' }, n: 1 },
  ...wish,
});
const sms: SmsMessage = { to: '+4915112345678', text: 'Grüße 👋', from: null };
const sent = (wish: object = {}, message: object = sms) => provider.send(aCallContext(settings(wish)), message);
const bodyOf = (call: VendorCall | undefined): unknown => JSON.parse(call?.body.toString() ?? 'null');

describe('a message', () => {
  it('is called in the words of the gateway', async () => {
    await expect(sent({ referencePath: 'body.id' })).resolves.toMatchObject({ kind: 'sent', reference: 'm-1' });

    const [call] = gateway.calls;
    expect(call).toMatchObject({
      ...{ method: 'POST', path: '/v1/messages' },
      headers: {
        ...{ authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        'idempotency-key': A_DELIVERY,
      },
    });
    expect(call?.query.get('flash')).toBe('1');
    expect(bodyOf(call)).toEqual({ to: '+4915112345678', parts: [{ text: 'Grüße 👋' }], ref: A_DELIVERY, n: 1 });
  });

  it('may have another method, and its own words for a header of ours', async () => {
    await sent({ method: 'PUT', headers: { 'Content-Type': 'application/vnd.gateway+json' } });

    expect(gateway.calls[0]).toMatchObject({
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.gateway+json' },
    });
  });

  it('has its attachments as base64', async () => {
    const message = { attachments: [{ name: 'a.txt', content: Buffer.from('Hä?') }] };
    await sent({ body: { files: { $: 'message.attachments[*].{name: name, data: content}' } } }, message);

    expect(bodyOf(gateway.calls[0])).toEqual({
      files: [{ name: 'a.txt', data: Buffer.from('Hä?').toString('base64') }],
    });
  });

  it.each([
    ['cannot be made of it', "join('/', message)", 'join'],
    ['would be too much', `message${'|[@,@]'.repeat(60)}`, 'longer than'],
  ])('whose body %s is not sent', async (_what, $, detail) => {
    await expect(sent({ body: { $ } })).resolves.toMatchObject({
      ...{ kind: 'rejected', reason: 'provider_rejected', detail: expect.stringContaining(detail) },
    });
    expect(gateway.calls).toEqual([]);
  });

  it('does not go into private networks', async () => {
    await expect(sent({ url: 'http://10.0.0.1/' })).resolves.toMatchObject({ reason: 'ssrf_blocked' });
  });
});

describe('what the gateway answers', () => {
  const queued = { when: "body.status == 'queued'" };

  it.each<[string, VendorReply, object, object]>([
    ['a success', { status: 200 }, {}, { kind: 'sent' }],
    [
      'a success that has no reference',
      { body: {} },
      { referencePath: 'body.id' },
      { kind: 'sent', reference: undefined },
    ],
    [
      'a reference that is a number',
      { body: { id: 7 } },
      { referencePath: 'body.id' },
      { kind: 'sent', reference: '7' },
    ],
    ['a reference of the text', { body: 'OK 7' }, { referencePath: "split(body, ' ')[1]" }, { reference: '7' }],
    ['the word that is asked for', { body: { status: 'queued' } }, { success: queued }, { kind: 'sent' }],
    [
      'another word',
      { body: { status: 'no' } },
      { success: queued },
      { kind: 'rejected', reason: 'provider_rejected' },
    ],
    ['no word', { body: '<html>' }, { success: queued }, { kind: 'rejected' }],
    ['an empty list', { body: { ids: [] } }, { success: { when: 'body.ids' } }, { kind: 'rejected' }],
    ['what cannot be read', { body: {} }, { success: { when: 'sum(body)' } }, { kind: 'unknown' }],
    ['a status that is asked for', { status: 409 }, { success: { status: [200, 409] } }, { kind: 'sent' }],
    ['another 2xx', { status: 204 }, { success: { status: [200] } }, { kind: 'rejected' }],
    ['400', { status: 400 }, {}, { kind: 'rejected', reason: 'provider_rejected' }],
    ['401', { status: 401 }, {}, { kind: 'failed', fault: 'provider' }],
    ['a redirect', { status: 302, headers: { location: '/' } }, {}, { kind: 'rejected' }],
    ['429', { status: 429, headers: { 'retry-after': '9' } }, {}, { fault: 'recipient', retryAfterSeconds: 9 }],
    ['503', { status: 503 }, {}, { kind: 'failed', fault: 'provider' }],
    ['nothing of a text message', 'drop', {}, { kind: 'unknown' }],
    ['nothing of a mail', 'drop', { channel: 'email' }, { kind: 'failed', fault: 'provider' }],
    ['504 of a text message', { status: 504 }, {}, { kind: 'unknown' }],
    ['504 of a mail', { status: 504 }, { channel: 'email' }, { kind: 'failed', fault: 'provider' }],
    ['504 of a channel of a plugin', { status: 504 }, { channel: 'pigeon' }, { kind: 'unknown' }],
  ])('decides over the message: %s', async (_what, reply, wish, outcome) => {
    gateway.behave(() => reply);

    await expect(sent(wish)).resolves.toMatchObject(outcome);
  });

  it.each<VendorReply>(['hang', 'drip'])('is not waited for past the deadline: %s', async (reply) => {
    gateway.behave(() => reply);
    const begun = Date.now();

    await expect(
      provider.send(aCallContext(settings(), { signal: AbortSignal.timeout(400) }), sms),
    ).resolves.toMatchObject({ kind: 'unknown' });
    expect(Date.now() - begun).toBeLessThan(10_000);
  });

  it('is read as far as 64 KB', async () => {
    gateway.behave(() => ({ body: { id: 'm-1', rest: 'x'.repeat(5_000_000) } }));

    await expect(sent({ referencePath: 'length(body)' })).resolves.toMatchObject({ kind: 'sent', reference: '65536' });
  });
});

describe('through the API', () => {
  let app: TestApp;
  let client: TestClient;
  beforeAll(async () => {
    app = await anApp();
  }, 60_000);
  afterAll(() => app.close());
  beforeEach(async () => {
    client = await aClient(app);
  });

  const whole = { $: 'message' };
  it.each<[string, object, object, object]>([
    ['sms', { phone: '+4915112345678' }, { text: 'Hi' }, { to: '+4915112345678', text: 'Hi', from: null }],
    [
      'email',
      { email: 'ann@example.com', name: 'Ann' },
      anEmail({ attachments: [{ name: 'a.txt', contentType: 'text/plain', content: 'SMOkPw==' }] }),
      { to: { name: 'Ann', address: 'ann@example.com' }, subject: 'Hello', attachments: [{ content: 'SMOkPw==' }] },
    ],
    [
      'webhook',
      { url: 'https://shop.example/hook' },
      { body: { a: 1 } },
      { url: 'https://shop.example/hook', body: { a: 1 } },
    ],
    [
      'push',
      { userId: 'ann' },
      { title: 'Hello', body: 'Hello there' },
      { title: 'Hello', device: { kind: 'apns', address: { token: 'a-token-of-an-iphone' } } },
    ],
  ])('%s goes out', async (channel, to, content, expected) => {
    await client.master.post('/users/ann/devices', { kind: 'apns', token: 'a-token-of-an-iphone' });
    const providerId = await aProvider(client, 'http', settings({ channel, body: whole, referencePath: 'body.id' }));
    const { deliveries } = await reached(
      client,
      await send(client, { to, channels: { [channel]: content } }),
      'completed',
    );

    expect(deliveries).toMatchObject([{ status: 'sent', providerId, attempts: 1 }]);
    expect(bodyOf(gateway.calls[0])).toMatchObject(expected);
  });

  it('shows no header’s value, and keeps those that come back masked', async () => {
    const headers = { Authorization: `Bearer ${TOKEN}`, 'X-Account': 'shop' };
    const id = await aProvider(client, 'http', settings({ headers }));
    const shown = (await client.master.get(`/providers/${id}`)).body.settings;
    expect(shown).toEqual(settings({ headers: { Authorization: '••••', 'X-Account': '••••' } }));

    await client.master.patch(`/providers/${id}`, {
      settings: { headers: { ...shown.headers, 'X-Account': 'other' } },
    });
    await reached(
      client,
      await send(client, { to: { phone: sms.to }, channels: { sms: { text: 'Hi' } } }),
      'completed',
    );
    expect(gateway.calls[0]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'x-account': 'other' });
  });

  it('keeps no header’s value of what the gateway says', async () => {
    await aProvider(client, 'http', settings());
    gateway.behave(() => ({ status: 400, body: `bad token ${TOKEN} in "Bearer ${TOKEN}"` }));
    const id = await send(client, { to: { phone: sms.to }, channels: { sms: { text: 'Hi' } } });
    await deliveryReached(client, id, 'failed');

    const timeline = await timelineOf(client, id);
    expect(timeline).toContainEqual(expect.objectContaining({ detail: '400 bad token •••• in "••••"' }));
    expect(JSON.stringify(timeline)).not.toContain(TOKEN);
  });

  it.each<[string, object, string, string]>([
    ['an expression that is none', { body: { a: { 'b/c': [{ $: 'message.' }] } } }, '/body/a/b~1c/0/$', 'jmespath'],
    ['a function that there is not', { body: { $: 'eval(message)' } }, '/body/$', 'jmespath'],
    ['an expression that is long', { body: { $: 'a'.repeat(1_001) } }, '/body/$', 'jmespath'],
    ['a condition that is none', { success: { when: '&&' } }, '/success/when', 'jmespath'],
    ['a reference that is none', { referencePath: 'body[' }, '/referencePath', 'jmespath'],
    [
      'too many expressions',
      { body: { l: Array.from({ length: 101 }, () => ({ $: 'a' })) } },
      '/body',
      'max_expressions',
    ],
    ['a body too large', { body: { a: 'x'.repeat(20_000) } }, '', 'max_bytes'],
    ['a header in two lines', { headers: { 'X-A': 'a\r\nX-B: b' } }, '/headers/X-A', 'header_value'],
    ['a header that is no text', { headers: { 'X-A': 1 } }, '/headers/X-A', 'header_value'],
    ['a header of no name', { headers: { 'X A': 'a' } }, '/headers/X A', 'header_name'],
    ['a header of the call itself', { headers: { Host: 'a' } }, '/headers/Host', 'header_reserved'],
    ['a header twice', { headers: { 'X-A': 'a', 'x-a': 'b' } }, '/headers/x-a', 'header_twice'],
    ['a method that sends no body', { method: 'GET' }, '/method', 'is_in'],
    ['no channel', { channel: 'pigeon' }, '/channel', 'unknown_channel'],
    ['a channel of the house', { channel: 'websocket' }, '/channel', 'unknown_channel'],
    ['a status that is none', { success: { status: [200, 'ok'] } }, '/success/status', 'is_int'],
  ])('refuses to keep %s', async (_what, wish, pointer, code) => {
    const wrong = await client.master.post('/providers', { kind: 'http', name: 'SMS', settings: settings(wish) });

    expect(wrong.status).toBe(400);
    expect(wrong.body.errors).toContainEqual(expect.objectContaining({ pointer: `/settings${pointer}`, code }));
  });

  it('refuses in a change as well', async () => {
    const id = await aProvider(client, 'http', settings());
    const { status, body } = await client.master.patch(`/providers/${id}`, { settings: { referencePath: '[' } });

    expect([status, body.errors[0].pointer]).toEqual([400, '/settings/referencePath']);
  });
});

it('serves a channel that a plugin brings', async () => {
  class PigeonContent {
    @Text({ max: 10 }) readonly text: string;
  }
  class PigeonChannel implements Channel<PigeonContent, object> {
    addressesOf = (): Address[] => [];
    messageOf = ({ text }: PigeonContent): object => ({ text });
  }
  DeliveryChannel({ name: 'pigeon', title: 'Pigeon', content: PigeonContent })(PigeonChannel);
  const plugin = definePlugin({ name: 'pigeons', compatibility: '^1.0.0', channels: [PigeonChannel] });
  const module = await Test.createTestingModule({ imports: [ExtensionModule.of([plugin, http])] }).compile();
  await module.init();

  expect(module.get(ProviderRegistry).find('http')?.channels).toEqual(['pigeon']);
  await module.close();
});
