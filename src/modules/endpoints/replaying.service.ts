import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ENV, type ResolvedEnv } from '../../config/index.js';
import { Database, newId, type Tx } from '../../platform/database/index.js';
import { Unavailable } from '../../platform/errors/index.js';
import {
  type Claim,
  type Decision,
  type Lost,
  WORK_PRIORITIES,
  WorkEngine,
  type WorkKind,
} from '../../platform/work/index.js';
import { workOf } from './accepting.service.js';
import { WEBHOOK_REPLAYS, WEBHOOKS } from './endpoints.jobs.js';
import type { ReplayRecord } from './replay.js';
import { ReplaysRepository, type Wished } from './replays.repository.js';

const BATCH = 500;
const AGAIN_SECONDS = 5;

type Ended = Decision<null>;

/** Tells an endpoint again what was asked for, batch by batch: each with its place in one transaction, so that any process can go on. */
@Injectable()
export class ReplayingService implements WorkKind<ReplayRecord, null>, OnModuleInit {
  readonly name = WEBHOOK_REPLAYS;
  readonly idInLogs = 'replayId';
  readonly maxLosses = 100;
  readonly whenLost = 'again';

  constructor(
    private readonly work: WorkEngine,
    private readonly database: Database,
    private readonly replays: ReplaysRepository,
    @Inject(ENV) private readonly env: ResolvedEnv,
  ) {}

  onModuleInit(): void {
    if (this.env.ROLE !== 'api') this.work.register(this);
  }

  async load(claims: readonly Claim[]): Promise<ReadonlyMap<string, ReplayRecord>> {
    const loaded = await this.replays.load(claims);
    return new Map(loaded.map((replay) => [replay.id, replay]));
  }

  async run(replay: ReplayRecord, _claim: Claim, signal: AbortSignal): Promise<Ended> {
    while (!signal.aborted)
      if (!(await this.database.transaction((tx) => this.batch(tx, replay)))) return { end: 'done', result: null };
    return { end: 'postpone', afterSeconds: 0, reason: 'goes_on', result: null };
  }

  failed(_replay: ReplayRecord, _claim: Claim, error: unknown): Ended {
    if (error instanceof Unavailable)
      return { end: 'postpone', afterSeconds: AGAIN_SECONDS, reason: 'unavailable', result: null };
    return { end: 'retry', afterSeconds: AGAIN_SECONDS, reason: 'internal', result: null };
  }

  async settle(): Promise<void> {
    // Each batch has written what it did.
  }

  async lost(tx: Tx, lost: readonly Lost[]): Promise<void> {
    for (const { clientId, id, fate } of lost)
      if (fate === 'crash_loop') this.replays.advance(tx, clientId, id, { done: 0, last: null, status: 'stopped' });
    await Promise.resolve();
  }

  async expired(): Promise<void> {
    // None has an end.
  }

  /** @returns whether there may be more */
  private async batch(tx: Tx, { clientId, id }: ReplayRecord): Promise<boolean> {
    const replay = await this.replays.lock(tx, clientId, id);
    if (!replay || replay.finishedAt) return false;
    if (replay.endpointStatus === 'disabled') {
      this.replays.advance(tx, clientId, id, { done: 0, last: null, status: 'stopped' });
      return false;
    }
    const wished = await this.replays.next(tx, replay, BATCH);
    await this.tellAgain(tx, replay, wished);
    const isLast = wished.length < BATCH;
    const status = isLast ? 'done' : 'running';
    this.replays.advance(tx, clientId, id, { done: wished.length, last: wished.at(-1) ?? null, status });
    return !isLast;
  }

  /** What is pending is looked at sooner; what ended is work again; what never was becomes some. The work's rows come first. */
  private async tellAgain(tx: Tx, { clientId, endpointId }: ReplayRecord, wished: readonly Wished[]): Promise<void> {
    const pending = wished.flatMap(({ deliveryId, status }) =>
      status === 'pending' && deliveryId ? [deliveryId] : [],
    );
    const others = wished
      .filter(({ status }) => status !== 'pending')
      .map(({ eventId, deliveryId }) => ({ id: deliveryId ?? newId(), eventId, isNew: deliveryId === null }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    await this.work.hasten(
      tx,
      WEBHOOKS,
      pending.map((deliveryId) => ({ id: deliveryId, clientId, afterSeconds: 0 })),
    );
    const work = others.map(({ id, eventId }) => ({
      ...workOf({ clientId, id, eventId, endpointId }),
      priority: WORK_PRIORITIES.low,
    }));
    const revived = await this.work.revive(tx, WEBHOOKS, work);
    const again = others.filter(({ id }) => revived.has(id));
    this.replays.reopen(
      tx,
      clientId,
      again.flatMap(({ id, isNew }) => (isNew ? [] : [id])),
    );
    this.replays.add(
      tx,
      clientId,
      endpointId,
      again.filter(({ isNew }) => isNew),
    );
  }
}
