import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Actor } from '../actor.js';
import type { HttpSinkActor } from '../baselines/http-sink.js';
import { type Bench, query } from '../bench.js';
import { besideInsert } from '../beside-insert.js';
import { CONTENT, NUMBER_HERE } from '../content.js';
import type { HttpLoadActor, HttpRequest } from '../load/http-load.js';
import type { Figure, Row } from '../row.js';
import { aClient, aRoom, type BenchClient, bodyOf, login, type ServiceProcess } from '../service.js';

const CONNECTIONS = 64;
const ROOMS = 16;
const EVENTS = 10_000;
const AT_ONCE = 50;
const POLL_MS = 20;
const PATIENCE_MS = 300_000;

/** What telling other systems costs whoever has none to tell, costs whoever has one, and how fast it is told. */
export const webhooks: Row = {
  name: 'webhooks',
  async run(bench) {
    return [...(await costs(bench)), await speed(bench), await door(bench)];
  },
};

/** Nobody works off what is queued here: it is the cost of the send that is looked at. */
async function costs(bench: Bench): Promise<Figure[]> {
  const environment = await bench.environment();
  const service = await bench.service('api', environment);
  const [alone, telling] = await Promise.all([aSender(service), aSender(service)]);
  const load = bench.actor<HttpLoadActor>('load/http-load');
  const { seconds } = bench.effort;
  const rateOf =
    ({ requests }: Sender) =>
    async (): Promise<number> =>
      (await load.call('http', { url: service.url, requests, connections: CONNECTIONS, seconds })).perSecond;
  const before = await bench.inTurn(rateOf(alone), rateOf(alone));
  bodyOf(await endpointOf(telling.client, 'http://127.0.0.1:9/never', ['message.*']));
  const beside = await bench.inTurn(rateOf(telling), rateOf(alone));
  return [
    {
      what: 'POST /messages of a client without endpoints, beside one that has',
      unit: 'sends/s',
      budget: { atLeast: 0.9, goal: 1 },
      ...{ baseline: before.service, service: beside.service, baselineIs: 'the same before anybody had one' },
    },
    {
      what: 'POST /messages of a client with an endpoint for them',
      unit: 'sends/s',
      budget: 'none',
      ...{ baseline: beside.service, service: beside.baseline, baselineIs: 'of a client without' },
    },
  ];
}

/** A replay, so that nothing but telling is measured. API and worker are two processes. */
async function speed(bench: Bench): Promise<Figure> {
  const environment = await bench.environment();
  const [service] = await Promise.all([bench.service('api', environment), bench.service('worker', environment)]);
  const sink = bench.actor<HttpSinkActor>('baselines/http-sink');
  const url = await sink.call('listen');
  const { client, requests } = await aSender(service);
  const limits = { inFlight: AT_ONCE };
  const { id } = bodyOf<{ id: string }>(await endpointOf(client, url, ['message.created'], limits));
  const load = bench.actor<HttpLoadActor>('load/http-load');
  const wanted = Math.round(EVENTS * bench.effort.share);
  const from = new Date(Date.now() - 60_000).toISOString();
  const events = await sent(environment.DATABASE_URL, wanted, () =>
    load.call('http', { url: service.url, requests, connections: CONNECTIONS, seconds: 1 }),
  );
  await arrived(sink, events);
  const { seconds } = bench.effort;
  const body = JSON.stringify({ type: 'message.created', data: { content: CONTENT } });
  const bare: HttpRequest = { method: 'POST', path: '/', headers: signed(body), body };
  const compared = await bench.inTurn(
    async () => (await load.call('http', { url, requests: [bare], connections: AT_ONCE, seconds })).perSecond,
    async () => {
      const before = await sink.call('count');
      const begun = performance.now();
      const to = new Date(Date.now() + 60_000).toISOString();
      bodyOf(await client.master.post(`/webhooks/endpoints/${id}/replay`, { from, to }));
      await arrived(sink, before + events);
      return events / ((performance.now() - begun) / 1_000);
    },
  );
  return {
    what: `events replayed to one endpoint, ${AT_ONCE} in flight`,
    unit: 'calls/s',
    budget: 'none',
    ...{ ...compared, baselineIs: 'bare signed POSTs over kept connections, nothing stored' },
  };
}

/** Verified, stored, and answered; nobody works them off here. */
async function door(bench: Bench): Promise<Figure> {
  const environment = await bench.environment();
  const service = await bench.service('api', environment);
  const { client, roomId } = await aSender(service);
  const verification = { scheme: 'none' };
  const actions = [{ type: 'sendMessage', params: { roomId, senderId: 'user-0', content: { $: 'payload.text' } } }];
  const source = bodyOf<{ url: string }>(
    await client.master.post('/webhooks/sources', { event: 'order.paid', verification, actions }),
  );
  const { pathname } = new URL(source.url, service.url);
  const request: HttpRequest = {
    ...{ method: 'POST', path: pathname, isNumbered: true },
    body: JSON.stringify({ order: NUMBER_HERE, text: CONTENT }),
  };
  const calls = { databaseUrl: environment.DATABASE_URL, service, requests: [request], connections: CONNECTIONS };
  return {
    what: `POST /webhooks/{client}/{event}, ${CONNECTIONS} connections`,
    unit: 'accepted/s',
    budget: 'none',
    ...(await besideInsert(bench, calls)),
  };
}

/** @returns how many messages there are, which are enough */
async function sent(databaseUrl: string, wanted: number, send: () => Promise<unknown>): Promise<number> {
  for (;;) {
    await send();
    const [found] = await query<{ count: number }>(databaseUrl, 'SELECT count(*)::integer AS count FROM messages');
    if (found && found.count >= wanted) return found.count;
  }
}

interface Sender {
  readonly client: BenchClient;
  readonly roomId: string;
  readonly requests: readonly HttpRequest[];
}

async function aSender(service: ServiceProcess): Promise<Sender> {
  const client = await aClient(service);
  const key = await login(client, 'user-0');
  const rooms = await Promise.all(Array.from({ length: ROOMS }, () => aRoom(client, ['user-0', 'another'])));
  const requests = rooms.map((roomId): HttpRequest => ({
    method: 'POST',
    path: '/api/v1/messages',
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify({ roomId, content: CONTENT }),
  }));
  return { client, roomId: rooms[0] ?? '', requests };
}

const endpointOf = ({ master }: BenchClient, url: string, eventTypes: readonly string[], limits?: object) =>
  master.post('/webhooks/endpoints', { url, eventTypes, ...(limits && { limits }) });

const signed = (body: string): Record<string, string> => ({
  'webhook-signature': `v1,${createHmac('sha256', 'a-secret').update(body).digest('base64')}`,
});

async function arrived(sink: Actor<HttpSinkActor>, count: number): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while ((await sink.call('count')) < count) {
    if (performance.now() > until) throw new Error('Not all calls have arrived.');
    await delay(POLL_MS);
  }
}
