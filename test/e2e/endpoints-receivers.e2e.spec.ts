import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, type TestClient } from '../builders/clients.js';
import { anEndpoint, tell, type TestEndpoint } from '../builders/endpoints.js';
import { anExpiredServer } from '../fakes/expired-tls.js';
import { aReceiver, type Receiver } from '../fakes/receiver.js';
import type { VendorReply } from '../fakes/vendor.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { rows } from '../support/rows.js';

/** The deadline of a call is half the lease here. */
const LEASE_SECONDS = 4;

let app: TestApp;
let receiver: Receiver;
let client: TestClient;
const manners = new Map<string, VendorReply>();

beforeAll(async () => {
  receiver = await aReceiver();
  app = await anApp({ WORK_LEASE_SECONDS: String(LEASE_SECONDS) });
}, 60_000);

afterAll(async () => {
  await app.close();
  await receiver.close();
});

beforeEach(async () => {
  client = await aClient(app);
  manners.clear();
  receiver.calls.length = 0;
  receiver.behave(({ path }) => manners.get(path) ?? { status: 200, body: 'ok' });
});

interface Attempt {
  readonly webhookId: string;
  readonly status: string;
  readonly statusCode: number | null;
  readonly error: string | null;
  readonly durationMs: number;
  readonly address: string | null;
  readonly detail: string | null;
  readonly response: string | null;
  readonly at: string;
  readonly nextAttemptAt: string | null;
}

const attemptsOf = async ({ id }: TestEndpoint): Promise<Attempt[]> =>
  (await client.master.get(`/webhooks/endpoints/${id}/attempts?limit=100`)).body.data as Attempt[];
const firstAttempt = (endpoint: TestEndpoint): Promise<Attempt> =>
  eventually(async () => (await attemptsOf(endpoint)).at(-1) ?? false, { withinMs: 20_000 });
const isUntouched = () => eventually(() => receiver.received('/healthy').length === 1);

describe('a receiver that misbehaves', () => {
  it.each<[string, VendorReply, Partial<Attempt>]>([
    ['hangs', 'hang', { statusCode: null, error: 'timeout', detail: 'The deadline has passed.' }],
    ['drips', 'drip', { statusCode: null, error: 'timeout', detail: 'The deadline has passed.' }],
    ['breaks the connection', 'drop', { statusCode: null, error: 'connection' }],
    [
      'redirects to the metadata service',
      { status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data' } },
      { statusCode: 302, error: 'http' },
    ],
    ['answers without end', 'flood', { statusCode: 200, error: null, response: 'x'.repeat(4_096) }],
    [
      'answers with 10,000 headers',
      { headers: Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`x-${n}`, 'x'])) },
      { statusCode: null, error: 'protocol' },
    ],
    ['refuses', { status: 400, body: 'no\0 thanks' }, { statusCode: 400, error: 'http', response: 'no thanks' }],
  ])(
    'holds up nobody: one that %s',
    async (_what, manner, seen) => {
      // A path of its own: what others were told here before may be tried again meanwhile.
      const path = `/bad/${client.id}`;
      manners.set(path, manner);
      await anEndpoint(client, `${receiver.url}/healthy`);
      const bad = await anEndpoint(client, `${receiver.url}${path}`);
      await tell(app, client, {});
      await isUntouched();

      const attempt = await firstAttempt(bad);
      expect(attempt).toMatchObject({ ...seen, address: '127.0.0.1' });
      expect(attempt.durationMs).toBeLessThan((LEASE_SECONDS / 2) * 1_000 + 1_000);
      if (seen.error !== null) expect(attempt.nextAttemptAt).not.toBeNull();
      expect(receiver.received(path)).toHaveLength(1); // no redirect, no second try before its time
    },
    30_000,
  );

  it('holds up nobody: one whose certificate has expired', async () => {
    const expired = await anExpiredServer();
    try {
      await anEndpoint(client, `${receiver.url}/healthy`);
      const bad = await anEndpoint(client, expired.url);
      await tell(app, client, {});
      await isUntouched();

      expect(await firstAttempt(bad)).toMatchObject({ statusCode: null, error: 'tls' });
      expect(expired.calls()).toBe(0);
    } finally {
      await expired.close();
    }
  });

  it('is left alone for as long as it asks, with everything that there is for it', async () => {
    manners.set('/busy', { status: 429, headers: { 'retry-after': '3600' } });
    const busy = await anEndpoint(client, `${receiver.url}/busy`);
    await anEndpoint(client, `${receiver.url}/healthy`);
    await tell(app, client, {});
    const attempt = await firstAttempt(busy);
    expect(Date.parse(String(attempt.nextAttemptAt)) - Date.parse(attempt.at)).toBeGreaterThan(3_590_000);
    await tell(app, client, {}, {});

    await eventually(async () => {
      const waiting = await rows<{ soon: boolean }>(
        app,
        `SELECT run_at < now() + interval '59 minutes' AS soon FROM work_items WHERE client_id = '${client.id}' AND state = 'ready'`,
      );
      return waiting.length === 3 && waiting.every(({ soon }) => !soon);
    });
    expect(receiver.received('/busy')).toHaveLength(1);
    await eventually(() => receiver.received('/healthy').length === 3);
    // At another address it is another matter.
    await client.master.patch(`/webhooks/endpoints/${busy.id}`, { url: `${receiver.url}/elsewhere` });
    await eventually(() => receiver.received('/elsewhere').length === 2);
  }, 30_000);

  it('honours a Retry-After that is a date', async () => {
    const date = new Date(Date.now() + 7_200_000).toUTCString();
    manners.set('/busy', { status: 503, headers: { 'retry-after': date } });
    const busy = await anEndpoint(client, `${receiver.url}/busy`);
    await tell(app, client, {});

    const attempt = await firstAttempt(busy);
    expect(Date.parse(String(attempt.nextAttemptAt)) - Date.parse(attempt.at)).toBeGreaterThan(7_100_000);
  });
});

