import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEndpoint, tell } from '../builders/endpoints.js';
import { aReceiver, type Receiver } from '../fakes/receiver.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aProcess, type TestProcess } from '../support/processes.js';
import { rows } from '../support/rows.js';

let app: TestApp;
let receiver: Receiver;
let client: TestClient;
const workers: TestProcess[] = [];

beforeAll(async () => {
  receiver = await aReceiver();
  app = await anApp({ ROLE: 'api', WORK_LEASE_SECONDS: '10' });
}, 60_000);

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await app.close();
  await receiver.close();
});

beforeEach(async () => {
  client = await aClient(app);
  receiver.behave();
  receiver.calls.length = 0;
});

async function aWorker(): Promise<TestProcess> {
  const worker = await aProcess({ ...app.environment, ROLE: 'worker' });
  workers.push(worker);
  return worker;
}

it('a call whose worker is killed before it could say how it ended is made again, under the same id', async () => {
  const endpoint = await anEndpoint(client, `${receiver.url}/killed`);
  const worker = await aWorker();
  receiver.behave(() => 'hang');
  await tell(app, client, {});
  await eventually(() => receiver.received('/killed').length === 1);

  await worker.kill();
  receiver.behave();
  await aWorker();
  await eventually(() => receiver.received('/killed').length === 2, { withinMs: 30_000 });

  const [first, second] = receiver.received('/killed');
  expect(second?.id).toBe(first?.id);
  expect(second?.call.body).toEqual(first?.call.body);
  const { data } = await eventually(async () => {
    const { body } = await client.master.get(`/webhooks/endpoints/${endpoint.id}/attempts`);
    return body.data.length === 2 && body;
  });
  expect(data).toMatchObject([
    { n: 2, status: 'succeeded', error: null },
    { n: 1, status: 'unknown', error: 'lost' },
  ]);
}, 90_000);

it('a replay goes on where its worker was killed, and leaves nothing out', async () => {
  const endpoint = await anEndpoint(client, `${receiver.url}/replayed`, { enabled: false, limits: { inFlight: 50 } });
  for (let n = 0; n < 4; n++) await tell(app, client, ...Array.from({ length: 500 }, () => ({})));
  const path = `/webhooks/endpoints/${endpoint.id}`;
  await client.master.patch(path, { enabled: true });
  const { body } = await client.master.post(`${path}/replay`, { from: '2026-01-01T00:00:00.000Z' });
  expect(body.count).toBe(2_000);

  const worker = await aWorker();
  await eventually(() => receiver.calls.length > 0);
  await worker.kill();
  await aWorker();
  await eventually(() => new Set(receiver.received().map(({ id }) => id)).size === 2_000, { withinMs: 60_000 });
  const replay = (await client.master.get(`${path}/replays/${body.id}`)).body;
  expect(replay).toMatchObject({ status: 'done', count: 2_000, done: 2_000 });
}, 120_000);

it('nothing of a secret is stored, logged or shown in clear', async () => {
  const header = 'Bearer a-very-secret-header-value';
  receiver.behave(({ headers }) => ({ status: 500, body: `you sent ${headers.authorization}` }));
  const endpoint = await anEndpoint(client, `${receiver.url}/secret`, { headers: { Authorization: header } });
  await tell(app, client, {});
  const attempts = await eventually(async () => {
    const reply = await client.master.get(`/webhooks/endpoints/${endpoint.id}/attempts`);
    return reply.body.data.length > 0 && reply.body.data;
  });

  expect(attempts[0].response).toBe('you sent ••••');
  const shown = JSON.stringify([
    (await client.master.get('/webhooks/endpoints')).body,
    (await client.master.get(`/webhooks/endpoints/${endpoint.id}`)).body,
    attempts,
  ]);
  const tables = await rows<{ name: string }>(
    app,
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const stored = (
    await Promise.all(tables.map(({ name }) => rows<{ text: string }>(app, `SELECT t::text AS text FROM ${name} t`)))
  ).flat();
  const written = workers.map((worker) => worker.output()).join('\n');
  const secrets = [endpoint.secret, endpoint.secret.slice('whsec_'.length), header, 'a-very-secret-header-value'];
  for (const secret of secrets) {
    expect(shown).not.toContain(secret);
    expect(written).not.toContain(secret);
    expect(stored.filter(({ text }) => text.includes(secret))).toEqual([]);
  }
}, 60_000);
