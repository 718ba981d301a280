import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { aClient, type TestClient, WITHOUT_LIMITS } from '../builders/clients.js';
import { anSmtpProvider } from '../builders/providers.js';
import { anEnvironment } from './app.js';
import { aMailbox, type Mailbox } from './mailbox.js';
import { aProcess, type TestProcess } from './processes.js';
import { rows } from './rows.js';
import { type PrivateServer, startPostgres, startRedis } from './servers.js';

const ROOT = new URL('../..', import.meta.url).pathname;

interface Servers {
  readonly postgres: PrivateServer;
  readonly redis: PrivateServer;
  readonly mailbox: Mailbox;
}

interface Processes {
  readonly apis: [TestProcess, ...TestProcess[]];
  readonly workers: TestProcess[];
}

/** As an operator runs it, on servers of its own that can be hurt: API processes, two unless told, workers, and a mail server. */
export class Installation {
  private constructor(
    private readonly servers: Servers,
    readonly environment: NodeJS.ProcessEnv,
    private readonly processes: Processes,
    readonly client: TestClient,
  ) {}

  static async start(settings: NodeJS.ProcessEnv, { workers = 1, apis = 2 } = {}): Promise<Installation> {
    const [postgres, redis, mailbox] = await Promise.all([startPostgres(), startRedis(), aMailbox()]);
    const environment = await anEnvironment({ DATABASE_URL: postgres.url, REDIS_URL: redis.url, ...settings });
    const run = (ROLE: string) => aProcess({ ...environment, ROLE });
    const processes: Processes = {
      apis: await Promise.all([run('api'), ...Array.from({ length: apis - 1 }, () => run('api'))]),
      workers: await Promise.all(Array.from({ length: workers }, () => run('worker'))),
    };
    const [{ operator, api }] = processes.apis;
    const client = await aClient({ operator, api: (key = '') => api(key) }, { settings: { limits: WITHOUT_LIMITS } });
    await anSmtpProvider(client, mailbox);
    return new Installation({ postgres, redis, mailbox }, environment, processes, client);
  }

  get postgres(): PrivateServer {
    return this.servers.postgres;
  }

  get redis(): PrivateServer {
    return this.servers.redis;
  }

  get mailbox(): Mailbox {
    return this.servers.mailbox;
  }

  get apis(): readonly TestProcess[] {
    return this.processes.apis;
  }

  get api(): TestProcess {
    return this.processes.apis[0];
  }

  get otherApi(): TestProcess {
    const [, other] = this.processes.apis;
    if (!other) throw new Error('There is one API process alone.');
    return other;
  }

  get worker(): TestProcess {
    const [worker] = this.processes.workers;
    if (!worker) throw new Error('There is no worker.');
    return worker;
  }

  async newWorker(): Promise<void> {
    this.processes.workers[0] = await aProcess({ ...this.environment, ROLE: 'worker' });
  }

  /** As the kernel ends a process, and a supervisor starts another: the one that was started longest ago. */
  async killAndReplace(ROLE: 'api' | 'worker'): Promise<void> {
    const running: TestProcess[] = ROLE === 'api' ? this.processes.apis : this.processes.workers;
    const oldest = running.shift();
    await oldest?.kill();
    running.push(await aProcess({ ...this.environment, ROLE }));
  }

  rows<R extends object>(sql: string, values: unknown[] = []): Promise<R[]> {
    return rows<R>(this, sql, values);
  }

  async leased(): Promise<number> {
    return (await this.rows(`SELECT id FROM work_items WHERE state = 'leased'`)).length;
  }

  /** @throws Error with what does not add up */
  async verify(): Promise<void> {
    const env = { PATH: process.env.PATH, DATABASE_URL: this.postgres.url };
    try {
      await promisify(execFile)(process.execPath, ['dist/verify.js'], { cwd: ROOT, env });
    } catch (error) {
      const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
      throw new Error(`${stdout}${stderr}`, { cause: error });
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.processes.apis, ...this.processes.workers].map((one) => one.kill()));
    await Promise.all([this.postgres.remove(), this.redis.remove(), this.mailbox.close()]);
  }
}
