import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anEnvironment } from '../support/app.js';
import { aProcess, type TestProcess } from '../support/processes.js';
import { rows } from '../support/rows.js';
import { aDatabase } from '../support/servers.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Neither is UTC, nor a whole number of hours from it, nor the other. */
const [OF_THE_DATABASE, OF_THE_PROCESS] = ['Asia/Kathmandu', 'America/St_Johns'];
let environment: NodeJS.ProcessEnv;
let service: TestProcess;
let client: TestClient;

beforeAll(async () => {
  environment = await anEnvironment({ DATABASE_URL: await aDatabase() });
  const name = new URL(environment.DATABASE_URL ?? '').pathname.slice(1);
  await rows({ environment }, `ALTER DATABASE ${name} SET timezone = '${OF_THE_DATABASE}'`);
  service = await aProcess({ ...environment, TZ: OF_THE_PROCESS });
  client = await aClient(service);
}, 60_000);

afterAll(() => service.stop());

const isNow = (at: unknown): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(at)) &&
  Math.abs(Date.parse(String(at)) - Date.now()) < MINUTE_MS;

it('no column keeps a time without its zone', async () => {
  const columns = await rows(
    { environment },
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type IN ('timestamp without time zone', 'time without time zone')`,
  );

  expect(columns).toEqual([]);
});

it('lists come in their order, with times of UTC, whatever zones the database and the process are in', async () => {
  const quiet = await aRoom(client, { type: 'support', members: ['ann'] });
  const busy = await aRoom(client, { type: 'support', members: ['ann'] });
  const ann = client.master.as('ann');
  await ann.post('/messages', { roomId: quiet, content: 'First' });
  await ann.post('/messages', { roomId: busy, content: 'Second' });

  const rooms = (await ann.get('/rooms')).body.data as { id: string; createdAt: string; updatedAt: string }[];
  const expiring = await client.master.get('/rooms/expiring?within=60d');
  const days = expiring.body.data.map(
    ({ deactivatesAt }: { deactivatesAt: string }) => (Date.parse(deactivatesAt) - Date.now()) / DAY_MS,
  ) as number[];
  const messages = (await ann.get(`/messages?roomId=${busy}`)).body.data as { createdAt: string }[];

  expect(rooms.map(({ id }) => id)).toEqual([busy, quiet]);
  expect(rooms.every(({ createdAt, updatedAt }) => isNow(createdAt) && isNow(updatedAt))).toBe(true);
  expect(messages.every(({ createdAt }) => isNow(createdAt))).toBe(true);
  expect(expiring.status).toBe(200);
  expect(expiring.body.data.map(({ roomId }: { roomId: string }) => roomId)).toEqual([quiet, busy]);
  expect(days.map((left) => Number(left.toFixed(2)) % 1)).toEqual([0, 0]); // whole days from now
});

it('what is to come at a time comes at that time, in whatever zone it is said', async () => {
  const at = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 3_600_000);
  const inTokyo = new Date(at.getTime() + 9 * 3_600_000).toISOString().replace('Z', '+09:00');
  const { body } = await client.master.post('/notifications/send', {
    ...{ to: { userId: 'ann' }, channels: { websocket: { body: 'Hello' } }, sendAt: inTokyo },
  });

  const [work] = await rows<{ seconds: number }>(
    { environment },
    `SELECT extract(epoch FROM w.run_at)::float8 AS seconds FROM work_items w JOIN deliveries d ON d.id = w.id WHERE d.notification_id = $1`,
    [body.id],
  );
  expect(work?.seconds).toBe(at.getTime() / 1_000);
});
