import { setMaxListeners } from 'node:events';
import { setImmediate as nextTick, setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type ClientId, type Database, GroupCommit } from '../database/index.js';
import { Unavailable } from '../errors/index.js';
import type { Tracing } from '../observability/index.js';
import type { WorkHint } from '../queue/index.js';
import { type Deadline, Deadlines } from '../signals/index.js';
import type { PausedClients } from './paused-clients.js';
import { Slots } from './slots.js';
import type { Beside, Claim, Decision, Settled, WorkKind } from './work.js';
import { FIRST_CLIENT, type WorkStore } from './work.store.js';

const SWEEP_EVERY_MS = 500;
/** Workers sweep at different moments. */
const SWEEP_SPREAD = 0.2;
const SWEEP_MAX = 100;
/** Fresh work is left to its hint for this long before a sweep takes it. */
const HINT_GRACE_SECONDS = 1;
/** Slots that come back one by one are filled together: a claim costs about the same for one as for all. */
const GATHER_MS = 2;
const RETRY_FINISH_MS = 250;
/** What was cut off at the end of the drain has this long to notice. */
const CUT_MS = 1_000;

export interface WorkerOptions {
  readonly slots: number;
  readonly leaseSeconds: number;
  readonly paused: Pick<PausedClients, 'has' | 'all'>;
  readonly onLate: () => void;
  readonly tracing: Tracing;
}

type Payloads<Payload> = ReadonlyMap<string, Payload>;

interface Hinted {
  readonly id: string;
  readonly clientId: ClientId;
  readonly settle: (ended: Promise<void>) => void;
}

interface Lease {
  readonly endsAt: number;
  /** Ends what runs under it. */
  readonly deadline: Deadline;
}

interface Held extends Lease {
  readonly hasSlot: boolean;
}

interface InHand {
  readonly claim: Claim;
  readonly ended: Promise<void>;
}

/** Works off one kind: claims by hint and by sweep, runs within its slots, writes the ends in batches. */
export class Worker<Payload, Result> {
  private readonly log: Logger;
  private readonly slots: Slots;
  private readonly inHand = new Map<string, InHand>();
  private readonly finishes: GroupCommit<Settled<Payload, Result>, boolean>;
  private readonly deadlines = new Deadlines();
  private readonly claiming = new Set<Promise<unknown>>();
  private after: ClientId = FIRST_CLIENT;
  private hinted: Hinted[] = [];
  /** Hints were left for want of slots: the sweep takes their work as slots come back, without grace. */
  private isBehind = false;
  private wake = (): void => undefined;
  private sweeping?: Promise<void>;
  private isStopping = false;

  constructor(
    private readonly kind: WorkKind<Payload, Result>,
    private readonly store: WorkStore,
    private readonly database: Database,
    private readonly options: WorkerOptions,
  ) {
    this.log = new Logger(`Worker ${kind.name}`);
    this.slots = new Slots(options.slots);
    this.finishes = new GroupCommit({
      write: (settled) => this.settle(settled),
      lanes: 1,
      laneOf: () => 0,
      maxBatch: 250,
      maxWaiting: Infinity,
    });
  }

  start(): void {
    this.sweeping ??= this.sweep();
  }

  /** Stops claiming, lets what is in hand end within the time, and gives the rest back. */
  async stop(drainMs: number): Promise<void> {
    this.isStopping = true;
    this.wake();
    await this.sweeping;
    await Promise.allSettled(this.claiming);
    await this.ended(drainMs);
    const left = [...this.inHand.values()].map(({ claim }) => claim);
    if (left.length > 0) await this.giveBack(left);
    this.deadlines.cut();
    await this.ended(CUT_MS);
  }

  /** Takes what there is room for of the client's hinted work, and leaves the rest to the sweep; resolves when what it took has ended. */
  async take({ clientId, ids }: WorkHint): Promise<void> {
    if (!this.sweeping || this.isStopping || this.options.paused.has(clientId)) return;
    // The backlog is not this client's: it need not wait for the sweep.
    if (this.isBehind && this.slots.hasShare(clientId)) return;
    const ends: Promise<void>[] = [];
    for (const id of ids) {
      if (!this.slots.mayTake(clientId)) {
        this.fallBehind();
        break;
      }
      this.slots.take(clientId);
      ends.push(new Promise((settle) => this.hinted.push({ id, clientId, settle })));
    }
    if (ends.length > 0 && ends.length === this.hinted.length) this.claimNextTick();
    await Promise.all(ends);
  }

  private fallBehind(): void {
    this.isBehind = true;
    this.wake();
  }

  private claimNextTick(): void {
    void this.whileClaiming(nextTick().then(() => this.claimHinted()));
  }

