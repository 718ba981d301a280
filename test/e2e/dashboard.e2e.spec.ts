import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient } from '../builders/clients.js';
import { ADMIN_KEY, anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { type PrivateServer, startRedis } from '../support/servers.js';

const FAILURES_PER_ADDRESS = 200;

let redis: PrivateServer;
let app: TestApp;

beforeAll(async () => {
  redis = await startRedis();
  app = await anApp({ REDIS_URL: redis.url });
}, 60_000);

afterAll(async () => {
  await app.close();
  await redis.remove();
});

const basic = (user: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const OPERATOR = basic('admin', ADMIN_KEY);

const ask = (path = '', headers: Record<string, string> = OPERATOR, method = 'GET', of = app): Promise<Response> =>
  fetch(`${of.url}/admin/queues${path}`, { method, headers });

describe('the dashboard of the queues', () => {
  it('asks a browser for the operator', async () => {
    const response = await ask('', {});
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="chatapi", charset="UTF-8"');
    expect(await response.json()).toMatchObject({ code: 'unauthenticated' });
  });

  it('lets nobody in but admin with the admin key', async () => {
    const { masterKey } = await aClient(app);
    const tries = [
      basic('admin', ''),
      basic('admin', `${ADMIN_KEY}x`),
      basic('root', ADMIN_KEY),
      basic('admin', masterKey),
      { Authorization: `Bearer ${ADMIN_KEY}` },
      { Authorization: 'Basic bm8tY29sb24=' },
      { 'X-API-Key': ADMIN_KEY },
    ];
    for (const headers of tries) {
      const doors = await Promise.all([
        ask('', headers),
        ask('/api/queues', headers),
        ask('/static/css/x.css', headers),
      ]);
      expect(doors.map(({ status }) => status)).toEqual([401, 401, 401]);
    }
  });

  it('lets nobody in where there is no admin key', async () => {
    const other = await app.another({ ADMIN_KEY: '' });
    const tries = await Promise.all(['', ADMIN_KEY].map((key) => ask('', basic('admin', key), 'GET', other)));
    expect(tries.map(({ status }) => status)).toEqual([401, 401]);
  });

  it('is a page that has its scripts and styles from here and within its policy', async () => {
    const page = await ask();
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const assets = [...html.matchAll(/<(?:script|link)[^>]+(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => path!);
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      const answer = await ask(`/${asset}`);
      expect({ asset, status: answer.status }).toEqual({ asset, status: 200 });
      await answer.arrayBuffer();
    }
  });

  it('shows every queue', async () => {
    const response = await ask('/api/queues');
    expect(response.status).toBe(200);
    const { queues } = (await response.json()) as { queues: { name: string; readOnlyMode: boolean }[] };
    expect(queues.map(({ name }) => name).sort()).toEqual([
      ...['deliveries', 'inbound', 'recurring', 'webhook-replays', 'webhooks'],
    ]);
    expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
  });

  it('shows what is on a queue', async () => {
    await eventually(async () => {
      const { queues } = (await (await ask('/api/queues')).json()) as {
        queues: { name: string; jobSchedulerCount: number }[];
      };
      return queues.some(({ name, jobSchedulerCount }) => name === 'recurring' && jobSchedulerCount > 0);
    });
  });

  it.each(['PUT', 'POST', 'DELETE', 'PATCH'])('changes nothing: %s', async (method) => {
    expect((await ask('/api/queues/deliveries/pause', OPERATOR, method)).status).toBe(403);
  });

  it('neither hangs nor fails while Redis is away, and is back with it', async () => {
    await redis.stop();
    const away = await eventually(async () => {
      const response = await ask('/api/queues');
      return response.status === 503 && response;
    });
    expect(away.headers.get('retry-after')).toBe('2');
    expect(await away.json()).toMatchObject({ code: 'unavailable' });
    expect((await app.api().get('/utils/live')).status).toBe(200);
    await redis.start();
    await eventually(async () => (await ask('/api/queues')).status === 200);
  });

  it('bounds how often a password can be guessed from an address', async () => {
    const guesses = Array.from({ length: FAILURES_PER_ADDRESS }, (_, n) => ask('', basic('admin', `guess ${n}`)));
    expect(new Set((await Promise.all(guesses)).map(({ status }) => status))).toContain(401);
    const refused = await ask('', basic('admin', 'one more'));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
