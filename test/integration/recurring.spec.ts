import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Queue } from 'bull';
import type { ResolvedEnv } from '../../src/config/index.js';
import type { Metrics, SharedReadings } from '../../src/platform/observability/index.js';
import { RecurringJobs } from '../../src/platform/queue/index.js';
import type { Redis } from '../../src/platform/redis/index.js';
import { eventually } from '../support/eventually.js';
import { Workbench } from '../support/work.js';

const CLEANING = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `${name}.clean`);
let bench: Workbench;
let jobs: RecurringJobs;

beforeAll(async () => {
  bench = await Workbench.open();
  jobs = new RecurringJobs(
    bench.database,
    { isUp: false } as Redis,
    { on: () => undefined } as unknown as Queue<{ name: string }>,
    { ROLE: 'worker', DRAIN_SECONDS: 25 } as ResolvedEnv,
    {} as SharedReadings,
    { gauge: () => undefined } as unknown as Metrics,
  );
}, 60_000);

afterAll(async () => {
  jobs.onModuleDestroy();
  await jobs.beforeApplicationShutdown();
  await bench.close();
});

it('jobs that clean run a few at a time when they are due together, and keep no frequent one waiting', async () => {
  const ran: string[] = [];
  let [atOnce, mostAtOnce] = [0, 0];
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const clean = async (name: string): Promise<void> => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    await gate;
    atOnce--;
    ran.push(name);
  };
  for (const name of CLEANING) jobs.register({ name, everySeconds: 600, run: () => clean(name) });
  const note = (name: string): Promise<unknown> => Promise.resolve(ran.push(name));
  for (const name of ['sweep', 'later']) jobs.register({ name, everySeconds: 30, run: () => note(name) });

  jobs.onApplicationBootstrap();
  const asked = [...CLEANING, 'sweep', ...CLEANING].map((name) => jobs.runIfDue(name));
  await eventually(() => ran.includes('sweep') && atOnce >= 3, { withinMs: 10_000 });
  await jobs.runIfDue('later'); // whatever asked for a connection before it has had one
  await eventually(() => ran.includes('later'));
  const beforeAnyEnded = [...ran];
  open();
  await Promise.all(asked);

  expect(beforeAnyEnded.sort()).toEqual(['later', 'sweep']);
  expect(ran.slice(2).sort()).toEqual(CLEANING);
  expect(mostAtOnce).toBe(3);
});
