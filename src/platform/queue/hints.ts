import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import Bull from 'bull';
import { Redis as Connection } from 'ioredis';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { Metrics } from '../observability/index.js';
import { bullPrefix } from './bull-options.js';

/** What a hint says: a client has work with these ids. Never content, never a secret; it may be lost at any time. */
export interface WorkHint {
  readonly clientId: string;
  readonly ids: readonly string[];
}

const JOB_OPTIONS: Bull.JobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true };
const IDS_PER_HINT = 100;
const HINTS_PER_BATCH = 500;

/**
 * Tells workers of new work through Bull, so that it starts at once instead of at the next sweep. Sent after the commit
 * and never awaited; while Redis is away hints fail at once and the sweep finds the work.
 */
@Injectable()
export class Hints implements OnApplicationShutdown {
  private readonly log = new Logger(Hints.name);
  private readonly producers = new Map<string, Bull.Queue<WorkHint>>();
  private readonly waiting = new Map<string, WorkHint[]>();
  private readonly failures;
  private readonly connection: Connection;

  constructor(
    @Inject(ENV) private readonly env: ResolvedEnv,
    metrics: Metrics,
  ) {
    this.connection = connect(env.REDIS_URL);
    this.failures = metrics.counter(
      'hint_failures_total',
      'Hints that did not reach Redis; the sweep finds their work',
    );
  }

  /** The hints of one tick travel together. */
  send(queue: string, { clientId, ids }: WorkHint): void {
    const waiting = this.waiting.get(queue) ?? [];
    for (let at = 0; at < ids.length; at += IDS_PER_HINT)
      waiting.push({ clientId, ids: ids.slice(at, at + IDS_PER_HINT) });
    if (this.waiting.has(queue)) return;
    this.waiting.set(queue, waiting);
    setImmediate(() => this.flush(queue));
  }

  async onApplicationShutdown(): Promise<void> {
    this.connection.disconnect();
    await Promise.resolve();
  }

  private flush(queue: string): void {
    const hints = this.waiting.get(queue) ?? [];
    this.waiting.delete(queue);
    for (let at = 0; at < hints.length; at += HINTS_PER_BATCH) {
      const batch = hints.slice(at, at + HINTS_PER_BATCH);
      this.add(queue, batch).catch((error: unknown) => {
        this.failures.inc(batch.length);
        this.log.debug(`Hints of ${queue} were not sent: ${String(error)}`);
      });
    }
  }

  private async add(queue: string, hints: readonly WorkHint[]): Promise<void> {
    if (this.connection.status !== 'ready') throw new Error('Redis is away');
    await this.producer(queue).addBulk(hints.map((data) => ({ data, opts: JOB_OPTIONS })));
  }

  private producer(queue: string): Bull.Queue<WorkHint> {
    const known = this.producers.get(queue);
    if (known) return known;
    const producer = new Bull<WorkHint>(queue, { prefix: bullPrefix(this.env), createClient: () => this.connection });
    producer.on('error', () => undefined); // counted where the hint fails
    this.producers.set(queue, producer);
    return producer;
  }
}

/** A connection of its own: Bull's default one queues commands for minutes while Redis is away. */
function connect(url: string): Connection {
  const connection = new Connection(url, {
    connectionName: 'chatapi-hints',
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    retryStrategy: (tries) => Math.min(50 * tries, 2_000),
  });
  connection.on('error', () => undefined); // said once by Redis's own connection; a hint that fails is counted
  return connection;
}
