import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import type { PushMessage } from '../../src/extension/index.js';
import { FcmProvider } from '../../src/plugins/fcm/fcm.provider.js';
import { A_DELIVERY, aCallContext } from '../builders/call-context.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { deliveryReached, reached, send, timelineOf } from '../builders/notifications.js';
import { aProvider } from '../builders/providers.js';
import { anFcm, type FakeFcm, fcmError } from '../fakes/fcm.js';
import type { VendorCall, VendorReply } from '../fakes/vendor.js';
import { anApp, type TestApp } from '../support/app.js';
import { Opened } from '../support/opened.js';

let provider: FcmProvider;
let fcm: FakeFcm;

const opened = new Opened();
beforeEach(async () => {
  provider = new FcmProvider();
  fcm = await opened.keep(anFcm());
});
afterEach(() => opened.closeAll());

const settings = (wish: object = {}) => ({ serviceAccount: fcm.serviceAccount, baseUrl: fcm.url, ...wish });
const push = (wish: Partial<PushMessage> = {}): PushMessage => ({
  device: { kind: 'fcm', address: { token: 'token-of-a-phone' } },
  ...{ title: 'Order confirmed', body: 'Grüße 👋', data: {}, collapseId: null, ttlSeconds: null },
  ...wish,
});
const sent = (wish: Partial<PushMessage> = {}, more: object = {}) =>
  provider.send(aCallContext(settings(more)), push(wish));
const calls = (path: string): VendorCall[] => fcm.calls.filter((call) => call.path === path);
/** FCM answers so, and Google gives tokens as ever. */
const answers = (reply: VendorReply): void =>
  fcm.behave((call) => (call.path === '/token' ? { body: { access_token: 'ya29.given', expires_in: 3_599 } } : reply));

describe('a push', () => {
  it('goes out in FCM’s own form, with texts alone as its data', async () => {
    const data = { order: 4711, nested: { a: [1, null] }, text: 'plain', yes: true };
    await expect(sent({ data, collapseId: 'order-4711', ttlSeconds: 3_600 })).resolves.toEqual({
      kind: 'sent',
      reference: 'projects/corner-shop/messages/1',
    });

    expect(fcm.messages).toEqual([
      {
        token: 'token-of-a-phone',
        notification: { title: 'Order confirmed', body: 'Grüße 👋' },
        data: { order: '4711', nested: '{"a":[1,null]}', text: 'plain', yes: 'true', deliveryId: A_DELIVERY },
        android: { collapse_key: 'order-4711', notification: { tag: 'order-4711' }, ttl: '3600s' },
        apns: { headers: { 'apns-collapse-id': 'order-4711', 'apns-expiration': expect.stringMatching(/^\d{10}$/) } },
      },
    ]);
  });

  it('for now or never has no time to live, and a plain one says nothing of it', async () => {
    await sent({ ttlSeconds: 0 });
    await sent();

    expect(fcm.messages).toMatchObject([{ android: { ttl: '0s' }, apns: { headers: { 'apns-expiration': '0' } } }, {}]);
    expect(Object.keys(fcm.messages[1] ?? {})).toEqual(['token', 'notification', 'data']);
  });

  it('to a browser goes nowhere', async () => {
    const subscription = { endpoint: 'https://push.example', keys: { p256dh: '', auth: '' } };

    await expect(sent({ device: { kind: 'webpush', address: { subscription } } })).resolves.toMatchObject({
      reason: 'invalid_recipient',
    });
    expect(fcm.calls).toEqual([]);
  });
});

