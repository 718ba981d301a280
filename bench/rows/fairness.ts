import { setTimeout as delay } from 'node:timers/promises';
import type { BlackHoleActor } from '../baselines/black-hole.js';
import { query } from '../bench.js';
import type { Row } from '../row.js';
import { aClient, type BenchClient, bodyOf, type ServiceProcess } from '../service.js';

const QUEUED = 50_000;
const QUEUED_EACH = 1_000;
const SMALL_CLIENTS = 9;
const MAILS_EACH = 60;
const BETWEEN_MAILS_MS = 250;
const PATIENCE_MS = 60_000;

/** Nine clients that send a mail now and then, beside one with a backlog for an endpoint that never answers. */
export const fairness: Row = {
  name: 'fairness',
  async run(bench) {
    const environment = await bench.environment();
    const [service] = await Promise.all([bench.service('api', environment), bench.service('worker', environment)]);
    const small = await Promise.all(Array.from({ length: SMALL_CLIENTS }, () => aSmallClient(service)));
    const hole = await bench.actor<BlackHoleActor>('baselines/black-hole').call('listen');
    const databaseUrl = environment.DATABASE_URL;
    await p95(databaseUrl, small); // warms up
    const idle = await p95(databaseUrl, small);
    await queue(await aClient(service), hole);
    const beside = await p95(databaseUrl, small);
    return [
      {
        what: `small clients’ mails beside ${QUEUED.toLocaleString('en')} of one to a dead endpoint, accepted → delivered`,
        unit: 'ms p95',
        budget: { atMost: 2 },
        ...{ baseline: idle, service: beside, baselineIs: 'the same on an idle system' },
      },
    ];
  },
};

async function aSmallClient(service: ServiceProcess): Promise<BenchClient> {
  const client = await aClient(service);
  const provider = { kind: 'simulator', name: 'Simulator', settings: { channel: 'email' } };
  bodyOf(await client.master.post('/providers', provider));
  return client;
}

async function queue({ master }: BenchClient, hole: string): Promise<void> {
  for (let first = 0; first < QUEUED; first += QUEUED_EACH) {
    const to = Array.from({ length: QUEUED_EACH }, (_none, n) => ({ url: `${hole}/${first + n}` }));
    bodyOf(await master.post('/notifications/send', { to, channels: { webhook: { body: { hello: 'there' } } } }));
  }
}

async function p95(databaseUrl: string, clients: readonly BenchClient[]): Promise<number> {
  const ids = (await Promise.all(clients.map(mails))).flat();
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await delay(250)) {
    const [found] = await query<{ open: number; ms: number }>(
      databaseUrl,
      `SELECT count(*) FILTER (WHERE delivered_at IS NULL)::integer AS open,
              (percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM delivered_at - created_at)) * 1000)::float8 AS ms
         FROM deliveries WHERE notification_id = ANY ('{${ids.join(',')}}'::uuid[])`,
    );
    if (found?.open === 0) return found.ms;
  }
  throw new Error('Mails of small clients are still under way.');
}

async function mails({ master }: BenchClient): Promise<string[]> {
  const ids: string[] = [];
  await delay(Math.random() * BETWEEN_MAILS_MS);
  for (let n = 0; n < MAILS_EACH; n++) {
    const wish = { to: { email: `user-${n}@example.com` }, channels: { email: { subject: 'Hello', text: 'Hello' } } };
    ids.push(bodyOf<{ id: string }>(await master.post('/notifications/send', wish)).id);
    await delay(BETWEEN_MAILS_MS);
  }
  return ids;
}
