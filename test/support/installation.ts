import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { aClient, type TestClient } from '../builders/clients.js';
import { anSmtpProvider } from '../builders/providers.js';
import { anEnvironment } from './app.js';
import { aMailbox, type Mailbox } from './mailbox.js';
import { aProcess, type TestProcess } from './processes.js';
import { rows } from './rows.js';
import { type PrivateServer, startPostgres, startRedis } from './servers.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const WITHOUT_LIMITS = { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000, commandsPerSecond: 100_000 };

interface Servers {
  readonly postgres: PrivateServer;
  readonly redis: PrivateServer;
  readonly mailbox: Mailbox;
}

/** As an operator runs it, on servers of its own that can be hurt: two API processes, a worker, and a mail server. */
export class Installation {
  worker: TestProcess;
  readonly api: TestProcess;
  readonly otherApi: TestProcess;

  private constructor(
    private readonly servers: Servers,
    readonly environment: NodeJS.ProcessEnv,
    processes: readonly [api: TestProcess, otherApi: TestProcess, worker: TestProcess],
    readonly client: TestClient,
  ) {
    [this.api, this.otherApi, this.worker] = processes;
  }

  static async start(settings: NodeJS.ProcessEnv): Promise<Installation> {
    const [postgres, redis, mailbox] = await Promise.all([startPostgres(), startRedis(), aMailbox()]);
    const environment = await anEnvironment({ DATABASE_URL: postgres.url, REDIS_URL: redis.url, ...settings });
    const run = (ROLE: string) => aProcess({ ...environment, ROLE });
    const processes = await Promise.all([run('api'), run('api'), run('worker')]);
    const [{ operator, api }] = processes;
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

  async newWorker(): Promise<void> {
    this.worker = await aProcess({ ...this.environment, ROLE: 'worker' });
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
    await promisify(execFile)(process.execPath, ['dist/verify.js'], { cwd: ROOT, env });
  }

  async stop(): Promise<void> {
    await Promise.all([this.api, this.otherApi, this.worker].map((one) => one.kill()));
    await Promise.all([this.postgres.remove(), this.redis.remove(), this.mailbox.close()]);
  }
}