describe('the access token', () => {
  it('is fetched once for many, however many come at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => sent()));
    await sent();

    expect(outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => 'sent'));
    expect(fcm.tokens).toHaveLength(1);
  });

  it('is another for another account', async () => {
    const other = await opened.keep(anFcm('another-shop'));
    await sent();
    await provider.send(aCallContext({ serviceAccount: other.serviceAccount, baseUrl: other.url }), push());

    expect([fcm.tokens.length, other.tokens.length, other.messages.length]).toEqual([1, 1, 1]);
  });

  it('is not used when it is about to end', async () => {
    fcm.tokenSeconds = 59;
    await sent();
    await sent();

    expect(fcm.tokens).toHaveLength(2);
  });

  it('that is taken back is replaced, once for all who had it', async () => {
    await sent();
    fcm.revoked.add(fcm.tokens[0] ?? '');
    const outcomes = await Promise.all([sent(), sent(), sent()]);

    expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'sent']);
    expect(fcm.tokens).toHaveLength(2);
  });

  it('is asked for twice at most', async () => {
    answers({ status: 401, body: { error: { status: 'UNAUTHENTICATED' } } });

    await expect(sent()).resolves.toMatchObject({ kind: 'failed', fault: 'provider' });
    expect(calls('/token')).toHaveLength(2);
    expect(fcm.calls).toHaveLength(4);
  });

  it.each<[VendorReply, object]>([
    [{ status: 400, body: { error: 'invalid_grant' } }, { fault: 'provider' }],
    [{ status: 401 }, { fault: 'provider' }],
    [{ status: 404 }, { fault: 'provider' }],
    [{ status: 200, body: '<html>' }, { fault: 'provider' }],
    [
      { status: 503, headers: { 'retry-after': '7' } },
      { fault: 'provider', retryAfterSeconds: 7 },
    ],
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { fault: 'provider', retryAfterSeconds: 7 },
    ],
    ['drop', { fault: 'provider' }],
  ])('that Google refuses by %j is the provider’s fault, and no device’s', async (reply, outcome) => {
    fcm.behave(() => reply);

    await expect(sent()).resolves.toMatchObject({ kind: 'failed', ...outcome });
    expect(calls('/v1/projects/corner-shop/messages:send')).toEqual([]);
    fcm.behave();
    await expect(sent()).resolves.toMatchObject({ kind: 'sent' });
  });

  it('that one call has waited too long for is fetched for the next one in line', async () => {
    let asked = 0;
    fcm.behave(() => (asked++ === 0 ? 'hang' : { body: { access_token: 'x', expires_in: 3_599, name: 'm' } }));
    const impatient = provider.send(aCallContext(settings(), { signal: AbortSignal.timeout(2_000) }), push());
    const next = sent();

    await expect(impatient).resolves.toMatchObject({ kind: 'failed', timedOut: true });
    await expect(next).resolves.toMatchObject({ kind: 'sent' });
  });

  it('comes from the address in the settings before the one in the file', async () => {
    const serviceAccount = { ...fcm.serviceAccount, token_uri: 'https://nowhere.example/token' };

    await expect(sent({}, { serviceAccount, tokenUrl: `${fcm.url}/token` })).resolves.toMatchObject({ kind: 'sent' });
  });

  it('is not asked for in a private network', async () => {
    const tokenUrl = 'http://10.0.0.1/token';

    await expect(sent({}, { tokenUrl })).resolves.toMatchObject({ kind: 'rejected', reason: 'ssrf_blocked' });
  });
});

