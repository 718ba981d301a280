import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { choosePort } from '../src/quickstart/ports.js';
import { Api, type Reply } from '../test/support/api.js';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const ADMIN_KEY = 'the-operators-key-of-the-benchmark';
const POLL_MS = 5;
const READY_MS = 30_000;
/** High enough that requests are counted, as always, and never refused. */
const LIMITS = {
  requestsPerSecond: 10_000_000,
  requestsPerMinute: 100_000_000,
  commandsPerSecond: 10_000_000,
  connectionsPerUser: 100,
};

/** A compiled process of the service, as an operator runs it. */
export class ServiceProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** On the environment's PORT, if it has one. */
  static async start(
    role: 'api' | 'worker',
    environment: NodeJS.ProcessEnv,
    lines: 'shown' | 'unheard' = 'shown',
  ): Promise<ServiceProcess> {
    const port = environment.PORT ?? String(await choosePort());
    const nodeOptions = (process.env.BENCH_NODE_OPTIONS ?? '').split(' ').filter(Boolean);
    const parts = environment.BENCH_WITHOUT === undefined ? [] : ['--import', WITHOUT];
    const loaded = ['--expose-gc', '--import', COLLECTOR, ...parts];
    const child = spawn(process.execPath, [...nodeOptions, ...loaded, MAIN], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment, ROLE: role, PORT: port },
      stdio: ['ignore', lines === 'shown' ? 'inherit' : 'ignore', 'inherit'],
    });
    const started = new ServiceProcess(child, `http://127.0.0.1:${port}`);
    if (role === 'api') await started.answers();
    return started;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get operator(): Api {
    return this.api(ADMIN_KEY);
  }

  api(key: string): Api {
    return new Api(this.url, { Authorization: `Bearer ${key}` });
  }

  /** Frees what is garbage, so that what remains can be measured. */
  async collect(): Promise<void> {
    this.child.kill('SIGUSR2');
    await delay(1_000);
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** As the kernel's out-of-memory killer would end it. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }

  private async answers(): Promise<void> {
    for (const until = Date.now() + READY_MS; Date.now() < until; await delay(POLL_MS)) {
      if (this.child.exitCode !== null) break;
      const answer = await fetch(`${this.url}/api/v1/utils/live`).catch(() => undefined);
      if (answer?.ok) return;
    }
    throw new Error('The service did not start.');
  }
}

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const COLLECTOR = new URL('./collector.mjs', import.meta.url).href;
const WITHOUT = new URL('./without.mjs', import.meta.url).href;

export interface BenchClient {
  readonly id: string;
  readonly masterKey: string;
  readonly master: Api;
}

/** A client of the service whose own limits are out of the way. */
/** @param limits of its own, beside those that refuse nothing */
export async function aClient(service: ServiceProcess, limits: object = {}): Promise<BenchClient> {
  const settings = { limits: { ...LIMITS, ...limits } };
  const made = await service.operator.post('/clients', { name: 'Benchmark', settings });
  const { client, masterKey } = bodyOf<{ client: { id: string }; masterKey: string }>(made);
  return { id: client.id, masterKey, master: service.api(masterKey) };
}

export async function login(client: BenchClient, userId: string): Promise<string> {
  return bodyOf<{ apiKey: string }>(await client.master.post('/auth/login', { userId })).apiKey;
}

export async function aRoom(client: BenchClient, members: readonly string[]): Promise<string> {
  return bodyOf<{ id: string }>(await client.master.post('/rooms', { type: 'group', members })).id;
}

/** @throws Error for a refusal */
export function bodyOf<T>({ status, body }: Reply): T {
  if (status >= 300) throw new Error(`Refused with ${status}: ${JSON.stringify(body)}`);
  return body as T;
}
