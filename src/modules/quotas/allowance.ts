import type { ClientId } from '../../platform/database/index.js';
import { endOf, newsOf, type PeriodCount, type QuotaNews, rolled, stageOf } from '../../platform/quotas/index.js';
import { QuotaExceeded } from './quotas.errors.js';
import type { Countable, Quota } from './quotas.rules.js';

/** How much of one quota is used. */
export interface Usage extends PeriodCount {
  readonly clientId: ClientId;
  readonly what: Countable;
  readonly period: Quota['period'];
}

export interface UsageNews extends QuotaNews {
  readonly clientId: ClientId;
  readonly what: Countable;
  readonly at: Date;
}

/** How many of what are wanted at once. */
export type Wanted = Readonly<Partial<Record<Countable, number>>>;

type Meter = Usage & { readonly limit: number };

/**
 * What clients have left, while their rows are locked. Pure: what it was told is all it knows, and whoever holds the locks
 * writes what it changed.
 */
export class Allowance {
  private readonly meters = new Map<ClientId, Meter[]>();
  private readonly taken = new Set<Meter>();
  /** Of what there was not enough, once for each refusal. */
  readonly refused: Countable[] = [];
  private readonly now: number;

  /** @param now seconds since 1970 */
  constructor(quotas: ReadonlyMap<ClientId, readonly Quota[]>, usages: readonly Usage[], now: number) {
    this.now = now;
    for (const usage of usages) {
      const quota = quotas
        .get(usage.clientId)
        ?.find(({ what, period }) => what === usage.what && period === usage.period);
      if (!quota) continue;
      const meters = this.meters.get(usage.clientId) ?? [];
      this.meters.set(usage.clientId, [...meters, { ...rolled(usage, now), limit: quota.limit }]);
    }
  }

  /** Takes all of it, or nothing where a limit has no room: the refusal is of the one that will have room last. */
  take(clientId: ClientId, wanted: Wanted): QuotaExceeded | null {
    const meters = this.meters.get(clientId);
    if (!meters) return null;
    const asked = meters.flatMap((meter, n) => {
      const count = wanted[meter.what] ?? 0;
      return count > 0 ? [{ meter, n, count }] : [];
    });
    const full = asked.filter(({ meter: { used, limit }, count }) => used + count > limit);
    if (full.length > 0) {
      const { meter, count } = full.reduce((last, one) => (endOf(one.meter) > endOf(last.meter) ? one : last));
      this.refused.push(meter.what);
      return new QuotaExceeded({ ...meter, wanted: count, resetsAt: endOf(meter), now: this.now });
    }
    for (const { meter, n, count } of asked) {
      const fuller = { ...meter, used: meter.used + count };
      meters[n] = fuller;
      this.taken.delete(meter);
      this.taken.add(fuller);
    }
    return null;
  }

  /** What was taken from, as it is now. */
  get changed(): Usage[] {
    return [...this.taken].map(({ limit, ...usage }) => ({ ...usage, told: stageOf(usage, limit) }));
  }

  /** What is to be told of it, in its order. */
  get news(): UsageNews[] {
    return [...this.taken].flatMap((meter) =>
      newsOf(meter, meter.limit).map((one) => ({ ...one, ...about(meter), at: new Date(this.now * 1_000) })),
    );
  }
}

const about = ({ clientId, what }: Meter) => ({ clientId, what });
