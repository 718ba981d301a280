import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Clock } from '../../src/platform/database/index.js';
import { EndpointsCleaning } from '../../src/modules/endpoints/endpoints-cleaning.js';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anEndpoint, tell, type TestEndpoint } from '../builders/endpoints.js';
import { aReceiver, type Received, type Receiver } from '../fakes/receiver.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { rows } from '../support/rows.js';

const DAY_SECONDS = 86_400;

let app: TestApp;
let receiver: Receiver;
let client: TestClient;
let path: string;

beforeAll(async () => {
  receiver = await aReceiver();
  app = await anApp({ WORK_LEASE_SECONDS: '10' });
}, 60_000);

afterAll(async () => {
  await app.close();
  await receiver.close();
});

beforeEach(async () => {
  client = await aClient(app);
  path = `/${randomUUID()}`;
  receiver.behave();
  receiver.calls.length = 0;
});

const here = (wish: object = {}): Promise<TestEndpoint> => anEndpoint(client, `${receiver.url}${path}`, wish);
const came = (count: number): Promise<Received[]> =>
  eventually(() => receiver.received(path).length >= count && receiver.received(path));
const idsThatCame = (): string[] => receiver.received(path).map(({ id }) => id);

const get = async (what: string) => (await client.master.get(`/webhooks/endpoints/${what}`)).body;
const deliveriesOf = async ({ id }: TestEndpoint, query = '') =>
  (await get(`${id}/deliveries${query}`)).data as {
    webhookId: string;
    status: string;
    reason: string;
    attempts: number;
  }[];
const attemptsOf = async ({ id }: TestEndpoint, query = '') =>
  (await get(`${id}/attempts${query}`)).data as Record<string, unknown>[];
const ended = (endpoint: TestEndpoint, status: string, count: number) =>
  eventually(async () => {
    const found = await deliveriesOf(endpoint, `?status=${status}&limit=100`);
    return found.length >= count && found;
  });

async function replayed({ id }: TestEndpoint, wish: object, count: number): Promise<void> {
  const { status, body } = await client.master.post(`/webhooks/endpoints/${id}/replay`, wish);
  expect([status, body]).toEqual([202, { id: expect.any(String), count }]);
  const replay = await eventually(async () => {
    const seen = await get(`${id}/replays/${body.id}`);
    return seen.status === 'done' && seen;
  });
  expect(replay).toMatchObject({ id: body.id, count, done: count, finishedAt: expect.any(String) });
}

describe('what is sent in a room', () => {
  it('reaches the endpoint in the order of its sequence, as REST shows it', async () => {
    await here({ eventTypes: ['message.created'] });
    const roomId = await aRoom(client, { type: 'group', name: 'Team', members: ['ann'] });
    const sent = await client.master.as('ann').post('/messages', { roomId, content: 'Hello' });

    const [got] = await came(1);
    expect(got?.body).toMatchObject({ type: 'message.created', roomId, sequence: expect.any(Number) });
    expect(got?.body.data).toMatchObject({ id: sent.body.id, content: 'Hello', senderId: 'ann' });
  });
});

