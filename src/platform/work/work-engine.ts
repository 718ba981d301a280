import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { type ClientId, Database, type Tx } from '../database/index.js';
import { Tracing } from '../observability/index.js';
import { Hints, type WorkHint } from '../queue/index.js';
import { PausedClients } from './paused-clients.js';
import type { NewWork, WorkKind } from './work.js';
import { WorkMetrics } from './work.metrics.js';
import { WorkStore } from './work.store.js';
import { Worker } from './worker.js';

/** What the engine keeps of a worker, whatever its kind. */
type AnyWorker = Pick<Worker<unknown, unknown>, 'start' | 'stop' | 'take'>;

/**
 * Durable work. PostgreSQL is the queue: accepted work is a row, and ends as `done`, `dead` with a reason, or `held`,
 * whatever process dies meanwhile and whatever Redis forgets. Bull only carries hints, so that work starts at once.
 */
@Injectable()
export class WorkEngine implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly log = new Logger(WorkEngine.name);
  private stopped: Promise<unknown> = Promise.resolve();
  private readonly workers = new Map<string, AnyWorker>();

  constructor(
    private readonly store: WorkStore,
    private readonly hints: Hints,
    private readonly database: Database,
    private readonly metrics: WorkMetrics,
    private readonly paused: PausedClients,
    private readonly tracing: Tracing,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  /** Accepts work in the caller's transaction, and hints at what is due once that has committed. */
  async accept(tx: Tx, kind: string, items: readonly NewWork[]): Promise<void> {
    const accepted = new Set(await this.store.accept(tx, kind, items));
    const isDue = ({ id, runAt, afterSeconds = 0 }: NewWork) =>
      runAt === null && afterSeconds === 0 && accepted.has(id);
    this.hintAt(tx, kind, items.filter(isDue));
  }

  /**
   * Makes work of what ended, or is held, or is so long over that it was removed: as if it were new. Whoever asks knows
   * that it came to nothing.
   * @returns the ids that are work again
   */
  async revive(tx: Tx, kind: string, items: readonly NewWork[]): Promise<Set<string>> {
    const revived = await this.store.revive(
      tx,
      kind,
      items.map(({ id }) => id),
    );
    const known = new Set(revived.map(({ id }) => id));
    const missing = items.filter(({ id }) => !known.has(id));
    for (const id of await this.store.accept(tx, kind, missing)) known.add(id);
    this.hintAt(
      tx,
      kind,
      items.filter(({ id }) => known.has(id)),
    );
    return known;
  }

  /** Brings waiting work forward, never back, and hints at what is due at once when that has committed. */
  async hasten(
    tx: Tx,
    kind: string,
    sooner: readonly (Pick<NewWork, 'id' | 'clientId'> & { readonly afterSeconds: number })[],
  ): Promise<void> {
    await this.store.hasten(tx, kind, sooner);
    this.hintAt(
      tx,
      kind,
      sooner.filter(({ afterSeconds }) => afterSeconds === 0),
    );
  }

  /** Says how work of a kind is done here. Workers start once the whole application is up. */
  register<Payload, Result>(kind: WorkKind<Payload, Result>): void {
    if (this.workers.has(kind.name)) throw new Error(`Two kinds of work are named ${kind.name}.`);
    const options = {
      slots: this.env.WORK_CONCURRENCY,
      leaseSeconds: this.env.WORK_LEASE_SECONDS,
      paused: this.paused,
      onLate: () => this.metrics.late.inc(),
      tracing: this.tracing,
    };
    this.workers.set(kind.name, new Worker(kind, this.store, this.database, options));
  }

  /** A hint has come: resolves when what was taken of its work has ended; the sweep will take the rest. */
  take(kind: string, hint: WorkHint): Promise<void> {
    return this.workers.get(kind)?.take(hint) ?? Promise.resolve();
  }

  onApplicationBootstrap(): void {
    for (const worker of this.workers.values()) worker.start();
    if (this.workers.size > 0) this.log.log(`Workers are up: ${[...this.workers.keys()].join(', ')}.`);
  }

  /** Begins here, so that sockets leave in the same time. */
  onModuleDestroy(): void {
    const drainMs = this.env.DRAIN_SECONDS * 1_000;
    this.stopped = Promise.all([...this.workers.values()].map((worker) => worker.stop(drainMs)));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stopped;
  }

  private hintAt(tx: Tx, kind: string, items: readonly Pick<NewWork, 'id' | 'clientId'>[]): void {
    const due = new Map<ClientId, string[]>();
    for (const { id, clientId } of items) if (!due.get(clientId)?.push(id)) due.set(clientId, [id]);
    if (due.size > 0) tx.afterCommit(() => due.forEach((ids, clientId) => this.hints.send(kind, { clientId, ids })));
  }
}
