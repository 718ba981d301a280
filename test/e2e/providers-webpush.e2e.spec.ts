import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import webPush from 'web-push';
import type { PushMessage } from '../../src/extension/index.js';
import { DevicesService } from '../../src/modules/users/devices.service.js';
import { Database } from '../../src/platform/database/index.js';
import type { Principal } from '../../src/platform/security/index.js';
import { WebPushProvider } from '../../src/plugins/webpush/webpush.provider.js';
import { A_DELIVERY, aCallContext } from '../builders/call-context.js';
import { aClient, type TestClient } from '../builders/clients.js';
import { reached, send } from '../builders/notifications.js';
import { aProvider } from '../builders/providers.js';
import { aPushService, type FakePushService } from '../fakes/push-service.js';
import type { VendorReply } from '../fakes/vendor.js';
import { anApp, type TestApp } from '../support/app.js';
import { Opened } from '../support/opened.js';

const { publicKey, privateKey } = webPush.generateVAPIDKeys();
const settings = { subject: 'mailto:push@shop.example', publicKey, privateKey };
const provider = new WebPushProvider();

let service: FakePushService;
const opened = new Opened();
beforeEach(async () => {
  service = await opened.keep(aPushService(publicKey));
});
afterEach(() => opened.closeAll());

const push = (wish: Partial<PushMessage> = {}): PushMessage => ({
  device: { kind: 'webpush', address: { subscription: service.subscription } },
  ...{ title: 'Order confirmed', body: 'Grüße 👋', data: { order: 4711 }, collapseId: null, ttlSeconds: null },
  ...wish,
});
const sent = (wish: Partial<PushMessage> = {}, more: object = {}) =>
  provider.send(aCallContext({ ...settings, ...more }), push(wish));

