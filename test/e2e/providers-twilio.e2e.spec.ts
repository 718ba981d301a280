import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Outcome, SmsMessage } from '../../src/extension/index.js';
import { TwilioProvider } from '../../src/plugins/twilio/twilio.provider.js';
import { A_DELIVERY, aCallContext } from '../builders/call-context.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { deliveryReached, reached, send } from '../builders/notifications.js';
import { aProvider } from '../builders/providers.js';
import { aStatusCallback, aTwilio, type FakeTwilio } from '../fakes/twilio.js';
import type { VendorReply } from '../fakes/vendor.js';
import { anApp, type TestApp } from '../support/app.js';
import { aListener } from '../support/mailbox.js';
import { Opened } from '../support/opened.js';

const accountSid = 'AC00000000000000000000000000000001';
const authToken = 'token-0123456789abcdef';
const provider = new TwilioProvider();

let twilio: FakeTwilio;
const settings = (wish: object = {}) => ({ accountSid, authToken, from: '+15005550006', baseUrl: twilio.url, ...wish });

const opened = new Opened();
beforeEach(async () => {
  twilio = await opened.keep(aTwilio({ accountSid, authToken }));
});
afterEach(() => opened.closeAll());

const sms = (wish: Partial<SmsMessage> = {}): SmsMessage => ({ to: '+14155550100', text: 'Hi', from: null, ...wish });

describe('through the API', () => {
  let app: TestApp;
  let client: TestClient;
  beforeAll(async () => {
    app = await anApp({ PUBLIC_URL: 'https://chat.example' });
  }, 60_000);
  afterAll(() => app.close());
  beforeEach(async () => {
    client = await aClient(app);
  });

  const sendSms = (phone: string, wish: object = {}) =>
    send(client, { to: { phone }, channels: { sms: { text: 'Your code is 4711. Grüße 👋', ...wish } } });

  it('a text message is handed over', async () => {
    const id = await aProvider(client, 'twilio', settings());
    const { deliveries } = await reached(client, await sendSms('+14155550100'), 'completed');

    expect(deliveries).toMatchObject([{ status: 'sent', providerId: id, attempts: 1 }]);
    expect(twilio.messages).toMatchObject([
      {
        To: '+14155550100',
        From: '+15005550006',
        Body: 'Your code is 4711. Grüße 👋',
      },
    ]);
  });

  it('to a number that is none has failed', async () => {
    await aProvider(client, 'twilio', settings());

    await expect(reached(client, await sendSms('+15005550001'), 'failed')).resolves.toMatchObject({
      deliveries: [{ status: 'failed', reason: 'invalid_recipient' }],
    });
  });

  it('to somebody who replied STOP has failed, and marketing goes there no more', async () => {
    await aProvider(client, 'twilio', settings());
    const id = await sendSms('+15005550004');
    const { deliveries } = await reached(client, id, 'failed');

    expect(deliveries).toMatchObject([{ reason: 'provider_rejected', unsubscribedAt: expect.stringMatching(/Z$/) }]);
    expect((await client.master.get('/suppressions')).body.data).toMatchObject([
      { channel: 'sms', address: '+15005550004', reason: 'unsubscribe' },
    ]);
  });

  it('whose connection is lost is not sent again', async () => {
    twilio.behave(() => 'drop');
    await aProvider(client, 'twilio', settings());
    const delivery = await deliveryReached(client, await sendSms('+14155550100'), 'unknown');

    expect(delivery.attempts).toBe(1);
    expect(twilio.calls).toHaveLength(1);
  });

  it('the sender is one or the other', async () => {
    const { status, body } = await client.master.post('/providers', {
      ...{ kind: 'twilio', name: 'Both' },
      settings: settings({ messagingServiceSid: 'MG1' }),
    });

    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ pointer: '/settings/messagingServiceSid', code: 'without' }]);
  });

  it('the credentials are verified', async () => {
    const verify = async (wish: object) => {
      const id = await aProvider(client, 'twilio', settings(wish));
      return (await client.master.post(`/providers/${id}/verify`)).body;
    };

    await expect(verify({})).resolves.toEqual({ ok: true, detail: null });
    await expect(verify({ authToken: 'another' })).resolves.toMatchObject({
      ok: false,
      detail: expect.stringContaining('401'),
    });
  });
});

