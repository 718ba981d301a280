import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Outcome } from '../../extension/index.js';
import { type ClientId, Database, GroupCommit, Notices, type Tx } from '../../platform/database/index.js';
import { RecurringJobs } from '../../platform/queue/index.js';
import { faultText, pauseSeconds, trips, verdictOf, type Window } from './breaker.rules.js';
import { CallMeter } from './call-meter.js';
import { ProviderAnnouncer } from './provider-announcer.js';
import { ProviderHealthRepository } from './provider-health.repository.js';
import type { ProviderName } from './provider-usage.repository.js';

/** Of a provider whose breaker is not closed, as this process knows it. */
export class Gate {
  private untilMs: number;
  /** A call of this process goes through, or asks whether it may. */
  isProbing = false;

  constructor(secondsLeft: number) {
    this.untilMs = inMs(secondsLeft);
  }

  get secondsLeft(): number {
    return Math.max(0, (this.untilMs - performance.now()) / 1_000);
  }

  waitFor(seconds: number): void {
    this.untilMs = inMs(seconds);
  }
}

const inMs = (seconds: number): number => performance.now() + seconds * 1_000;

/** What every process hears when a client's providers, or how they are chosen, changed. */
export const PROVIDERS_CHANGED = 'providers.changed';
/** The same, when it was the client who changed them: what waits for a provider may go out now. */
export const PROVIDERS_SET = 'providers.set';
const WRITE_EVERY_MS = 2_000;
const PRUNE_EVERY_SECONDS = 600;
/** Whoever comes while a probe is under way looks again then. */
const PROBE_PATIENCE_SECONDS = 2;
const BATCH_MAX = 500;
const NOTHING: Window = { calls: 0, faults: 0 };

/** How a call of a provider ended, for its breaker. */
export interface CallReport {
  readonly outcome: Outcome;
  readonly durationMs: number;
  readonly isProbe: boolean;
}

interface Faulty extends ProviderName {
  readonly detail: string | null;
}

/**
 * A breaker for each provider, one for all processes: its state is a row, and every process hears of a change by notice.
 * A call that went well is only counted in memory, and the counts are written every two seconds; a fault is written at
 * once, and whoever writes it sees whether it was one too many.
 */