describe('an address that may not be called', () => {
  let open: Server;

  beforeAll(async () => {
    // Reached by a name, so that it is looked at when it is called.
    open = createServer((socket) => socket.end());
    open.listen(0, '127.0.0.1');
    await once(open, 'listening');
  });
  afterAll(() => void open.close());

  it('ends as `ssrf_blocked` at once, in the same words whether somebody listens there or not', async () => {
    const house = await anApp({ EGRESS_ALLOW_CIDRS: '' });
    try {
      const tenant = await aClient(house);
      const { port } = open.address() as { port: number };
      const said = [];
      let connections = 0;
      open.on('connection', () => connections++);
      for (const target of [port, 9]) {
        const endpoint = await anEndpoint(tenant, `http://localhost:${target}/`);
        await tenant.master.post(`/webhooks/endpoints/${endpoint.id}/test`, {});
        await tell(house, tenant, {});
        const attempts = await eventually(async () => {
          const { data } = (await tenant.master.get(`/webhooks/endpoints/${endpoint.id}/attempts`)).body;
          return data.length === 2 && (data as Attempt[]);
        });
        for (const { error, detail, address, statusCode, response, nextAttemptAt } of attempts)
          said.push({ error, detail, address, statusCode, response, nextAttemptAt });
        const { data } = (await tenant.master.get(`/webhooks/endpoints/${endpoint.id}/deliveries`)).body;
        expect(data).toMatchObject([
          { status: 'failed', reason: 'ssrf_blocked' },
          { status: 'failed', reason: 'ssrf_blocked' },
        ]);
        await tenant.master.delete(`/webhooks/endpoints/${endpoint.id}`);
      }
      expect(said).toEqual(
        Array.from({ length: 4 }, () => ({
          ...{ error: 'ssrf_blocked', detail: 'The address is not one that this service may connect to.' },
          ...{ address: null, statusCode: null, response: null, nextAttemptAt: null },
        })),
      );
      expect(connections).toBe(0);
    } finally {
      await house.close();
    }
  }, 30_000);
});

describe('several endpoints that hang', () => {
  it('leave the others of their client what they need', async () => {
    const hanging = Array.from({ length: 9 }, (_, n) => `/hang-${n}`);
    hanging.forEach((path) => manners.set(path, 'hang'));
    for (const path of hanging) await anEndpoint(client, `${receiver.url}${path}`, { limits: { inFlight: 100 } });
    await anEndpoint(client, `${receiver.url}/healthy`, { limits: { inFlight: 50 } });
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, receiver.open())), 20);
    for (let n = 0; n < 10; n++) await tell(app, client, ...Array.from({ length: 20 }, () => ({})));

    await eventually(() => receiver.received('/healthy').length === 200, { withinMs: 25_000 });
    clearInterval(watch);
    // Of each one or two at a time: nearly all of the 1,800 calls wait, and not one of them in a slot.
    for (const path of hanging) expect(receiver.received(path).length).toBeLessThan(50);
    expect(most).toBeLessThanOrEqual(9 * 2 + 50);

    // Well again, one is told all that has waited, soon.
    manners.set(hanging[0]!, { status: 200 });
    await eventually(() => new Set(receiver.received(hanging[0]).map(({ id }) => id)).size === 200, {
      withinMs: 30_000,
    });
  }, 90_000);
});