describe('who sends', () => {
  it.each<[string, object, SmsMessage, object]>([
    ['the settings', {}, sms(), { From: '+15005550006' }],
    ['the message', {}, sms({ from: 'SHOP' }), { From: 'SHOP' }],
    ['a messaging service', { from: undefined, messagingServiceSid: 'MG1' }, sms(), { MessagingServiceSid: 'MG1' }],
    [
      'the message over a service',
      { from: undefined, messagingServiceSid: 'MG1' },
      sms({ from: '+1500' }),
      { From: '+1500' },
    ],
  ])('is named by %s', async (_who, wish, message, fields) => {
    await provider.send(aCallContext(settings(wish)), message);

    const [{ sid, To, Body, ...named } = {}] = twilio.messages;
    expect({ To, Body }).toEqual({ To: '+14155550100', Body: 'Hi' });
    expect(named).toEqual(fields); // and no StatusCallback, without an address for it
  });

  it('nobody is named: nothing is sent', async () => {
    const outcome = await provider.send(aCallContext(settings({ from: undefined })), sms());

    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'provider_rejected' });
    expect(twilio.calls).toEqual([]);
  });
});

describe('what Twilio answers', () => {
  const refusal = (status: number, code: number): VendorReply => ({ status, body: { code, message: 'no', status } });

  it.each<[string, VendorReply, object]>([
    ['a number that is none', refusal(400, 21_211), { kind: 'rejected', reason: 'invalid_recipient' }],
    ['a number out of reach', refusal(400, 21_214), { kind: 'rejected', reason: 'invalid_recipient' }],
    ['what is no number', refusal(400, 21_217), { kind: 'rejected', reason: 'invalid_recipient' }],
    ['a landline', refusal(400, 21_614), { kind: 'rejected', reason: 'invalid_recipient' }],
    [
      'somebody who replied STOP',
      refusal(400, 21_610),
      { kind: 'rejected', reason: 'provider_rejected', recipientSaid: 'unsubscribed' },
    ],
    ['another refusal', refusal(400, 21_617), { kind: 'rejected', reason: 'provider_rejected' }],
    ['too much', { status: 429, headers: { 'retry-after': '9' } }, { fault: 'recipient', retryAfterSeconds: 9 }],
    ['a full queue', refusal(400, 21_611), { kind: 'failed', fault: 'recipient' }],
    ['bad credentials', refusal(401, 20_003), { kind: 'failed', fault: 'provider' }],
    ['no account', refusal(404, 20_404), { kind: 'failed', fault: 'provider' }],
    ['a sender that cannot send', refusal(400, 21_606), { kind: 'failed', fault: 'provider' }],
    ['its own fault', refusal(500, 20_500), { kind: 'failed', fault: 'provider' }],
    ['maintenance', { status: 503 }, { kind: 'failed', fault: 'provider' }],
    ['nothing, by a gateway', { status: 504 }, { kind: 'unknown' }],
    ['success without an id', { status: 200, body: '<html>' }, { kind: 'unknown' }],
    ['nothing: the connection is lost', 'drop', { kind: 'unknown' }],
    ['success', { status: 201, body: { sid: 'SM1' } }, { kind: 'sent', reference: 'SM1' }],
  ])('decides over the message: %s', async (_what, reply, outcome) => {
    twilio.behave(() => reply);
    await expect(provider.send(aCallContext(settings()), sms())).resolves.toMatchObject(outcome);
  });

  it.each<VendorReply>(['hang', 'drip'])('is not waited for past the deadline: %s', async (reply) => {
    twilio.behave(() => reply);
    const begun = Date.now();
    const outcome = await provider.send(aCallContext(settings(), { signal: AbortSignal.timeout(300) }), sms());

    expect(outcome).toMatchObject({ kind: 'unknown' });
    expect(Date.now() - begun).toBeLessThan(10_000);
  });

  it.each<[string, (port: number) => object, object]>([
    ['a port where nobody listens', (port) => ({ baseUrl: `http://127.0.0.1:${port}` }), { fault: 'provider' }],
    ['a private network', () => ({ baseUrl: 'http://10.0.0.1' }), { kind: 'rejected', reason: 'ssrf_blocked' }],
  ])('cannot be doubted where there never was a connection: %s', async (_where, wish, expected) => {
    const gone = await aListener();
    await gone.close();
    const outcome: Outcome = await provider.send(aCallContext(settings(wish(gone.port))), sms());

    expect(outcome.kind).not.toBe('unknown');
    expect(outcome).toMatchObject(expected);
  });
});

