import {
  endOf,
  newsOf,
  type Period,
  PERIOD_SECONDS,
  type PeriodCount,
  PERIODS,
  type QuotaNews,
  rolled,
  stageOf,
} from '../../platform/quotas/index.js';
import type { ProviderLimits } from './provider.entity.js';

/** What of a provider's limit is used. */
export interface Count extends PeriodCount {
  /** How many were refused and told to wait; each period that passes lets as many of them in as the limit says. */
  readonly waiting: number;
}

export interface Taken {
  /** How many may be sent now. */
  readonly granted: number;
  /** For each of the others: in so many seconds there should be room. */
  readonly waits: readonly number[];
  readonly counts: readonly Count[];
  /** What is to be told of it, in its order. */
  readonly news: readonly QuotaNews[];
}

/** Beyond the end of the period: whoever is far back in the line looks again by then. */
const LONGEST_IN_LINE_SECONDS = 3_600;

export const limitOf = ({ perSecond, perHour, perDay }: ProviderLimits, period: Period): number | undefined =>
  ({ second: perSecond, hour: perHour, day: perDay })[period];

export const hasLimits = (limits: ProviderLimits): boolean =>
  PERIODS.some((period) => limitOf(limits, period) !== undefined);

/** Takes so many of what is left within all limits; who gets none is told to come when their turn is. */
export function take(
  limits: ProviderLimits,
  counts: readonly Count[],
  { wanted, now }: { readonly wanted: number; readonly now: number },
): Taken {
  const current = PERIODS.flatMap((period) => {
    const limit = limitOf(limits, period);
    return limit === undefined ? [] : [{ limit, ...turned(countOf(counts, period), limit, now) }];
  });
  const left = Math.min(...current.map(({ limit, used }) => limit - used));
  const granted = Math.max(0, Math.min(wanted, left));
  const refused = wanted - granted;
  const filled = current.map((count) => ({ ...count, used: count.used + granted }));
  // Of those that are used up the longest: the others will have begun anew by then.
  const full = refused > 0 ? filled.findLast(({ limit, used }) => used >= limit) : undefined;
  return {
    granted,
    waits: full ? Array.from({ length: refused }, (_, n) => waitOf(full, n, now)) : [],
    counts: filled.map(({ limit, ...count }) => ({
      ...{ ...count, told: stageOf(count, limit) },
      waiting: count.period === full?.period ? count.waiting + refused : count.waiting,
    })),
    news: filled.flatMap((count) => newsOf(count, count.limit)),
  };
}

const countOf = (counts: readonly Count[], period: Period): Count =>
  counts.find((count) => count.period === period) ?? { period, beganAt: 0, used: 0, waiting: 0, told: 0 };

/** As it is now: those who waited are fewer by what each period since let in. */
function turned(count: Count, limit: number, now: number): Count {
  const { period, beganAt, waiting } = rolled(count, now);
  if (beganAt === count.beganAt) return count;
  const passed = Math.round((beganAt - count.beganAt) / PERIOD_SECONDS[period]);
  return { ...rolled(count, now), waiting: Math.max(0, waiting - passed * limit) };
}

function waitOf(count: Count & { limit: number }, n: number, now: number): number {
  const inLine = Math.floor((count.waiting + n) / count.limit) * PERIOD_SECONDS[count.period];
  return endOf(count) - now + Math.min(inLine, LONGEST_IN_LINE_SECONDS);
}
