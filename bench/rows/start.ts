import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { choosePort } from '../../src/quickstart/ports.js';
import type { Bench } from '../bench.js';
import { EMAIL } from '../content.js';
import { median } from '../figures.js';
import type { Row } from '../row.js';
import { aClient, bodyOf, ROOT } from '../service.js';

const PROCESS_SECONDS = 3;
const QUICKSTART_SECONDS = 10;
const POLL_MS = 10;

type Environment = Awaited<ReturnType<Bench['environment']>>;

/** From `spawn` to the first answer; of a worker, to the first piece of work that it has done. */
export const start: Row = {
  name: 'start',
  async run(bench) {
    const environment = await bench.environment();
    const times = { api: [] as number[], worker: [] as number[], quickstart: [] as number[] };
    for (let round = 0; round < bench.effort.rounds; round++) {
      times.api.push(
        await secondsOf(async () => {
          await bench.service('api', environment);
        }),
      );
      times.worker.push(await workerStart(bench, environment));
      await bench.clear();
      times.quickstart.push(await coldStart());
    }
    const figure = (what: string, seconds: readonly number[], under: number, note: string) => ({
      ...{ what, unit: 's', budget: { under }, service: median(seconds), note },
    });
    return [
      figure('API, start to ready', times.api, PROCESS_SECONDS, 'until it answers'),
      figure('worker, start to ready', times.worker, PROCESS_SECONDS, 'until work that was waiting is done'),
      figure('npm start, cold', times.quickstart, QUICKSTART_SECONDS, 'nothing compiled, no data; until it answers'),
    ];
  },
};

async function workerStart(bench: Bench, environment: Environment): Promise<number> {
  const service = await bench.service('api', environment);
  const { master } = await aClient(service);
  const wish = { to: { userId: 'ann' }, channels: { websocket: { title: EMAIL.subject } } };
  const { id } = bodyOf<{ id: string }>(await master.post('/notifications/send', wish));
  return secondsOf(async () => {
    await bench.service('worker', environment);
    while (bodyOf<{ status: string }>(await master.get(`/notifications/${id}`)).status !== 'completed')
      await delay(POLL_MS);
  });
}

/** `npm start` as a newcomer's first: compiles, makes a database, starts everything. */
async function coldStart(): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), 'chatapi-bench-'));
  const port = await choosePort();
  await rm(join(ROOT, 'dist/.made-from.json'), { force: true });
  let child: ChildProcess | undefined;
  try {
    return await secondsOf(async () => {
      const env = { PATH: process.env.PATH, HOME: process.env.HOME, CHATAPI_HOME: home, PORT: String(port) };
      child = spawn('npm', ['start', '--silent'], { cwd: ROOT, env, stdio: 'ignore' });
      while (!(await answers(port))) await delay(POLL_MS);
    });
  } finally {
    if (child) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    await rm(home, { recursive: true, force: true });
  }
}

const answers = async (port: number): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${port}/api/v1/utils/live`).catch(() => undefined))?.ok === true;

async function secondsOf(act: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await act();
  return (performance.now() - begun) / 1_000;
}