describe('what FCM answers', () => {
  const violation = (field: string): VendorReply => ({
    status: 400,
    body: { error: { status: 'INVALID_ARGUMENT', message: 'no', details: [{ fieldViolations: [{ field }] }] } },
  });
  const html = (status: number): VendorReply => ({ status, body: '<!DOCTYPE html>' });

  it.each<[string, VendorReply, object]>([
    ['an app that is gone', fcmError(404, 'UNREGISTERED'), { reason: 'invalid_recipient', isGone: true }],
    ['a token that is none', violation('message.token'), { reason: 'invalid_recipient', isGone: true }],
    ['a field that is wrong', violation('message.data'), { reason: 'provider_rejected' }],
    ['an argument that is wrong', fcmError(400, 'INVALID_ARGUMENT'), { reason: 'provider_rejected' }],
    ['another project’s app', fcmError(403, 'SENDER_ID_MISMATCH'), { reason: 'invalid_recipient' }],
    ['too many', fcmError(429, 'QUOTA_EXCEEDED'), { fault: 'recipient', retryAfterSeconds: 60 }],
    ['out of order', fcmError(503, 'UNAVAILABLE'), { fault: 'provider' }],
    ['its own fault', fcmError(500, 'INTERNAL'), { fault: 'provider' }],
    ['a bad key for Apple', fcmError(401, 'THIRD_PARTY_AUTH_ERROR'), { fault: 'provider' }],
    ['no right to send', fcmError(403, 'PERMISSION_DENIED'), { fault: 'provider' }],
    ['a token not found', { status: 404, body: { error: { status: 'NOT_FOUND' } } }, { reason: 'invalid_recipient' }],
    ['no such page', html(404), { fault: 'provider' }],
    ['a bad gateway', html(502), { fault: 'provider' }],
    ['success that is none', html(200), { fault: 'provider' }],
    ['nothing', 'drop', { fault: 'provider' }],
  ])('decides over the push: %s', async (_what, reply, outcome) => {
    answers(reply);

    await expect(sent()).resolves.toMatchObject(outcome);
  });

  it('says how long to wait', async () => {
    for (const code of ['QUOTA_EXCEEDED', 'UNAVAILABLE']) {
      answers({ ...fcmError(code === 'UNAVAILABLE' ? 503 : 429, code), headers: { 'retry-after': '9' } });
      await expect(sent()).resolves.toMatchObject({ kind: 'failed', retryAfterSeconds: 9 });
    }
  });

  it('of a key for Apple is not taken for a word about the access token', async () => {
    answers(fcmError(401, 'THIRD_PARTY_AUTH_ERROR'));
    await sent();

    expect(calls('/token')).toHaveLength(1);
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

  const aPhone = async (token: string): Promise<string> =>
    ((await client.master.post('/users/ann/devices', { kind: 'fcm', token })).body as { id: string }).id;
  const sendPush = () =>
    send(client, { to: { userId: 'ann' }, channels: { push: { title: 'Hello', body: 'Hello there' } } });
  const devices = async () => ((await client.master.get('/users/ann/devices')).body as { data: { id: string }[] }).data;

  it('a push reaches the phone, and one whose app is gone is removed', async () => {
    const providerId = await aProvider(client, 'fcm', settings());
    const phone = await aPhone('token-of-a-phone');
    await aPhone('gone-token-of-a-tablet');
    const { deliveries } = await reached(client, await sendPush(), 'partially_failed');

    expect(deliveries).toContainEqual(expect.objectContaining({ status: 'sent', recipient: phone, providerId }));
    expect(deliveries).toContainEqual(expect.objectContaining({ status: 'failed', reason: 'invalid_recipient' }));
    expect(fcm.messages).toMatchObject([{ token: 'token-of-a-phone' }]);
    await expect(devices()).resolves.toMatchObject([{ id: phone }]);
  });

  it('nothing of the service account is shown but the names, nor stored of what Google says', async () => {
    const id = await aProvider(client, 'fcm', settings());
    const { body } = await client.master.get(`/providers/${id}`);
    expect(Object.keys(body.settings.serviceAccount)).toEqual(Object.keys(fcm.serviceAccount));
    expect(new Set(Object.values(body.settings.serviceAccount))).toEqual(new Set(['••••']));

    fcm.behave(() => ({
      status: 400,
      body: `who is ${fcm.serviceAccount.client_email ?? ''}? ${fcm.serviceAccount.private_key ?? ''}`,
    }));
    await aPhone('token-of-a-phone');
    const notification = await sendPush();
    await deliveryReached(client, notification, 'retrying');
    const line = (fcm.serviceAccount.private_key ?? '').split('\n')[5] ?? '-';
    const said = JSON.stringify(await timelineOf(client, notification));
    expect(said).not.toContain(line);
    expect(said).not.toContain('iam.gserviceaccount.com');
  });

  it('a change that sends the account back masked keeps it', async () => {
    const id = await aProvider(client, 'fcm', settings());
    const { serviceAccount } = (await client.master.get(`/providers/${id}`)).body.settings;
    await client.master.patch(`/providers/${id}`, { settings: { serviceAccount } });

    await expect(client.master.post(`/providers/${id}/verify`)).resolves.toMatchObject({ body: { ok: true } });
    expect(fcm.messages).toEqual([]);
  });

  it('the credentials are verified', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const id = await aProvider(client, 'fcm', settings({ serviceAccount: { ...fcm.serviceAccount, private_key } }));

    await expect(client.master.post(`/providers/${id}/verify`)).resolves.toMatchObject({
      body: { ok: false, detail: expect.stringContaining('Invalid JWT Signature.') },
    });
  });

  it.each<[string, object, string[]]>([
    [
      'nothing',
      { project_id: '', client_email: 1, private_key: null },
      ['/project_id', '/client_email', '/private_key'],
    ],
    ['a key that is none', { private_key: 'c' }, ['/private_key']],
    ['a project that leads elsewhere', { project_id: '../x' }, ['/project_id']],
    ['an address that is none', { token_uri: 'ftp://x' }, ['/token_uri']],
  ])('%s makes no service account', async (_what, wish, pointers) => {
    const { status, body } = await client.master.post('/providers', {
      ...{ kind: 'fcm', name: 'Push' },
      settings: settings({ serviceAccount: { ...fcm.serviceAccount, ...wish } }),
    });

    expect(status).toBe(400);
    expect((body.errors as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual(
      pointers.map((pointer) => `/settings/serviceAccount${pointer}`),
    );
  });
});
