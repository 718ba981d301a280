import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { notificationOf, reached, send } from '../builders/notifications.js';
import { anApp, type TestApp } from '../support/app.js';
import { rows } from '../support/rows.js';

const LATER = '2100-01-01T00:00:00Z';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app);
}, 60_000);

afterAll(() => app.close());

const aDevice = async (user: string, token: string): Promise<string> =>
  ((await client.master.post(`/users/${user}/devices`, { kind: 'fcm', token })).body as { id: string }).id;
const push = (userId: string, wish: object = {}) => ({
  to: { userId },
  channels: { push: { title: 'Hello', body: 'Hello there' } },
  ...wish,
});

it('a push is one delivery for each of the user’s devices, and no device is no address', async () => {
  const devices = [await aDevice('ann', 'token-of-a-phone'), await aDevice('ann', 'token-of-a-tablet')];

  const seen = await reached(client, await send(client, push('ann')), 'failed');

  expect(seen.deliveries.map(({ recipient, reason }) => [recipient, reason])).toEqual(
    devices.map((id) => [id, 'no_provider']),
  );
  const { status, body } = await client.master.post('/notifications/send', push('bob'));
  expect([status, body.code]).toEqual([422, 'no_recipient']);
});

it('a device that was removed meanwhile has no address any more; the others have', async () => {
  const [gone, left] = [await aDevice('eve', 'token-that-goes'), await aDevice('eve', 'token-that-stays')];
  const id = await send(client, push('eve', { sendAt: LATER }));
  await client.master.delete(`/users/eve/devices/${gone}`);
  for (const delivery of (await notificationOf(client, id)).deliveries)
    await rows(app, `UPDATE work_items SET run_at = now() WHERE id = $1 RETURNING id`, [delivery.id]);

  const seen = await reached(client, id, 'failed');

  expect(Object.fromEntries(seen.deliveries.map(({ recipient, reason }) => [recipient, reason]))).toEqual({
    [gone]: 'no_address',
    [left]: 'no_provider',
  });
});
