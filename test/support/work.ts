import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Tracing } from '../../src/platform/observability/index.js';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { Database, newId } from '../../src/platform/database/index.js';
import {
  type Claim,
  type Decision,
  type Ended,
  type Lost,
  type NewWork,
  PausedClients,
  type WorkKind,
  WORK_PRIORITIES,
  WorkStore,
} from '../../src/platform/work/index.js';
import { Worker, type WorkerOptions } from '../../src/platform/work/worker.js';
import { FIRST_CLIENT, type Room, type Sweep } from '../../src/platform/work/work.store.js';
import { aDatabase } from './servers.js';

export const KIND = 'parcels';
export const CLIENT = '10000000-0000-4000-8000-000000000000';
export const OTHER_CLIENT = '20000000-0000-4000-8000-000000000000';
export const DONE = { end: 'done', result: null } as const;

interface Row {
  readonly state: string;
  readonly reason: string | null;
  readonly attempts: number;
  readonly claims: number;
  readonly losses: number;
  /** From now until it is due; null unless it waits. */
  readonly pause: number;
}

/** The table of work in a database of its own, and ways to look at it and to let time pass. */
export class Workbench {
  readonly store: WorkStore;
  private readonly running: Worker<string, unknown>[] = [];

  private constructor(
    private readonly source: DataSource,
    readonly database: Database,
  ) {
    this.store = new WorkStore(database);
  }

  static async open(url?: string): Promise<Workbench> {
    Logger.overrideLogger(false);
    const source = new DataSource(dataSourceOptions(url ?? (await aDatabase()), 10));
    await source.initialize();
    return new Workbench(source, new Database(source));
  }

  /** Stops the workers. */
  async stop(): Promise<void> {
    await Promise.all(this.running.splice(0).map((worker) => worker.stop(0)));
  }

  async close(): Promise<void> {
    await this.stop();
    await this.source.destroy();
  }

  sql<R extends object>(text: string, values: unknown[] = []): Promise<R[]> {
    return this.source.query(text, values);
  }

  /** @returns the ids, in the order of the wishes */
  async accept(...wishes: Partial<NewWork>[]): Promise<string[]> {
    const items = wishes.map((wish): NewWork => {
      const id = newId();
      return {
        ...{ id, clientId: CLIENT, dedupeKey: id, priority: WORK_PRIORITIES.normal },
        ...{ runAt: null, expiresAt: null, requestId: null },
        ...wish,
      };
    });
    await this.database.transaction((tx) => this.store.accept(tx, KIND, items));
    return items.map(({ id }) => id);
  }

  /** Work that has waited long enough for a sweep. */
  async acceptDue(...wishes: Partial<NewWork>[]): Promise<string[]> {
    const ids = await this.accept(...wishes);
    await this.sql(`UPDATE work_items SET run_at = run_at - interval '10 seconds' WHERE id = ANY ($1)`, [ids]);
    return ids;
  }

  claim(...ids: string[]): Promise<Claim[]> {
    return this.store.claimHinted(KIND, ids, 60);
  }

  async claimOne(id: string): Promise<Claim> {
    const [claim] = await this.claim(id);
    if (!claim) throw new Error('Not claimed.');
    return claim;
  }

  sweep(limit: number, wish: Partial<Room & Sweep> = {}): Promise<Claim[]> {
    const { after = FIRST_CLIENT, graceSeconds = 1, without = [], ...wished } = wish;
    const room = { limit, held: new Map(), share: limit, unreserved: limit, ...wished };
    return this.store.claimDue(KIND, room, { after, graceSeconds, leaseSeconds: 60, without });
  }

  finish(claim: Claim, decision: Decision<unknown> = DONE): Promise<Set<string>> {
    return this.database.transaction((tx) => this.store.finish(tx, KIND, [{ claim, decision }]));
  }

  reap(maxLosses = 5, whenLost: 'again' | 'held' = 'again'): Promise<Lost[]> {
    return this.database.transaction((tx) => this.store.reap(tx, KIND, maxLosses, whenLost));
  }

  expire(): Promise<Ended[]> {
    return this.database.transaction((tx) => this.store.expire(tx, KIND));
  }

  /** As when the workers that hold leases died a lease ago. */
  async loseLeases(): Promise<void> {
    await this.sql(`UPDATE work_items SET lease_until = now() - interval '1 second' WHERE state = 'leased'`);
  }

  async row(id: string): Promise<Row> {
    const [row] = await this.sql<Row>(
      `SELECT state, reason, attempts, claims, losses, extract(epoch FROM run_at - now())::float8 AS pause FROM work_items WHERE id = $1`,
      [id],
    );
    if (!row) throw new Error(`No work ${id}`);
    return row;
  }

  /** How much work is in each state. */
  async states(): Promise<Readonly<Record<string, number>>> {
    const rows = await this.sql<{ state: string; count: number }>(
      'SELECT state, count(*)::integer AS count FROM work_items GROUP BY state',
    );
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  /** What became of each time the work was handed out; null while that is not known. */
  async outcomes(id: string): Promise<(string | null)[]> {
    const rows = await this.sql<{ outcome: string | null }>(
      'SELECT outcome FROM work_attempts WHERE work_id = $1 ORDER BY n',
      [id],
    );
    return rows.map(({ outcome }) => outcome);
  }

  /** A worker of the kind; its payloads are the ids, unless told. */
  worker(kind: Partial<WorkKind<string, unknown>>, options: Partial<WorkerOptions> = {}): Worker<string, unknown> {
    const whole: WorkKind<string, unknown> = {
      name: KIND,
      maxLosses: 5,
      whenLost: 'again',
      load: (claims) => Promise.resolve(new Map(claims.map(({ id }) => [id, id]))),
      run: () => Promise.resolve(DONE),
      failed: () => ({ end: 'dead', reason: 'failed', result: null }),
      settle: () => Promise.resolve(),
      lost: () => Promise.resolve(),
      expired: () => Promise.resolve(),
      ...kind,
    };
    const worker = new Worker(whole, this.store, this.database, {
      slots: 10,
      leaseSeconds: 30,
      paused: new PausedClients(),
      onLate: () => undefined,
      tracing: Tracing.off(),
      ...options,
    });
    this.running.push(worker);
    return worker;
  }
}
