import { setTimeout as delay } from 'node:timers/promises';
import { InjectQueue, Process, Processor } from '@nestjs/bull';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Job, Queue } from 'bull';
import pLimit from 'p-limit';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { Database, statement } from '../database/index.js';
import { Unavailable } from '../errors/index.js';
import { Metrics, SharedReadings } from '../observability/index.js';
import { Redis } from '../redis/index.js';

/** Something that runs by itself, on one worker at a time. */
export interface RecurringJob {
  readonly name: string;
  readonly everySeconds: number;
  run(): Promise<unknown>;
}

export const RECURRING = 'recurring';

/** Bull's own repetition comes a little early or late; what is nearly due is due. */
const NEARLY = 0.9;
const LOOK_EVERY_MS = 1_000;
/**
 * Those that clean are due together, on an installation's first start as at each full hour: no more of them run at once in a
 * process, or they would have its connections to themselves. A frequent one never waits for them.
 */
const SELDOM_SECONDS = 600;
const SELDOM_AT_ONCE = 3;
/** A run that goes on says so this often in its job's time: one that dies is followed by the next in about that time. */
const SAYS_SO = 3;
/** Redis may have lost the repetitions: they are written again this often. */
const REREGISTER_MS = 60_000;

const CLAIM = statement(
  'recurring.claim',
  `INSERT INTO recurring_runs (name, started_at) VALUES ($1, now())
   ON CONFLICT (name) DO UPDATE SET started_at = now(), finished_at = NULL, outcome = NULL
     WHERE recurring_runs.started_at <= now() - make_interval(secs => $2)
   RETURNING name`,
);
/** Of a run that goes on: whoever looks whether the job is due counts from here. */
const GOES_ON = statement(
  'recurring.goes_on',
  `UPDATE recurring_runs SET started_at = now() WHERE name = $1 AND finished_at IS NULL`,
);
const FINISH = statement(
  'recurring.finish',
  `UPDATE recurring_runs SET finished_at = now(), outcome = $2 WHERE name = $1`,
);
const DUE = statement(
  'recurring.due',
  `SELECT asked.name FROM unnest($1::varchar[], $2::float8[]) AS asked (name, seconds)
     LEFT JOIN recurring_runs r ON r.name = asked.name
    WHERE r.started_at IS NULL OR r.started_at <= now() - make_interval(secs => asked.seconds)`,
);

/** One row for each job there ever was. */
const RUNS = statement(
  'recurring.runs',
  `SELECT name, extract(epoch FROM now() - started_at)::float8 AS seconds, coalesce(outcome, 'ok') <> 'ok' AS failed FROM recurring_runs ORDER BY name`,
);

interface Run {
  readonly name: string;
  readonly seconds: number;
  readonly failed: boolean;
}

/**
 * Runs jobs every so often: as Bull repeatable jobs, and without Bull when Redis is away or has lost them. PostgreSQL
 * decides who runs: whoever claims the row first, on the database's clock, so that many workers make one run.
 */
