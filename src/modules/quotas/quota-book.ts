import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type ClientId, Notices, type Tx } from '../../platform/database/index.js';
import { beginOf } from '../../platform/quotas/index.js';
import { Counted, type CountedSince } from '../analytics/index.js';
import { CLIENT_CHANGED } from '../clients/index.js';
import { type BegunUsage, ClientUsageRepository, type StoredUsage } from './client-usage.repository.js';
import { countIn, type Quota, quotasOf, type Window } from './quotas.rules.js';

const CACHE = { max: 50_000, ttl: 60_000, allowStale: true, noDeleteOnStaleGet: true } as const;

interface Entry {
  readonly quotas: readonly Quota[];
  /** Whether something has changed since it was read. */
  isStale: boolean;
}

interface Reading {
  readonly done: Promise<void>;
  /** Whether something has changed since it began. */
  isStale: boolean;
}

/**
 * What each client is held to, from memory until its settings change. Whoever is to be found in it is ready: each of its
 * quotas has a row to take from, which began with what had been used before there was a quota.
 */
@Injectable()
export class QuotaBook implements OnModuleInit {
  private readonly entries = new LRUCache<ClientId, Entry>(CACHE);
  private readonly readings = new Map<ClientId, Reading>();

  constructor(
    private readonly usage: ClientUsageRepository,
    private readonly counted: Counted,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    this.notices.on(CLIENT_CHANGED, ({ clientId = '' }) => this.stale(clientId));
    this.notices.onGap(() => this.entries.forEach((_entry, clientId) => this.stale(clientId)));
  }

  /** Has the client looked up where it must be; nothing to wait for where memory knows. */
  expect(clientId: ClientId): Promise<void> | undefined {
    const entry = this.entries.get(clientId, { allowStale: false });
    if (entry && !entry.isStale) return undefined;
    const running = this.readings.get(clientId);
    if (running) return running.done;
    const reading: Reading = { done: this.read(clientId), isStale: false };
    this.readings.set(clientId, reading);
    return reading.done;
  }

  /**
   * As last read: who is in a transaction does not wait for another connection, which others in theirs may hold. A client
   * that nobody expected is read in the transaction, and begins with what is there.
   */
  async of(clientId: ClientId, tx: Tx): Promise<readonly Quota[]> {
    const entry = this.entries.get(clientId);
    if (entry) return entry.quotas;
    const { limits } = await this.usage.limits(clientId, tx);
    const quotas = quotasOf(limits ?? {});
    if (quotas.length > 0) {
      const there = await this.usage.of([clientId], tx);
      const missing = quotas.filter((quota) => !there.some((row) => isOf(row, quota)));
      const now = await this.usage.now(tx);
      await this.usage.begin(
        clientId,
        missing.map(({ what, period }) => ({ what, period, beganAt: beginOf(period, now), used: 0, settingsAt: null })),
        tx,
      );
    }
    return quotas;
  }

  private stale(clientId: ClientId): void {
    for (const known of [this.entries.peek(clientId), this.readings.get(clientId)]) if (known) known.isStale = true;
  }

  private async read(clientId: ClientId): Promise<void> {
    try {
      const { limits, settingsAt } = await this.usage.limits(clientId);
      const quotas = quotasOf(limits ?? {});
      if (quotas.length > 0) await this.begin(clientId, quotas, settingsAt);
      this.entries.set(clientId, { quotas, isStale: this.readings.get(clientId)?.isStale ?? false });
    } finally {
      this.readings.delete(clientId);
    }
  }

  /** A limit that was set, or set anew, in the middle of its period begins with what the rollups say. */
  private async begin(clientId: ClientId, quotas: readonly Quota[], settingsAt: Date | null): Promise<void> {
    const there = await this.usage.of([clientId]);
    const unheld = quotas.filter((quota) => {
      const row = there.find((one) => isOf(one, quota));
      return row?.settingsAt?.getTime() !== settingsAt?.getTime();
    });
    if (unheld.length === 0) return;
    const now = await this.usage.now();
    const counts = (await this.countsSince([clientId], now))(clientId);
    const begun = unheld.map(({ what, period }): BegunUsage => {
      const beganAt = beginOf(period, now);
      return { what, period, beganAt, used: countIn(counts[period], what), settingsAt };
    });
    await this.usage.begin(clientId, begun);
  }

  /** What clients have done in the hour and the day that it is now, as the rollups know. */
  async countsSince(clientIds: readonly ClientId[], now: number): Promise<(clientId: ClientId) => CountsNow> {
    const since = (period: Window) => this.counted.since(clientIds, new Date(beginOf(period, now) * 1_000));
    const [hour, day] = await Promise.all([since('hour'), since('day')]);
    return (clientId) => ({ hour: hour.get(clientId) ?? NOTHING, day: day.get(clientId) ?? NOTHING });
  }
}

export type CountsNow = Readonly<Record<Window, CountedSince>>;

const NOTHING: CountedSince = { messages: 0, notifications: 0, channels: {} };

export const isOf = (row: StoredUsage, { what, period }: Quota): boolean => row.what === what && row.period === period;