describe('a status callback', () => {
  const url = `https://chat.example/api/v1/providers/1/events?delivery=${A_DELIVERY}`;
  const told = (fields: Readonly<Record<string, string>>, at = url) =>
    provider.receipts(
      settings(),
      aStatusCallback(at, { MessageSid: 'SM1', AccountSid: accountSid, ...fields }, authToken),
    );

  it('is taken by the signature of Twilio’s own example', () => {
    const example = new URLSearchParams({
      ...{ CallSid: 'CA1234567890ABCDE', Caller: '+14158675309', Digits: '1234' },
      ...{ From: '+14158675309', To: '+18005551212' },
    });
    const request = {
      url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
      headers: { 'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' },
      query: {},
      body: Buffer.from(example.toString()),
    };

    expect(provider.receipts(settings({ authToken: '12345' }), request)).toEqual([]);
    expect(() => provider.receipts(settings({ authToken: '12346' }), request)).toThrow('not valid');
  });

  it.each([
    ['queued', '', []],
    ['sending', '', []],
    ['sent', '', ['sent']],
    ['delivered', '', ['delivered']],
    ['undelivered', '30003', ['failed']],
    ['undelivered', '30005', ['bounced']],
    ['undelivered', '30006', ['failed']],
    ['failed', '30007', ['failed']],
    ['failed', '21610', ['failed', 'unsubscribed']],
  ])('%s %s is %j', (MessageStatus, ErrorCode, kinds) => {
    const receipts = told({ MessageStatus, ...(ErrorCode && { ErrorCode }) });

    expect(receipts.map(({ kind }) => kind)).toEqual(kinds);
    expect(new Set(receipts.map(({ token }) => token)).size).toBe(kinds.length);
  });

  it('names the delivery and the message, and is the same when it is told again', () => {
    const fields = { MessageStatus: 'undelivered', ErrorCode: '30003', ErrorMessage: 'Unreachable' };
    const [receipt] = told(fields);

    expect(receipt).toMatchObject({
      deliveryId: A_DELIVERY,
      reference: 'SM1',
      detail: 'undelivered 30003 Unreachable',
    });
    expect(told(fields)[0]?.token).toBe(receipt?.token);
    expect(told({ ...fields, MessageStatus: 'failed' })[0]?.token).not.toBe(receipt?.token);
    expect(told(fields, 'https://chat.example/events?delivery=none')[0]).not.toHaveProperty('deliveryId');
  });

  it('is taken whether its port is named or not', () => {
    const signed = aStatusCallback(
      url.replace('.example', '.example:443'),
      { MessageSid: 'SM1', MessageStatus: 'sent' },
      authToken,
    );

    expect(provider.receipts(settings(), { ...signed, url })).toHaveLength(1);
    const plain = aStatusCallback(url, { MessageSid: 'SM1', MessageStatus: 'sent' }, authToken);
    expect(provider.receipts(settings(), { ...plain, url: signed.url })).toHaveLength(1);
  });

  const genuine = aStatusCallback(url, { MessageSid: 'SM1', MessageStatus: 'delivered' }, authToken);
  it.each([
    ['another key', { headers: aStatusCallback(url, { MessageSid: 'SM1', MessageStatus: 'delivered' }, 'x').headers }],
    ['none', { headers: {} }],
    ['another status', { body: Buffer.from('MessageSid=SM1&MessageStatus=failed') }],
    ['one field more', { body: Buffer.from(`${genuine.body.toString()}&ErrorCode=1`) }],
    ['another delivery', { url: url.replace(A_DELIVERY, '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c99') }],
  ])('is refused with a signature for %s', (_what, wish) => {
    expect(() => provider.receipts(settings(), { ...genuine, ...wish })).toThrow(
      expect.objectContaining({ name: 'InvalidSignature' }),
    );
  });
});
