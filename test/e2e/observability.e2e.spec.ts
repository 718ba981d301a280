import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { choosePort } from '../../src/quickstart/ports.js';
import type { Reply } from '../support/api.js';
import { ADMIN_KEY, anEnvironment } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMailbox, type Mailbox } from '../support/mailbox.js';
import { aProcess, type TestProcess } from '../support/processes.js';

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
let workersMetrics: string;
let client: { id: string; masterKey: string };
let keyId: string;

beforeAll(async () => {
  mailbox = await aMailbox();
  const environment = await anEnvironment({ MAIL_CATCHER_URL: `smtp://127.0.0.1:${mailbox.port}` });
  const METRICS_PORT = String(await choosePort());
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
  await mailbox.close();
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
      const [count] = await metric(`chatapi_${name}{kind="smtp",outcome="sent"}`, workersMetrics);
      expect(count).toMatch(/ [1-9]\d*$/);
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