@Injectable()
export class RecurringJobs implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly log = new Logger(RecurringJobs.name);
  private readonly jobs = new Map<string, RecurringJob>();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly running = new Map<string, Promise<void>>();
  private readonly inTurn = pLimit(SELDOM_AT_ONCE);
  private open = false;
  private stopped?: Promise<unknown>;

  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
    @InjectQueue(RECURRING) private readonly queue: Queue<{ name: string }>,
    @Inject(ENV) private readonly env: ResolvedEnv,
    private readonly readings: SharedReadings,
    metrics: Metrics,
  ) {
    queue.on('error', () => undefined); // Redis away: the fallback below runs the jobs
    this.observe(metrics);
  }

  register(job: RecurringJob): void {
    if (this.jobs.has(job.name)) throw new Error(`Two recurring jobs are named ${job.name}.`);
    this.jobs.set(job.name, job);
  }

  onApplicationBootstrap(): void {
    if (this.env.ROLE === 'api') return;
    this.open = true;
    void this.repeat();
    this.timers.push(
      setInterval(() => void this.repeat(), REREGISTER_MS),
      setInterval(() => void this.catchUp(), LOOK_EVERY_MS),
    );
  }

  /** What is in hand is brought to its end in the same time as work is; what takes longer fails as soon as it wants another connection. */
  onModuleDestroy(): void {
    this.open = false;
    this.timers.forEach(clearInterval);
    const drained = delay(this.env.DRAIN_SECONDS * 1_000, undefined, { ref: false });
    this.stopped = Promise.race([Promise.all(this.running.values()), drained]);
  }

  /** Not later: the pool of connections closes in the phase after this one, and before this module's turn. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.stopped;
  }

  /** Runs a job if its time has come and nobody else has it. */
  async runIfDue(name: string): Promise<void> {
    const job = this.jobs.get(name);
    if (!job || !this.open || this.running.has(name)) return;
    const begin = (): Promise<void> => (this.open ? this.claimAndRun(job) : Promise.resolve());
    const run = (job.everySeconds < SELDOM_SECONDS ? begin() : this.inTurn(begin)).catch((error: unknown) =>
      this.log.warn({ msg: 'A recurring job did not run', err: error, job: name }),
    );
    this.running.set(name, run);
    await run.finally(() => this.running.delete(name));
  }

  private observe(metrics: Metrics): void {
    const show = (name: string, help: string, value: (run: Run) => number) =>
      metrics.gauge(name, help, ['job'], async (gauge) => {
        gauge.reset();
        const runs = await this.readings.of('recurring.runs', () => this.database.query<Run>(RUNS));
        for (const run of runs ?? []) if (this.jobs.has(run.name)) gauge.set({ job: run.name }, value(run));
      });
    const periods = (run: Run): number => run.seconds / (this.jobs.get(run.name)?.everySeconds ?? Infinity);
    show('job_periods_since_start', 'How long ago a recurring job began, in its own periods', periods);
    show('job_failed', 'Whether the last run of a recurring job failed', ({ failed }) => (failed ? 1 : 0));
  }

  private async claimAndRun(job: RecurringJob): Promise<void> {
    const { name } = job;
    const claimed = await this.database.query(CLAIM, [name, job.everySeconds * NEARLY]);
    if (claimed.length === 0) return;
    const goesOn = setInterval(() => void this.goesOn(name), (job.everySeconds * 1_000) / SAYS_SO);
    try {
      await job.run();
      await this.database.query(FINISH, [name, 'ok']);
    } catch (error) {
      if (error instanceof Unavailable) this.log.warn({ err: error, job: name });
      else this.log.error({ err: error, job: name });
      await this.database.query(FINISH, [name, String(error).slice(0, 200)]);
    } finally {
      clearInterval(goesOn);
    }
  }

  private async goesOn(name: string): Promise<void> {
    await this.database
      .query(GOES_ON, [name])
      .catch((error: unknown) => this.log.debug(`${name} goes on, which could not be said: ${String(error)}`));
  }

  private async repeat(): Promise<void> {
    if (!this.redis.isUp) return;
    try {
      for (const { name, everySeconds } of this.jobs.values()) {
        await this.queue.add(
          { name },
          { jobId: name, repeat: { every: everySeconds * 1_000 }, removeOnComplete: true, removeOnFail: true },
        );
      }
    } catch (error) {
      this.log.debug(`Repeatable jobs were not written: ${String(error)}`);
    }
  }

  /** What is overdue although Bull should have brought it. */
  private async catchUp(): Promise<void> {
    const jobs = [...this.jobs.values()];
    try {
      const patience = this.redis.isUp ? 1.5 : 1;
      const overdue = await this.database.query<{ name: string }>(DUE, [
        jobs.map(({ name }) => name),
        jobs.map(({ everySeconds }) => everySeconds * patience),
      ]);
      for (const { name } of overdue) void this.runIfDue(name);
    } catch (error) {
      this.log.debug(`Recurring jobs were not looked at: ${String(error)}`);
    }
  }
}

@Processor(RECURRING)
export class RecurringProcessor {
  constructor(private readonly jobs: RecurringJobs) {}

  /** The hint is dealt with at once: one whose job waits for its turn must not keep those of frequent jobs. */
  @Process()
  run({ data: { name } }: Job<{ name: string }>): void {
    void this.jobs.runIfDue(name);
  }
}
