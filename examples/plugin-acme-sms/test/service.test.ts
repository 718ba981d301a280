import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startService, type TestService } from 'chatapi/testing';
import { aFakeAcme, API_KEY, type FakeAcme, NOBODY, SIGNING_SECRET } from './fake-acme.js';

/** As an operator names it. It is what `npm run build` has made. */
const PLUGIN = { CHATAPI_PLUGINS: '@acme/chatapi-sms' };

let acme: FakeAcme;
let service: TestService;

before(async () => {
  [acme, service] = await Promise.all([aFakeAcme(), startService({ settings: PLUGIN })]);
  const settings = { apiKey: API_KEY, signingSecret: SIGNING_SECRET, baseUrl: acme.url };
  for (const kind of ['acme-sms', 'acme-pager'])
    assert.equal((await call('POST', '/providers', { kind, name: kind, settings })).status, 201);
});
after(async () => {
  await Promise.all([service?.close(), acme?.close()]);
});

/** With a master key of the default client. */
async function call(method: string, path: string, body?: object) {
  const response = await fetch(`${service.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${service.clientKey}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as any };
}

/** Accepts a notification, and waits until its one delivery is as it should be. */
async function deliveryOf(wish: object, isAsItShouldBe: (delivery: any) => boolean): Promise<any> {
  const accepted = await call('POST', '/notifications/send', wish);
  assert.equal(accepted.status, 202, JSON.stringify(accepted.body));
  for (let look = 0; look < 1_000; look++) {
    const [delivery] = (await call('GET', `/notifications/${accepted.body.id}`)).body.deliveries;
    if (isAsItShouldBe(delivery)) return delivery;
    await pause(20);
  }
  throw new Error('The delivery has not come to be as it should.');
}

describe('the service with the plugin', () => {
  test('lists both kinds with what is to be set, and which of it is a secret', async () => {
    const { body } = await call('GET', '/providers/catalog');
    const ours = body.data.filter(({ kind }: any) => kind.startsWith('acme-'));

    assert.deepEqual(ours.map(({ kind }: any) => kind).sort(), ['acme-pager', 'acme-sms']);
    assert.deepEqual(ours[0].secrets, ['apiKey', 'signingSecret']);
    assert.deepEqual(ours[0].settings.required, ['apiKey']);
  });

  test('verifies the credentials at Acme', async () => {
    const { body } = await call('GET', '/providers');
    const { id } = body.data.find(({ kind }: any) => kind === 'acme-sms');

    assert.equal((await call('POST', `/providers/${id}/verify`)).body.ok, true);
  });

  test('sends a text message, from accept to what Acme took', async () => {
    const wish = { to: { phone: '+4915112345678' }, channels: { sms: { text: 'Your parcel is here' } } };
    const delivery = await deliveryOf(wish, ({ status }) => ['sent', 'delivered'].includes(status));

    const message = acme.taken.find(({ reference }) => reference === delivery.id);
    assert.deepEqual([message?.to, message?.text], ['+4915112345678', 'Your parcel is here']);
  });

  test('fails what Acme says is no number', async () => {
    const wish = { to: { phone: NOBODY }, channels: { sms: { text: 'Hello' } } };
    const delivery = await deliveryOf(wish, ({ status }) => status === 'failed');

    assert.equal(delivery.reason, 'invalid_recipient');
  });

  test('delivers on a channel that the service did not have before', async () => {
    await call('PUT', '/users/ann', { metadata: { pager: '4711' } });
    const wish = { to: { userId: 'ann' }, channels: { pager: { text: 'Call the front desk' } } };
    const delivery = await deliveryOf(wish, ({ status }) => status === 'delivered');

    assert.equal(delivery.channel, 'pager');
    assert.deepEqual(
      acme.taken.filter(({ pager }) => pager === '4711').map(({ text }) => text),
      ['Call the front desk'],
    );
  });

  test('checks contents of that channel like any other', async () => {
    const { status, body } = await call('POST', '/notifications/send', {
      to: { userId: 'ann' },
      channels: { pager: { text: '' } },
    });

    assert.equal(status, 400);
    assert.equal(body.errors[0].pointer, '/channels/pager/text');
  });
});
