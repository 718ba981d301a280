import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { aClient, type TestClient } from '../builders/clients.js';
import { anEmail, deliveryReached, reached, send, timelineOf } from '../builders/notifications.js';
import { aProvider } from '../builders/providers.js';
import { anApp, type TestApp } from '../support/app.js';

describe('through the API', () => {
  let app: TestApp;
  let client: TestClient;
  beforeAll(async () => {
    app = await anApp({ WORK_LEASE_SECONDS: '4' });
  }, 60_000);
  afterAll(() => app.close());
  beforeEach(async () => {
    client = await aClient(app);
  });

  const FATES = [
    ['delivered', 0, 'delivered', null],
    ['bounced', 1, 'bounced', 'hard_bounce'],
    ['complained', 2, 'delivered', null],
    ['failed', 3, 'failed', 'provider_rejected'],
    ['timeout', 4, 'retrying', 'provider_timeout'],
    ['busy', 6, 'retrying', null],
    ['gone', 7, 'failed', 'invalid_recipient'],
  ] as const;
  const aDevice = (token: string) => client.master.post('/users/ann/devices', { kind: 'fcm', token });
  const SENT = {
    email: (fate: string) => ({ to: { email: `${fate}@simulator.test` }, channels: { email: anEmail() } }),
    sms: (_fate: string, digit: number) => ({
      to: { phone: `+1555000000${digit}` },
      channels: { sms: { text: 'Hi' } },
    }),
    webhook: (fate: string) => ({ to: { url: `https://simulator.test/${fate}` }, channels: { webhook: { body: {} } } }),
    push: () => ({ to: { userId: 'ann' }, channels: { push: { title: 'Hello', body: 'Hello there' } } }),
  };
  const CHANNELS = Object.keys(SENT) as (keyof typeof SENT)[];

  it.each(CHANNELS.flatMap((channel) => FATES.map((fate) => [channel, ...fate] as const)))(
    'by %s, %s (%d) is %s, %s',
    async (channel, fate, digit, status, reason) => {
      const providerId = await aProvider(client, 'simulator', { channel });
      if (channel === 'push') await aDevice(`${fate}@simulator.test`);
      const id = await send(client, SENT[channel](fate, digit));

      await expect(deliveryReached(client, id, status)).resolves.toMatchObject({ channel, reason, providerId });
    },
  );

  it('a device that is gone is removed', async () => {
    await aProvider(client, 'simulator', { channel: 'push' });
    await aDevice('gone@simulator.test');
    await reached(client, await send(client, SENT.push()), 'failed');

    expect((await client.master.get('/users/ann/devices')).body.data).toEqual([]);
  });

  it('stands in for its own channel alone', async () => {
    await aProvider(client, 'simulator', { channel: 'sms' });

    await expect(reached(client, await send(client, SENT.email('delivered')), 'failed')).resolves.toMatchObject({
      deliveries: [{ reason: 'no_provider' }],
    });
  });

  it('is in the catalog with every channel that providers serve, and its recipients', async () => {
    const { body } = await client.master.get('/providers/catalog');
    const simulator = body.data.find(({ kind }: { kind: string }) => kind === 'simulator');

    expect(simulator.channels.sort()).toEqual(['email', 'push', 'sms', 'webhook']);
    expect(simulator.settings.properties.channel.enum.sort()).toEqual(['email', 'push', 'sms', 'webhook']);
    expect(simulator.settings.properties.channel.description).toContain('bounced@');
  });

  it.each([
    ['none', {}],
    ['one that there is not', { channel: 'pigeon' }],
    ['one that the house delivers itself', { channel: 'websocket' }],
  ])('is refused with a channel of its own: %s', async (_what, settings) => {
    const { status, body } = await client.master.post('/providers', { kind: 'simulator', name: 'Sim', settings });

    expect(status).toBe(400);
    expect(body.errors).toContainEqual(expect.objectContaining({ pointer: '/settings/channel' }));
  });

  it('keeps its channel', async () => {
    const id = await aProvider(client, 'simulator', { channel: 'sms' });
    const { status, body } = await client.master.patch(`/providers/${id}`, { settings: { channel: 'email' } });

    expect([status, body.errors]).toEqual([
      400,
      [expect.objectContaining({ pointer: '/settings/channel', code: 'fixed' })],
    ]);
    expect((await client.master.patch(`/providers/${id}`, { settings: { channel: 'sms' } })).status).toBe(200);
  });

  it('a complaint is shown at the delivery, and nothing but what is critical goes there again', async () => {
    await aProvider(client, 'simulator', { channel: 'email' });
    const sendOnce = async (category: string) => {
      const channels = { email: anEmail() };
      return send(client, { to: { email: 'complained@simulator.test' }, channels, category });
    };
    const id = await sendOnce('transactional');
    const { deliveries } = await reached(client, id, 'completed');

    expect(deliveries).toMatchObject([{ status: 'delivered', complainedAt: expect.stringMatching(/Z$/) }]);
    expect((await timelineOf(client, id)).map(({ type }) => type)).toContain('complained');
    await expect(reached(client, await sendOnce('transactional'), 'failed')).resolves.toMatchObject({
      deliveries: [{ status: 'suppressed', reason: 'suppressed' }],
    });
    await reached(client, await sendOnce('critical'), 'completed');
  });
});