describe('a push', () => {
  it('is read by the browser that it is for, and signed by the sender', async () => {
    await expect(sent()).resolves.toMatchObject({ kind: 'sent', reference: `${service.url}/message/1` });

    const [{ payload, claims, headers } = await Promise.reject(new Error('no push'))] = service.pushes;
    expect(payload).toEqual({
      title: 'Order confirmed',
      body: 'Grüße 👋',
      data: { order: 4711 },
      deliveryId: A_DELIVERY,
    });
    expect(claims).toMatchObject({ aud: service.url, sub: settings.subject });
    expect(headers).toMatchObject({ ttl: '2419200', urgency: 'normal' });
    expect(headers).not.toHaveProperty('topic');
  });

  it('says how long it is kept, what it takes the place of, and how urgent it is', async () => {
    await sent({ collapseId: 'order-4711', ttlSeconds: 0 }, { urgency: 'high' });

    expect(service.pushes[0]?.headers).toMatchObject({ ttl: '0', topic: 'order-4711', urgency: 'high' });
    expect(service.pushes[0]?.payload).toMatchObject({ tag: 'order-4711' });
  });

  it('fits to the last byte, and is not sent with one more', async () => {
    await sent({ body: '' });
    const rest = 3_993 - Buffer.byteLength(JSON.stringify(service.pushes[0]?.payload));

    await expect(sent({ body: 'x'.repeat(rest) })).resolves.toMatchObject({ kind: 'sent' });
    await expect(sent({ body: 'x'.repeat(rest + 1) })).resolves.toMatchObject({
      kind: 'rejected',
      reason: 'provider_rejected',
      detail: 'The push is 3994 bytes long; 3993 fit.',
    });
    expect(service.calls.map(({ body }) => body.length)).toEqual([expect.any(Number), 4_096]);
  });

  it.each([
    ['a key that is too short', { p256dh: 'BAAA' }],
    ['a key that is not on the curve', { p256dh: `B${'A'.repeat(86)}` }],
    ['a secret that is too short', { auth: 'AAAA' }],
  ])('to a subscription with %s goes nowhere', async (_what, keys) => {
    const subscription = { ...service.subscription, keys: { ...service.subscription.keys, ...keys } };
    const device = { kind: 'webpush', address: { subscription } };

    await expect(sent({ device })).resolves.toMatchObject({ kind: 'rejected', reason: 'invalid_recipient' });
    expect(service.calls).toEqual([]);
  });

  it('does not reach into private networks', async () => {
    const context = aCallContext(settings, { allowed: '' });

    await expect(provider.send(context, push())).resolves.toMatchObject({ kind: 'rejected', reason: 'ssrf_blocked' });
    expect(service.calls).toEqual([]);
  });

  it.each<[VendorReply, object]>([
    ['drop', { kind: 'failed', fault: 'recipient' }],
    ['hang', { kind: 'failed', fault: 'recipient', timedOut: true }],
    ['drip', { kind: 'failed', fault: 'recipient', timedOut: true }],
  ])('whose service does %s is tried again, and is no other device’s trouble', async (reply, outcome) => {
    service.behave(() => reply);
    const signal = AbortSignal.timeout(300);

    await expect(provider.send(aCallContext(settings, { signal }), push())).resolves.toMatchObject(outcome);
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

  /** Browsers' endpoints are https, and the API takes no other; the fake's is not. */
  const aBrowser = async (userId: string): Promise<string> => {
    const caller = { clientId: client.id, keyType: 'master', userId: null } as Principal;
    const wish = { kind: 'webpush', subscription: service.subscription } as const;
    const { device } = await app
      .part(Database)
      .transaction((tx) => app.part(DevicesService).register(tx, caller, userId, wish));
    return device.id;
  };
  const sendPush = (userId: string) =>
    send(client, { to: { userId }, channels: { push: { title: 'Hello', body: 'Hello there' } } });
  const devicesOf = async (userId: string) =>
    ((await client.master.get(`/users/${userId}/devices`)).body as { data: { id: string }[] }).data;

  it('a push reaches the browser', async () => {
    const id = await aProvider(client, 'webpush', settings);
    const device = await aBrowser('ann');
    const { deliveries } = await reached(client, await sendPush('ann'), 'completed');

    expect(deliveries).toMatchObject([{ status: 'sent', recipient: device, providerId: id, attempts: 1 }]);
    expect(service.pushes[0]?.payload).toMatchObject({ title: 'Hello', deliveryId: deliveries[0]?.id });
  });

  it.each([404, 410])('a browser that is gone (%d) is removed', async (status) => {
    await aProvider(client, 'webpush', settings);
    await aBrowser('ann');
    service.behave(() => ({ status }));

    await expect(reached(client, await sendPush('ann'), 'failed')).resolves.toMatchObject({
      deliveries: [{ reason: 'invalid_recipient' }],
    });
    await expect(devicesOf('ann')).resolves.toEqual([]);
  });

  it('does not send to what is no browser', async () => {
    await aProvider(client, 'webpush', settings);
    await client.master.post('/users/ann/devices', { kind: 'fcm', token: 'a-token-of-a-phone' });

    await expect(reached(client, await sendPush('ann'), 'failed')).resolves.toMatchObject({
      deliveries: [{ reason: 'no_provider' }],
    });
  });

  it.each<[string, object, string, string]>([
    ['of another pair', { privateKey: webPush.generateVAPIDKeys().privateKey }, '/settings/privateKey', 'key_pair'],
    ['that is none', { publicKey: publicKey.slice(1) }, '/settings/publicKey', 'matches'],
    ['without anybody to reach', { subject: 'shop' }, '/settings/subject', 'matches'],
  ])('takes no key %s', async (_what, wish, pointer, code) => {
    const { status, body } = await client.master.post('/providers', {
      ...{ kind: 'webpush', name: 'Push' },
      settings: { ...settings, ...wish },
    });

    expect(status).toBe(400);
    expect(body.errors).toContainEqual(expect.objectContaining({ pointer, code }));
  });

  it('shows no private key', async () => {
    const id = await aProvider(client, 'webpush', settings);

    const { body } = await client.master.patch(`/providers/${id}`, {
      settings: { urgency: 'low', privateKey: '••••' },
    });
    expect(body.settings).toEqual({ ...settings, privateKey: '••••', urgency: 'low' });
  });
});