describe('the log', () => {
  it('has each call, the newest first, and pages through them', async () => {
    const endpoint = await here();
    receiver.behave(() => ({ status: 200, body: `thanks \0 ${'ü'.repeat(4_000)}` }));
    await tell(app, client, {}, {}, {});
    await ended(endpoint, 'delivered', 3);

    const attempts = await attemptsOf(endpoint);
    expect(attempts).toHaveLength(3);
    expect(attempts[0]).toEqual({
      ...{ id: expect.any(String), webhookId: expect.any(String), type: 'message.created', n: 1 },
      ...{ at: expect.any(String), status: 'succeeded', statusCode: 200, durationMs: expect.any(Number) },
      ...{ error: null, detail: null, response: expect.stringMatching(/^thanks {2}ü+$/), address: '127.0.0.1' },
      nextAttemptAt: null,
    });
    expect(Buffer.byteLength(String(attempts[0]?.response))).toBeLessThanOrEqual(4_096);
    const first = await get(`${endpoint.id}/attempts?limit=2`);
    const second = await get(`${endpoint.id}/attempts?limit=2&cursor=${first.nextCursor}`);
    expect([...first.data, ...second.data]).toEqual(attempts);
    expect(second.nextCursor).toBeNull();
    expect(await attemptsOf(endpoint, `?webhookId=${String(attempts[1]?.webhookId)}`)).toEqual([attempts[1]]);
    expect(await attemptsOf(endpoint, '?status=failed')).toEqual([]);
  });

  it('says what failed, when it is tried again, and under which id: always the same', async () => {
    const endpoint = await here();
    let tries = 0;
    receiver.behave(() => (++tries === 1 ? { status: 500, body: 'broken' } : {}));
    await tell(app, client, {});
    const [failed] = await eventually(async () => {
      const found = await attemptsOf(endpoint);
      return found.length > 0 && found;
    });

    expect(failed).toMatchObject({ status: 'failed', statusCode: 500, error: 'http', response: 'broken' });
    const pause = Date.parse(String(failed?.nextAttemptAt)) - Date.parse(String(failed?.at));
    expect(pause).toBeGreaterThanOrEqual(5_000);
    expect(pause).toBeLessThan(7_000);
    expect(await deliveriesOf(endpoint)).toMatchObject([{ status: 'pending', reason: 'http', attempts: 1 }]);
    await ended(endpoint, 'delivered', 1);
    expect(new Set(idsThatCame()).size).toBe(1);
    expect(receiver.received(path)).toHaveLength(2);
    expect((await attemptsOf(endpoint)).map(({ n, status }) => [n, status])).toEqual([
      [2, 'succeeded'],
      [1, 'failed'],
    ]);
  }, 30_000);

  it('says nothing of an event that the filter leaves out, but that it was skipped', async () => {
    const endpoint = await here({ filter: "type == 'message.created' && data.amount > `10`" });
    const broken = await here({ filter: 'abs(data.amount)' });
    await tell(app, client, { data: { id: '1', amount: 5 } }, { data: { id: '2', amount: 50 } });
    await tell(app, client, { type: 'message.updated', data: { id: '3', amount: 'much' } });

    expect((await ended(endpoint, 'skipped', 2)).map(({ reason }) => reason)).toEqual(['filtered', 'filtered']);
    await ended(endpoint, 'delivered', 1);
    expect(await ended(broken, 'failed', 1)).toMatchObject([{ reason: 'filter_failed', attempts: 0 }]);
  });
});

describe('a test', () => {
  it('is made once, signed, of whatever type, also while the endpoint is disabled', async () => {
    const endpoint = await here({ eventTypes: ['room.*'], enabled: false });
    receiver.behave(() => ({ status: 500 }));
    const test = (body: object) => client.master.post(`/webhooks/endpoints/${endpoint.id}/test`, body);
    const [plain, typed] = [await test({}), await test({ eventType: 'message.created' })];

    expect([plain.status, typed.status]).toEqual([202, 202]);
    const got = await came(2);
    expect(Object.fromEntries(got.map(({ id, type }) => [id, type]))).toEqual({
      [plain.body.id]: 'endpoint.test',
      [typed.body.id]: 'message.created',
    });
    expect(got.find(({ type }) => type === 'endpoint.test')?.body.data).toMatchObject({ endpointId: endpoint.id });
    expect(got.find(({ type }) => type === 'message.created')?.body.data).toHaveProperty('senderId');
    expect(await ended(endpoint, 'failed', 2)).toMatchObject([{ reason: 'http' }, { reason: 'http' }]);
    const { status, body } = await test({ eventType: 'no.such' });
    expect([status, body.errors[0].pointer]).toEqual([400, '/eventType']);
  });
});

describe('the types of events', () => {
  it('are those of the code, each with the JSON schema that its calls fit', async () => {
    const { data } = (await client.master.get('/webhooks/event-types')).body as {
      data: { type: string; summary: string; schema: object }[];
    };
    const types = data.map(({ type }) => type);

    expect(types).toEqual(
      expect.arrayContaining(['message.created', 'room.created', 'endpoint.disabled', 'endpoint.test']),
    );
    const { Ajv } = await import('ajv');
    const { default: addFormats } = await import('ajv-formats');
    const ajv = new Ajv({ strict: false });
    (addFormats as unknown as (ajv: unknown) => void)(ajv);
    const fits = Object.fromEntries(data.map(({ type, schema }) => [type, ajv.compile(schema)]));
    await here();
    const roomId = await aRoom(client, { type: 'group', name: 'Team', members: ['ann'] });
    await client.master.as('ann').post('/messages', { roomId, content: 'Hello' });
    for (const { type, body } of await came(2))
      expect([type, fits[type]?.(body), fits[type]?.errors]).toEqual([type, true, null]);
    expect(fits['message.created']?.({ id: randomUUID(), type: 'message.created' })).toBe(false);
  });
});