  /** The end of the drain waits for it: what it claims is in hand. */
  private async whileClaiming<T>(claiming: Promise<T>): Promise<T> {
    this.claiming.add(claiming);
    return claiming.finally(() => this.claiming.delete(claiming));
  }

  /** The hints of one tick are claimed in one statement. */
  private async claimHinted(): Promise<void> {
    const hinted = this.hinted;
    this.hinted = [];
    const { leaseSeconds, paused } = this.options;
    let claims: Claim[] = [];
    try {
      claims = await this.store.claimHinted(
        this.kind.name,
        hinted.flatMap(({ id, clientId }) => (paused.has(clientId) ? [] : id)),
        leaseSeconds,
      );
    } catch (error) {
      this.log.debug(`Hints were not claimed: ${String(error)}`);
    }
    const ends = this.begin(claims);
    for (const { id, clientId, settle } of hinted) {
      const ended = ends.get(id);
      if (!ended) this.slots.release(clientId);
      settle(ended ?? Promise.resolve());
    }
  }

  private async sweep(): Promise<void> {
    let tidyAt = 0;
    while (!this.isStopping) {
      try {
        if (Date.now() >= tidyAt) {
          tidyAt = Date.now() + SWEEP_EVERY_MS;
          await this.tidy();
        }
        if (await this.claimDue()) continue;
      } catch (error) {
        this.log.debug(`The sweep failed and goes on: ${String(error)}`);
      }
      await this.pause();
    }
  }

  private async pause(): Promise<void> {
    const woken = new AbortController();
    this.wake = () => woken.abort();
    if (this.isBehind || this.isStopping) return;
    const spread = 1 + SWEEP_SPREAD * (2 * Math.random() - 1);
    await delay(SWEEP_EVERY_MS * spread, undefined, { signal: woken.signal }).catch(() => undefined);
  }

  /** @returns whether there may be more at once */
  private async claimDue(): Promise<boolean> {
    const room = this.slots.room(SWEEP_MAX);
    if (room.limit === 0) return this.slotFreed();
    const begunAt = this.after;
    const wasBehind = this.isBehind;
    this.isBehind = false;
    const graceSeconds = wasBehind ? 0 : HINT_GRACE_SECONDS;
    const { leaseSeconds, paused } = this.options;
    const sweep = { after: begunAt, graceSeconds, leaseSeconds, without: paused.all() };
    const claims = await this.store.claimDue(this.kind.name, room, sweep);
    const clients = new Set(claims.map(({ clientId }) => clientId));
    const isFull = claims.length === room.limit;
    // A client that has its share may have more that is due.
    const isShared = claims.length >= room.unreserved;
    this.after = clients.size === room.limit ? lastOf(clients) : FIRST_CLIENT;
    for (const { clientId } of claims) this.slots.take(clientId);
    this.begin(claims);
    const mayHaveMore = isFull || isShared || begunAt !== FIRST_CLIENT;
    this.isBehind ||= wasBehind && mayHaveMore;
    if (isFull || begunAt !== FIRST_CLIENT) return true;
    return isShared ? this.slotFreed() : false;
  }

  private async slotFreed(): Promise<true> {
    await Promise.race([this.slots.whenFreed(), delay(SWEEP_EVERY_MS, undefined, { ref: false })]);
    await delay(GATHER_MS);
    return true;
  }

