import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Reply } from '../support/api.js';
import { ADMIN_KEY, anEnvironment } from '../support/app.js';
import { anOtlpReceiver, type OtlpReceiver, type SeenSpan } from '../fakes/otlp.js';
import { aVendor, type Vendor } from '../fakes/vendor.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { aProcess, type TestProcess } from '../support/processes.js';
import { aPort } from '../support/ports.js';

interface Line {
  readonly level: string;
  readonly method?: string;
  readonly route?: string;
  readonly status?: number;
  readonly ms?: number;
  readonly requestId?: string;
  readonly clientId?: string;
  readonly keyId?: string;
}

let mailbox: Mailbox;
let running: TestProcess;
let worker: TestProcess;
let collector: OtlpReceiver;
let vendor: Vendor;
let workersMetrics: string;
let client: { id: string; masterKey: string };
let keyId: string;

beforeAll(async () => {
  mailbox = await aMailbox();
  [collector, vendor] = await Promise.all([anOtlpReceiver(), aVendor(() => ({ status: 200 }))]);
  const environment = await anEnvironment({
    MAIL_CATCHER_URL: `smtp://127.0.0.1:${mailbox.port}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=the%20key,x-team=ours',
    OTEL_BSP_SCHEDULE_DELAY: '50',
  });
  const METRICS_PORT = String(await aPort());
  workersMetrics = `http://127.0.0.1:${METRICS_PORT}`;
  [running, worker] = await Promise.all([
    aProcess({ ...environment, ROLE: 'api' }),
    aProcess({ ...environment, ROLE: 'worker', METRICS_PORT }),
  ]);
  const { body } = await running.operator.post('/clients', { name: 'A client' });
  client = { id: body.client.id, masterKey: body.masterKey };
  keyId = client.masterKey.split('_')[2]!;
}, 60_000);

afterAll(async () => {
  expect(await Promise.all([running.stop(), worker.stop()])).toEqual([0, 0]);
  await Promise.all([mailbox.close(), collector.close(), vendor.close()]);
});

const lines = (): Line[] =>
  running
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line);

const lineOf = ({ headers }: Reply): Promise<Line> =>
  eventually(() => lines().find(({ requestId, status }) => requestId === headers.get('x-request-id') && status));

describe('the log', () => {
  it('has one line for each request, which names the route and who called', async () => {
    const master = running.api(client.masterKey);
    const reply = await master.with({ 'X-User-Id': 'ann' }).get('/rooms?limit=7');
    const line = await lineOf(reply);

    expect(line).toMatchObject({
      level: 'info',
      method: 'GET',
      route: '/api/v1/rooms',
      status: 200,
      clientId: client.id,
      keyId,
    });
    expect(line.ms).toBeGreaterThan(0);
    expect(lines().filter(({ requestId }) => requestId === line.requestId)).toHaveLength(1);
  });

  it('names routes by their patterns, and what is no route not at all', async () => {
    const master = running.api(client.masterKey);
    const gone = await lineOf(await master.get('/rooms/0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11'));
    const nothing = await lineOf(await master.get('/somewhere/ann@example.com'));
    expect(gone).toMatchObject({ route: '/api/v1/rooms/:id', status: 404 });
    expect(nothing).toMatchObject({ status: 404 });
    expect(nothing.route).not.toContain('ann');
  });

  it('has refused calls, too, without a caller', async () => {
    const line = await lineOf(await running.api('ck_master_wrong').get('/rooms'));
    expect(line).toMatchObject({ route: '/api/v1/rooms', status: 401 });
    expect(line.clientId).toBeUndefined();
  });

  it('holds no key, no words and no address', async () => {
    const master = running.api(client.masterKey);
    const login = await master.post('/auth/login', {
      userId: 'ann',
      email: 'ann@example.com',
      phone: '+4915112345678',
    });
    const room = await master.as('ann').post('/rooms', { type: 'group' });
    await running.api(login.body.apiKey).post('/messages', { roomId: room.body.id, content: 'hushed words' });
    const sent = await master.post('/notifications/send', {
      to: { userId: 'ann' },
      channels: { email: { subject: 'hushed subject', text: 'hushed text' } },
    });
    await eventually(() => mailbox.received.length > 0);
    await lineOf(sent);
    const secrets = [client.masterKey, login.body.apiKey, ADMIN_KEY, 'hushed', 'ann@example.com', '4915112345678'];
    for (const secret of secrets) expect(running.output() + worker.output()).not.toContain(secret);
  });

  it('has no line at error, since nothing is wrong', () => {
    expect(lines().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });
});

describe('the metrics', () => {
  const metric = async (name: string, of = running.url): Promise<string[]> => {
    const response = await fetch(`${of}/metrics`, { headers: { Authorization: `Bearer ${ADMIN_KEY}` } });
    return (await response.text()).split('\n').filter((line) => line.startsWith(name));
  };

  it('tell how long requests took, by route and status', async () => {
    const [count] = (await metric('chatapi_http_request_seconds_count')).filter((line) =>
      line.includes('{method="POST",route="/api/v1/messages",status="201"}'),
    );
    expect(count).toMatch(/ 1$/);
  });

  it('tell how long providers took, and how it ended', async () => {
    for (const name of ['provider_send_seconds_count', 'provider_outcomes_total']) {
      await eventually(async () => {
        const [count] = await metric(`chatapi_${name}{kind="smtp",outcome="sent"}`, workersMetrics);
        return / [1-9]\d*$/.test(count ?? '');
      });
    }
  });

  it('of all processes are said by any of them', async () => {
    const name = 'chatapi_work_accepted{kind="deliveries"}';
    expect(await metric(name)).toEqual(await metric(name, workersMetrics));
  });

  it.each([
    'nodejs_eventloop_lag_seconds gauge',
    'chatapi_message_commit_size histogram',
    'chatapi_work_items gauge',
    'chatapi_work_oldest_ready_seconds gauge',
    'chatapi_hint_failures_total counter',
    'chatapi_sockets gauge',
  ])('have %s', async (metricAndType) => expect(await metric(`# TYPE ${metricAndType}`)).toHaveLength(1));

  it('are the operator’s alone', async () => {
    for (const headers of [{}, { Authorization: `Bearer ${client.masterKey}` }] as Record<string, string>[])
      for (const url of [running.url, workersMetrics])
        expect([401, 403]).toContain((await fetch(`${url}/metrics`, { headers })).status);
  });

  it('have a port of their own where one is named, which serves them, says that the process lives, and no more', async () => {
    const status = async (path: string) => (await fetch(`${workersMetrics}${path}`)).status;
    expect(await Promise.all(['/live', '/api/v1/utils/live', '/docs'].map(status))).toEqual([200, 404, 404]);
  });
});

describe('the trace of a notification', () => {
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
  const CALLER = '00f067aa0ba902b7';
  const SERVER = 2;
  const CLIENT = 3;
  const CONSUMER = 5;
  const channels = { email: { subject: 'hushed subject', text: 'hushed text' }, sms: { text: 'hushed words' } };
  const to = { userId: 'traced-user' };
  let spans: Map<string, SeenSpan>;
  let sent: Reply;

  const ofTrace = (traceId: string): SeenSpan[] => collector.spans.filter((span) => span.traceId === traceId);

  beforeAll(async () => {
    const master = running.api(client.masterKey);
    const person = { email: 'ann@example.com', phone: '+4915112345678' };
    expect((await master.put('/users/traced-user', person)).status).toBeLessThan(300);
    const settings = { channel: 'sms', url: `${vendor.url}/sms`, body: { text: 'x' } };
    expect((await master.post('/providers', { kind: 'http', name: 'SMS', settings })).status).toBe(201);
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01`, 'X-Request-Id': 'the-traced-request' };
    sent = await master.with(headers).post('/notifications/send', { to, channels });
    expect(sent.status).toBe(202);
    await eventually(() => ofTrace(TRACE).length >= 6);
    spans = new Map(ofTrace(TRACE).map((span) => [span.name, span]));
  });

  it('goes on with the caller’s, from the request over the work to the call of the provider, through both processes', () => {
    const request = spans.get('POST /api/v1/notifications/send');
    const accept = spans.get('accept notification');
    const works = ofTrace(TRACE).filter(({ name }) => name === 'work deliveries');
    const calls = ['send smtp', 'send http'].map((name) => spans.get(name));

    expect(ofTrace(TRACE)).toHaveLength(6);
    expect(request).toMatchObject({ kind: SERVER, parentSpanId: CALLER, resource: { 'chatapi.role': 'api' } });
    expect(accept?.parentSpanId).toBe(request?.spanId);
    expect(works.map(({ kind, parentSpanId }) => [kind, parentSpanId])).toEqual(
      [0, 1].map(() => [CONSUMER, accept?.spanId]),
    );
    for (const call of calls) {
      expect(call?.kind).toBe(CLIENT);
      expect(works.map(({ spanId }) => spanId)).toContain(call?.parentSpanId);
      expect(call?.resource).toMatchObject({ 'chatapi.role': 'worker', 'service.name': 'chatapi' });
    }
  });

  it('names the request, the client, the delivery and what came of it', () => {
    expect(spans.get('POST /api/v1/notifications/send')?.attributes).toMatchObject({
      'http.route': '/api/v1/notifications/send',
      'http.response.status_code': 202,
      'chatapi.request_id': 'the-traced-request',
      'chatapi.client_id': client.id,
    });
    const deliveries = (sent.body.deliveries as { id: string }[]).map(({ id }) => id);
    expect(deliveries).toContain(spans.get('send http')?.attributes['chatapi.delivery_id']);
    expect(spans.get('send http')?.attributes['chatapi.outcome']).toBe('sent');
  });

  it('is not known to those whom the provider calls', async () => {
    await eventually(() => mailbox.received.length > 0 && vendor.calls.length > 0);
    for (const { headers } of vendor.calls) expect(Object.keys(headers)).not.toContain('traceparent');
    for (const { raw } of mailbox.received) expect(raw.toString()).not.toMatch(new RegExp(`traceparent|${TRACE}`, 'i'));
  });

  it('is a new one without a caller’s, with a wrong one, and is not kept where the caller does not keep it', async () => {
    const master = running.api(client.masterKey);
    const unkept = TRACE.replace('4', '5');
    const ids = ['no-trace', 'wrong-trace', 'unkept-trace'];
    const parents = [undefined, `00-${'0'.repeat(32)}-${CALLER}-01`, `00-${unkept}-${CALLER}-00`];
    for (const [n, traceparent] of parents.entries())
      await master.with({ 'X-Request-Id': ids[n]!, ...(traceparent && { traceparent }) }).get('/rooms/all');
    const last = await master.with({ 'X-Request-Id': 'after-them' }).get('/rooms/all');
    expect(last.status).toBe(200);
    const by = (id: string) => collector.spans.find(({ attributes }) => attributes['chatapi.request_id'] === id);
    await eventually(() => by('after-them') !== undefined);

    for (const id of ['no-trace', 'wrong-trace']) {
      expect(by(id)?.traceId).toMatch(/[1-9a-f]/);
      expect(by(id)?.parentSpanId ?? '').toBe('');
    }
    expect(by('unkept-trace')).toBeUndefined();
  });

  it('comes with what the collector is to be told, and without what people wrote or who they are', () => {
    expect(collector.headers()).toMatchObject({ 'x-collector-key': 'the key', 'x-team': 'ours' });
    for (const secret of ['hushed', 'ann@example.com', '4915112345678', 'traced-user', client.masterKey, 'the key'])
      expect(collector.raw()).not.toContain(secret);
  });

  it('needs one file that knows OpenTelemetry, which loads it only when it is told where traces go', () => {
    const knowing = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
      .map((name) => ({ name, text: readFileSync(join('src', name), 'utf8') }))
      .filter(({ text }) => text.includes('@opentelemetry/'));
    expect(knowing.map(({ name }) => name)).toEqual([join('platform', 'observability', 'tracing.ts')]);
    const [{ text } = { text: '' }] = knowing;
    const imports = [...text.matchAll(/.*'@opentelemetry\/.*/g)].map(([line]) => line.trim());
    expect(imports.filter((line) => !/^import type |^import\(/.test(line))).toEqual([]);
    expect(text.indexOf('if (!endpoint) return')).toBeLessThan(text.indexOf("      import('@opentelemetry/"));
  });
});

it('keeps a connection for longer than the load balancer before it does', async () => {
  const [, seconds] = /keepalive_timeout (\d+)s/.exec(readFileSync('deploy/nginx/chatapi.conf', 'utf8')) ?? [];
  const { headers } = await fetch(`${running.url}/api/v1/utils/live`);
  const [, kept] = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? [];

  expect(Number(kept)).toBeGreaterThan(Number(seconds));
});