describe('a replay', () => {
  it('tells again what came to nothing, under the ids it had, and leaves the rest alone', async () => {
    const endpoint = await here({ eventTypes: ['message.*', 'room.*'] });
    receiver.behave(() => ({ status: 410 }));
    await tell(app, client, {});
    const [lost] = await ended(endpoint, 'failed', 1);
    expect(lost).toMatchObject({ reason: 'gone' });
    // While it is disabled it is told of nothing, and nothing is forgotten.
    await tell(app, client, {}, { type: 'room.created' });
    receiver.behave();
    const refused = await client.master.post(`/webhooks/endpoints/${endpoint.id}/replay`, {
      from: '2026-01-01T00:00:00Z',
    });
    expect([refused.status, refused.body.code]).toEqual([409, 'endpoint_disabled']);
    await client.master.patch(`/webhooks/endpoints/${endpoint.id}`, { enabled: true });
    await tell(app, client, {});
    await ended(endpoint, 'delivered', 1);
    receiver.calls.length = 0;

    const from = '2026-01-01T00:00:00.000Z';
    await replayed(endpoint, { from, only: 'missing' }, 2);
    await ended(endpoint, 'delivered', 3);
    expect(
      receiver
        .received(path)
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['message.created', 'room.created']);
    await replayed(endpoint, { from, only: 'undelivered' }, 1);
    await ended(endpoint, 'delivered', 4);
    expect(idsThatCame()).toContain(lost?.webhookId);
    await replayed(endpoint, { from, only: 'failed' }, 0);
    receiver.calls.length = 0;

    await replayed(endpoint, { from }, 4);
    await came(4);
    receiver.calls.length = 0;
    await replayed(endpoint, { ids: [lost?.webhookId, randomUUID()] }, 1);
    await came(1);
    expect(idsThatCame()).toEqual([lost?.webhookId]);
    await replayed(endpoint, { from, to: '2026-02-01T00:00:00.000Z' }, 0);
  }, 40_000);

  it('is told what an attempt log that is gone had', async () => {
    const endpoint = await here();
    await tell(app, client, {});
    await ended(endpoint, 'delivered', 1);
    await rows(app, 'DELETE FROM webhook_attempts');
    await rows(app, `DELETE FROM work_items WHERE kind = 'webhooks' AND client_id = '${client.id}'`);
    receiver.calls.length = 0;

    await replayed(endpoint, { from: '2026-01-01T00:00:00.000Z' }, 1);
    await came(1);
    expect(await eventually(async () => (await attemptsOf(endpoint)).length > 0 && attemptsOf(endpoint))).toMatchObject(
      [{ n: 2 }],
    );
  });

  it('goes over more than one batch', async () => {
    const endpoint = await here({ enabled: false });
    for (let n = 0; n < 3; n++) await tell(app, client, ...Array.from({ length: 400 }, () => ({})));
    await client.master.patch(`/webhooks/endpoints/${endpoint.id}`, { enabled: true, limits: { inFlight: 50 } });

    await replayed(endpoint, { from: '2026-01-01T00:00:00.000Z', only: 'missing' }, 1_200);
    await eventually(() => new Set(idsThatCame()).size === 1_200, { withinMs: 30_000 });
    expect(idsThatCame()).toHaveLength(1_200);
  }, 60_000);

  it.each<[object, string]>([
    [{}, '/from'],
    [{ to: '2026-01-01T00:00:00Z' }, '/from'],
    [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, '/to'],
    [{ ids: [randomUUID()], from: '2026-01-02T00:00:00Z' }, '/from'],
    [{ ids: ['no id'] }, '/ids'],
    [{ from: '2026-01-02T00:00:00Z', only: 'some' }, '/only'],
  ])('is not made of %j', async (wish, pointer) => {
    const { id } = await here();
    const { status, body } = await client.master.post(`/webhooks/endpoints/${id}/replay`, wish);
    expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
  });
});

