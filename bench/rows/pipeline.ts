import { setTimeout as delay } from 'node:timers/promises';
import type { BullJobsActor } from '../baselines/bull-jobs.js';
import type { Bench } from '../bench.js';
import { deliveriesPerSecond } from '../delivering.js';
import type { Row } from '../row.js';
import { aClient, bodyOf } from '../service.js';

const DELIVERIES = 10_000;
/** Recipients of one call, jobs of one bulk add. */
const BATCH = 100;
const CONCURRENCY = 50;
const POLL_MS = 5;

/** From the first call to the end of the last delivery, on the channel that costs nothing itself. API and worker are two processes. */
export const pipeline: Row = {
  name: 'pipeline',
  async run(bench) {
    const environment = await bench.environment();
    const [service] = await Promise.all([bench.service('api', environment), bench.service('worker', environment)]);
    const client = await aClient(service);
    bodyOf(
      await client.master.post('/providers', { kind: 'simulator', name: 'Simulator', settings: { channel: 'email' } }),
    );
    const deliveries = Math.round(DELIVERIES * bench.effort.share);
    const jobsPerSecond = await bullJobs(bench, deliveries);
    const databaseUrl = environment.DATABASE_URL;
    const compared = await bench.inTurn(jobsPerSecond, () =>
      deliveriesPerSecond({ client, databaseUrl, deliveries, recipientsEach: BATCH }),
    );
    return [
      {
        what: 'accepted → delivered, simulator channel',
        unit: 'deliveries/s',
        budget: { atLeast: 0.25, goal: 0.5 },
        ...compared,
        baselineIs: 'Bull jobs that do nothing, added in bulk',
      },
    ];
  },
};

async function bullJobs(bench: Bench, jobs: number): Promise<() => Promise<number>> {
  const [producer, consumer] = [0, 1].map(() => bench.actor<BullJobsActor>('baselines/bull-jobs'));
  const place = { redisUrl: bench.redisUrl, prefix: 'bare-bull' };
  await consumer!.call('consume', { ...place, concurrency: CONCURRENCY });
  return async () => {
    const doneBefore = await consumer!.call('countDone');
    const begun = performance.now();
    await producer!.call('produce', { ...place, jobs, batch: BATCH });
    while ((await consumer!.call('countDone')) < doneBefore + jobs) await delay(POLL_MS);
    return jobs / ((performance.now() - begun) / 1_000);
  };
}
