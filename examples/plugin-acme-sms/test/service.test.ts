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

/** @returns the id of the notification */
async function accepted(wish: object): Promise<string> {
  const { status, body } = await call('POST', '/notifications/send', wish);
  assert.equal(status, 202, JSON.stringify(body));
  return body.id;
}

/** The one delivery of a notification. */
const deliveryOf = async (notification: string): Promise<any> =>
  (await call('GET', `/notifications/${notification}`)).body.deliveries[0];

/** The same, once it has come to a status. */
const deliveryWhen = (notification: string, status: string): Promise<any> =>
  eventually(async () => {
    const delivery = await deliveryOf(notification);
    return delivery.status === status ? delivery : null;
  });

async function eventually<T>(look: () => Promise<T>): Promise<T> {
  for (let looks = 0; looks < 1_000; looks++) {
    const seen = await look();
    if (seen) return seen;
    await pause(20);
  }
  throw new Error('It has not come about.');
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

  test('delivers a text message, from accept to what Acme tells of it', async () => {
    const wish = { to: { phone: '+4915112345678' }, channels: { sms: { text: 'Your parcel is here' } } };
    const notification = await accepted(wish);
    const { id } = await deliveryWhen(notification, 'sent');
    const message = acme.taken.find(({ reference }) => reference === id);
    assert.deepEqual([message?.to, message?.text], ['+4915112345678', 'Your parcel is here']);

    assert.equal(await acme.tell(id, 'delivered', 'a forger'), 401);
    assert.equal((await deliveryOf(notification)).status, 'sent');
    assert.equal(await acme.tell(id, 'delivered'), 200);

    await deliveryWhen(notification, 'delivered');
  });

  test('fails what Acme says is no number', async () => {
    const notification = await accepted({ to: { phone: NOBODY }, channels: { sms: { text: 'Hello' } } });

    assert.equal((await deliveryWhen(notification, 'failed')).reason, 'invalid_recipient');
  });

  test('delivers on a channel that the service did not have before', async () => {
    await call('PUT', '/users/ann', { metadata: { pager: '4711' } });
    const notification = await accepted({
      to: { userId: 'ann' },
      channels: { pager: { text: 'Call the front desk' } },
    });

    assert.equal((await deliveryWhen(notification, 'delivered')).channel, 'pager');
    const pages = acme.taken.filter(({ pager }) => pager === '4711');
    assert.deepEqual(
      pages.map(({ text }) => text),
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