describe('an endpoint that is no good', () => {
  it('is disabled after five days of nothing but failures, and the others hear of it', async () => {
    const endpoint = await here({ eventTypes: ['message.*'] });
    const other = `/${randomUUID()}`;
    await anEndpoint(client, `${receiver.url}${other}`, { eventTypes: ['endpoint.*'] });
    receiver.behave(({ path: called }) => ({ status: called === other ? 200 : 500 }));
    await tell(app, client, {});
    await eventually(async () => (await get(endpoint.id)).failingSince !== null);

    try {
      app.part(Clock).advance(5 * DAY_SECONDS - 60);
      await tell(app, client, {});
      await eventually(async () => (await attemptsOf(endpoint)).length >= 2);
      expect((await get(endpoint.id)).status).toBe('active');
      app.part(Clock).advance(120);
      await tell(app, client, {});
      const disabled = await eventually(async () => {
        const seen = await get(endpoint.id);
        return seen.status === 'disabled' && seen;
      });

      expect(disabled).toMatchObject({ disabledReason: 'failing', disabledAt: expect.any(String) });
      const [told] = await eventually(() => receiver.received(other).length > 0 && receiver.received(other));
      expect(told?.body).toMatchObject({ type: 'endpoint.disabled', data: { id: endpoint.id, reason: 'failing' } });
      expect((await ended(endpoint, 'failed', 1)).at(0)).toMatchObject({ reason: 'endpoint_disabled' });
    } finally {
      app.part(Clock).advance(-(5 * DAY_SECONDS + 60));
    }
    const again = await client.master.patch(`/webhooks/endpoints/${endpoint.id}`, { enabled: true });
    expect(again.body).toMatchObject({ status: 'active', disabledReason: null, disabledAt: null, failingSince: null });
  }, 30_000);

  it('has its clock set back by one success', async () => {
    const endpoint = await here();
    receiver.behave(() => ({ status: 500 }));
    await tell(app, client, {});
    await eventually(async () => (await get(endpoint.id)).failingSince !== null);
    receiver.behave();
    await tell(app, client, {});

    await eventually(async () => (await get(endpoint.id)).failingSince === null);
  });

  it('is disabled at once by an answer of 410, and by hand', async () => {
    const [gone, manual] = [await here(), await here()];
    const other = `/${randomUUID()}`;
    await anEndpoint(client, `${receiver.url}${other}`, { eventTypes: ['endpoint.disabled'] });
    receiver.behave(({ path: called }) => ({ status: called === path ? 410 : 200 }));
    await client.master.patch(`/webhooks/endpoints/${manual.id}`, { enabled: false });
    await tell(app, client, {});

    await eventually(async () => (await get(gone.id)).disabledReason === 'gone');
    expect(await get(manual.id)).toMatchObject({ status: 'disabled', disabledReason: 'manual' });
    expect(await deliveriesOf(manual)).toEqual([]);
    await eventually(() => receiver.received(other).length === 2);
  });
});

describe('what is kept', () => {
  it('goes after its time, and with its endpoint', async () => {
    const [endpoint, removed] = [await here(), await here()];
    await tell(app, client, {});
    await Promise.all([ended(endpoint, 'delivered', 1), ended(removed, 'delivered', 1)]);
    const count = async (table: string) =>
      Number(
        (await rows<{ n: string }>(app, `SELECT count(*) AS n FROM ${table} WHERE client_id = '${client.id}'`))[0]?.n,
      );

    await client.master.delete(`/webhooks/endpoints/${removed.id}`);
    const cleaning = app.part(EndpointsCleaning);
    await cleaning.clean();
    expect(await count('webhook_endpoints')).toBe(1);
    expect(await count('webhook_deliveries')).toBe(1);
    app.part(Clock).advance(30 * DAY_SECONDS - 60);
    try {
      await cleaning.clean();
      expect(await count('webhook_outbound_events')).toBe(1);
      app.part(Clock).advance(120);
      await cleaning.clean();
    } finally {
      app.part(Clock).advance(-(30 * DAY_SECONDS + 60));
    }
    for (const table of ['webhook_outbound_events', 'webhook_deliveries', 'webhook_attempts'])
      expect([table, await count(table)]).toEqual([table, 0]);
  });
});