@Injectable()
export class ProviderBreakers implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger(ProviderBreakers.name);
  private readonly meter = new CallMeter();
  /** Faults of a provider since a call went well. */
  private readonly inARow = new Map<string, { readonly clientId: ClientId; count: number }>();
  private readonly faults;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly database: Database,
    private readonly health: ProviderHealthRepository,
    private readonly notices: Notices,
    private readonly jobs: RecurringJobs,
    private readonly announcer: ProviderAnnouncer,
  ) {
    this.faults = new GroupCommit<Faulty, void>({
      write: (batch) => this.judge(batch),
      lanes: 1,
      laneOf: () => 0,
      maxBatch: BATCH_MAX,
      maxWaiting: Infinity,
    });
  }

  onModuleInit(): void {
    this.notices.on(PROVIDERS_CHANGED, ({ clientId = '' }) => this.forget(clientId));
    const run = () => this.health.prune();
    this.jobs.register({ name: 'provider_calls.clean', everySeconds: PRUNE_EVERY_SECONDS, run });
    this.timer = setInterval(() => void this.write(), WRITE_EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.write();
  }

  /** Whether a call may go through. @returns in how many seconds to ask again, or whether it is the probe */
  async admit(provider: ProviderName, gate: Gate | null): Promise<{ isProbe: boolean } | { forSeconds: number }> {
    if (!gate) return { isProbe: false };
    if (gate.secondsLeft > 0) return { forSeconds: gate.secondsLeft };
    if (gate.isProbing) return { forSeconds: PROBE_PATIENCE_SECONDS };
    gate.isProbing = true;
    const probe = await this.health.probe(provider, PROBE_PATIENCE_SECONDS).catch((error: unknown) => {
      gate.isProbing = false;
      throw error;
    });
    if (probe.kind === 'won') return { isProbe: true };
    gate.isProbing = false;
    if (probe.kind === 'closed') return { isProbe: false };
    gate.waitFor(probe.forSeconds);
    return { forSeconds: probe.forSeconds };
  }

  /** The probe was not made after all; another may be. */
  async leave(provider: ProviderName, gate: Gate | null): Promise<void> {
    if (gate) gate.isProbing = false;
    await this.health.leave(provider).catch(() => undefined); // its time ends by itself
  }

  /** Says how a call ended. */
  async report(provider: ProviderName, gate: Gate | null, { outcome, durationMs, isProbe }: CallReport): Promise<void> {
    const verdict = verdictOf(outcome);
    if (verdict) this.note(provider, verdict === 'fault', durationMs);
    if (verdict === 'well' && !isProbe) return;
    const detail = faultText(outcome.detail);
    try {
      if (verdict === null) return isProbe ? await this.leave(provider, gate) : undefined;
      if (!isProbe) return await this.faults.append({ ...provider, detail });
      await (verdict === 'well' ? this.close(provider) : this.reopen(provider, detail));
    } catch (error) {
      this.log.debug(`Provider ${provider.providerId}: a breaker was not written: ${String(error)}`);
    } finally {
      if (isProbe && gate) gate.isProbing = false;
    }
  }

  private note(provider: ProviderName, isFault: boolean, durationMs: number): void {
    this.meter.note(provider, isFault, durationMs);
    const known = this.inARow.get(provider.providerId);
    if (!isFault) this.inARow.delete(provider.providerId);
    else if (known) known.count++;
    else this.inARow.set(provider.providerId, { clientId: provider.clientId, count: 1 });
  }

  /** Once a breaker has opened or closed, wherever that was, the count begins anew. */
  private forget(clientId: ClientId): void {
    for (const [providerId, row] of this.inARow) if (row.clientId === clientId) this.inARow.delete(providerId);
  }

  private async judge(batch: readonly Faulty[]): Promise<undefined[]> {
    const counted = this.meter.taken();
    const faulty = new Map(batch.map((one) => [one.providerId, one]));
    const opened = await this.database.transaction(async (tx) => {
      if (counted.length > 0) await this.health.add(tx, counted);
      const asked = [...faulty.values()].sort((a, b) => (a.providerId < b.providerId ? -1 : 1));
      const windows = await this.health.windows(tx, asked);
      const found: Faulty[] = [];
      for (const one of asked) if (this.isTooMuch(one, windows) && (await this.open(tx, one))) found.push(one);
      return found;
    });
    for (const { providerId } of opened) this.log.warn(`Provider ${providerId} is at fault: its breaker is open.`);
    return batch.map(() => undefined);
  }

  private isTooMuch({ providerId }: Faulty, windows: ReadonlyMap<string, Window>): boolean {
    return trips(windows.get(providerId) ?? NOTHING, this.inARow.get(providerId)?.count ?? 0);
  }

  private async open(tx: Tx, { detail, ...provider }: Faulty): Promise<boolean> {
    const isNew = await this.health.open(tx, provider, pauseSeconds(1), detail);
    if (!isNew) return false;
    await this.announce(tx, provider);
    await this.announcer.degraded(tx, provider, detail);
    return true;
  }

  private async reopen(provider: ProviderName, detail: string | null): Promise<void> {
    await this.database.transaction(async (tx) => {
      const opens = await this.health.opens(tx, provider);
      await this.health.reopen(tx, provider, pauseSeconds(opens + 1), detail);
      await this.announce(tx, provider);
    });
  }

  private async close(provider: ProviderName): Promise<void> {
    const hasChanged = await this.database.transaction(async (tx) => {
      const wasOpen = await this.health.close(tx, provider);
      if (!wasOpen) return false;
      await this.announce(tx, provider);
      await this.announcer.recovered(tx, provider);
      return true;
    });
    if (hasChanged) this.log.log(`Provider ${provider.providerId} is well again: its breaker is closed.`);
  }

  private announce(tx: Tx, { clientId }: ProviderName): Promise<void> {
    return this.notices.announce(PROVIDERS_CHANGED, { clientId }, tx);
  }

  private async write(): Promise<void> {
    const counted = this.meter.taken();
    if (counted.length === 0) return;
    await this.health
      .add(this.database, counted)
      .catch((error: unknown) => this.log.debug(`Calls of providers were not counted: ${String(error)}`));
  }
}
