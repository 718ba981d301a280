import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../src/platform/database/migrate.js';
import { throwAwayPostgres, throwAwayRedis } from '../src/quickstart/throw-away.js';
import { Actor, type Handlers } from './actor.js';
import { median } from './figures.js';
import { ADMIN_KEY, ServiceProcess } from './service.js';

export interface Effort {
  /** Pairs of runs, after those that warm up. */
  readonly rounds: number;
  readonly seconds: number;
  /** Scales the number of pieces in rows that work off a fixed number. */
  readonly share: number;
  /** How many there are in the row that compares few with many. */
  readonly messages: number;
}

export const FULL: Effort = { rounds: 5, seconds: 5, share: 1, messages: 200_000 };
export const QUICK: Effort = { rounds: 3, seconds: 2, share: 0.2, messages: 200_000 };

/** With `--grow`; making them takes minutes. */
export const GROWN = 10_000_000;

/** Pairs that are not counted: the engine compiles what is hot, and the tables get their first rows and statistics. */
const WARM_UPS = 3;

/** The servers of a run, and what a row starts on them; what it started ends with {@link clear}. */
export class Bench {
  private readonly started: { stop(): Promise<void> }[] = [];

  private constructor(
    readonly effort: Effort,
    private readonly postgres: Awaited<ReturnType<typeof throwAwayPostgres>>,
    private readonly redis: Awaited<ReturnType<typeof throwAwayRedis>>,
  ) {}

  /** PostgreSQL is durable here: a commit waits for the disk, for the baselines as for the service. */
  static async start(effort: Effort): Promise<Bench> {
    const [postgres, redis] = await Promise.all([
      throwAwayPostgres({ durable: true }),
      throwAwayRedis(process.env.PATH ?? ''),
    ]);
    return new Bench(effort, postgres, redis);
  }

  get redisUrl(): string {
    return this.redis.server.url;
  }

  /** The settings of a service on a database and a Redis prefix of its own. */
  async environment(settings: NodeJS.ProcessEnv = {}): Promise<NodeJS.ProcessEnv & { readonly DATABASE_URL: string }> {
    const name = `bench_${randomBytes(4).toString('hex')}`;
    await query(this.postgres.server.url('postgres'), `CREATE DATABASE ${name}`);
    const databaseUrl = this.postgres.server.url(name);
    await migrate(databaseUrl);
    return {
      DATABASE_URL: databaseUrl,
      REDIS_URL: this.redisUrl,
      REDIS_PREFIX: name,
      ADMIN_KEY,
      SECRET_KEY: 'a-secret-key-for-the-benchmark',
      ENVIRONMENT: 'local',
      LOG_LEVEL: 'warn',
      HOST: '127.0.0.1',
      EGRESS_ALLOW_CIDRS: '127.0.0.0/8',
      ...settings,
    };
  }

  /** @param lines `unheard` when it logs so much that nobody can read it */
  async service(
    role: 'api' | 'worker',
    environment: NodeJS.ProcessEnv,
    lines: 'shown' | 'unheard' = 'shown',
  ): Promise<ServiceProcess> {
    return this.keep(await ServiceProcess.start(role, environment, lines));
  }

  actor<H extends Handlers>(file: string): Actor<H> {
    return this.keep(Actor.start<H>(file));
  }

  /**
   * Runs baseline and service in turn, so that what else the machine does meets both.
   * @returns the median of each
   */
  async inTurn(baseline: () => Promise<number>, service: () => Promise<number>): Promise<Compared> {
    const figures = { baseline: [] as number[], service: [] as number[] };
    for (let round = -WARM_UPS; round < this.effort.rounds; round++) {
      const pair = { baseline: await baseline(), service: await service() };
      if (round < 0) continue;
      figures.baseline.push(pair.baseline);
      figures.service.push(pair.service);
    }
    return { baseline: median(figures.baseline), service: median(figures.service) };
  }

  /** Ends what the row has started. */
  async clear(): Promise<void> {
    for (let one = this.started.pop(); one; one = this.started.pop()) await one.stop();
  }

  async stop(): Promise<void> {
    await this.clear();
    await Promise.all([this.postgres.remove(), this.redis.remove()]);
  }

  private keep<T extends { stop(): Promise<void> }>(one: T): T {
    this.started.push(one);
    return one;
  }
}

export interface Compared {
  readonly baseline: number;
  readonly service: number;
}

export async function query<R extends object>(url: string, text: string, values: unknown[] = []): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}