  private async tidy(): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { name, maxLosses, whenLost } = this.kind;
      const lost = await this.store.reap(tx, name, maxLosses, whenLost);
      if (lost.length > 0) await this.kind.lost(tx, lost);
      const expired = await this.store.expire(tx, name);
      if (expired.length > 0) await this.kind.expired(tx, expired);
    });
  }

  private async ended(withinMs: number): Promise<void> {
    const ends = Promise.allSettled([...this.inHand.values()].map(({ ended }) => ended));
    const waited = new AbortController();
    await Promise.race([ends, delay(withinMs, undefined, { signal: waited.signal }).catch(() => undefined)]);
    waited.abort();
  }

  /** What may not be done twice keeps its lease: when that ends it is held. */
  private async giveBack(left: readonly Claim[]): Promise<void> {
    await this.store
      .release(left, this.kind.whenLost)
      .catch((error: unknown) => this.log.warn(`Leases were not given back: ${String(error)}`));
  }

  private readonly beside: Beside = async (ids) => {
    if (ids.length === 0 || this.isStopping) return new Map();
    const claiming = this.store.claimHinted(this.kind.name, ids, this.options.leaseSeconds);
    return this.whileClaiming(claiming.then((claims) => this.begin(claims, false)));
  };

  /** Runs claimed work, each piece in a slot that is taken already, or beside another in that one's. */
  private begin(claims: readonly Claim[], hasSlot = true): Map<string, Promise<void>> {
    if (claims.length === 0) return new Map();
    const lease = this.leaseFromNow();
    const payloads = this.kind.load(claims).catch((error: unknown) => {
      this.log.warn(`Claimed work was not read: ${String(error)}`);
      return null;
    });
    const ends = new Map(
      claims.map((claim) => {
        const ended = this.work(claim, payloads, { ...lease, hasSlot }).finally(() => this.inHand.delete(claim.id));
        this.inHand.set(claim.id, { claim, ended });
        return [claim.id, ended];
      }),
    );
    void Promise.allSettled(ends.values()).then(lease.deadline.over);
    return ends;
  }

  /** What was claimed together has one deadline. */
  private leaseFromNow(): Lease {
    const ms = this.options.leaseSeconds * 1_000;
    // Half the lease at most: the end must be written while the lease is still ours.
    const deadline = this.deadlines.after(ms / 2);
    setMaxListeners(0, deadline.signal); // as many as were claimed together
    return { endsAt: Date.now() + ms, deadline };
  }

  /** In its slot until it has run; then until its end is written it is only in hand. What has no slot is in hand only then. */
  private async work(claim: Claim, reading: Promise<Payloads<Payload> | null>, lease: Held): Promise<void> {
    let written = lease.hasSlot ? this.slots.hold() : null;
    try {
      const payloads = await reading;
      const payload = payloads?.get(claim.id);
      const decision = await this.runInSlot(payload, claim, lease);
      written ??= this.slots.hold();
      if (payloads === null) await this.store.release([claim]).catch(() => undefined);
      else if (payload === undefined || decision === null) await this.writeGone(claim);
      else await this.finish({ claim, payload, decision }, lease.endsAt);
    } finally {
      written?.();
    }
  }

  /** The slot comes back however it ends. */
  private async runInSlot(
    payload: Payload | undefined,
    claim: Claim,
    { deadline, hasSlot }: Held,
  ): Promise<Decision<Result> | null> {
    try {
      return payload === undefined ? null : await this.run(payload, claim, deadline.signal);
    } finally {
      if (hasSlot) this.slots.release(claim.clientId);
    }
  }

  private async run(payload: Payload, claim: Claim, signal: AbortSignal): Promise<Decision<Result>> {
    try {
      return await this.traced(claim, () => this.kind.run(payload, claim, signal, this.beside));
    } catch (error) {
      this.log.error({ err: error, ...this.about(claim) });
      return this.kind.failed(payload, claim, error);
    }
  }

  private traced<T>(claim: Claim, run: () => Promise<T>): Promise<T> {
    const { id, clientId, claims } = claim;
    const about = { 'chatapi.work_id': id, 'chatapi.client_id': clientId, 'chatapi.claim': claims };
    return this.options.tracing.continued(`work ${this.kind.name}`, claim.traceparent, about, run);
  }

  /** While PostgreSQL is away the end waits in memory, as long as the lease holds; after that others take the work. */
  private async finish(settled: Settled<Payload, Result>, leaseEndsAt: number): Promise<void> {
    for (;;) {
      try {
        if (!(await this.finishes.append(settled))) this.options.onLate();
        return;
      } catch (error) {
        if (Date.now() > leaseEndsAt || this.deadlines.areCut) return this.options.onLate();
        if (!(error instanceof Unavailable)) this.log.error({ err: error, ...this.about(settled.claim) });
        await delay(RETRY_FINISH_MS);
      }
    }
  }

  private about({ id, clientId, requestId }: Claim): object {
    return { kind: this.kind.name, [this.kind.idInLogs ?? 'workId']: id, clientId, requestId };
  }

  private settle(settled: readonly Settled<Payload, Result>[]): Promise<boolean[]> {
    return this.database.transaction(async (tx) => {
      const ended = await this.store.finish(tx, this.kind.name, settled);
      const ours = settled.filter(({ claim }) => ended.has(claim.id));
      if (ours.length > 0) await this.kind.settle(tx, ours);
      return settled.map(({ claim }) => ended.has(claim.id));
    });
  }

  private async writeGone(claim: Claim): Promise<void> {
    const decision = { end: 'dead', reason: 'gone', result: null } as const;
    await this.database
      .transaction((tx) => this.store.finish(tx, this.kind.name, [{ claim, decision }]))
      .catch(() => undefined);
  }
}

/** In the order of PostgreSQL. */
const lastOf = (clients: ReadonlySet<ClientId>): ClientId => [...clients].sort().at(-1) ?? FIRST_CLIENT;
