import type { ProviderLimits } from './provider.entity.js';

export const PERIODS = ['second', 'hour', 'day'] as const;
export type Period = (typeof PERIODS)[number];
export const PERIOD_SECONDS: Readonly<Record<Period, number>> = { second: 1, hour: 3_600, day: 86_400 };

/** What of a limit is used in the period that began then. */
export interface Count {
  readonly period: Period;
  /** Seconds since 1970. Periods are the clock's: a second, an hour, a day of UTC. */
  readonly beganAt: number;
  readonly used: number;
  /** How many were refused and told to wait; each period that passes lets as many of them in as the limit says. */
  readonly waiting: number;
  /** How far its use was told in that period: the last of {@link QUOTA_STAGES}. */
  readonly told: QuotaStage;
}

/** How far a limit is used, as it is told: worth nobody's while, nearly spent, spent. */
export const QUOTA_STAGES = { 0: 'untold', 1: 'warning', 2: 'exceeded' } as const;
export type QuotaStage = keyof typeof QUOTA_STAGES;

/** A limit that is used so far, for the first time in its period. */
export interface QuotaNews {
  readonly stage: 1 | 2;
  readonly window: 'hour' | 'day';
  readonly limit: number;
  readonly used: number;
  /** Seconds since 1970. */
  readonly resetsAt: number;
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
  const rolled = PERIODS.flatMap((period) => {
    const limit = limitOf(limits, period);
    return limit === undefined ? [] : [{ limit, ...rolledTo(now, limit, countOf(counts, period)) }];
  });
  const left = Math.min(...rolled.map(({ limit, used }) => limit - used));
  const granted = Math.max(0, Math.min(wanted, left));
  const refused = wanted - granted;
  const filled = rolled.map((count) => ({ ...count, used: count.used + granted }));
  // Of those that are used up the longest: the others will have begun anew by then.
  const full = refused > 0 ? filled.findLast(({ limit, used }) => used >= limit) : undefined;
  return {
    granted,
    waits: full ? Array.from({ length: refused }, (_, n) => waitOf(full, n, now)) : [],
    counts: filled.map(({ limit, ...count }) => ({
      ...{ ...count, told: stageOf(count, limit) },
      waiting: count.period === full?.period ? count.waiting + refused : count.waiting,
    })),
    news: filled.flatMap(newsOf),
  };
}

const countOf = (counts: readonly Count[], period: Period): Count =>
  counts.find((count) => count.period === period) ?? { period, beganAt: 0, used: 0, waiting: 0, told: 0 };

/** Never back: another process may be ahead by a moment. */
function rolledTo(now: number, limit: number, count: Count): Count {
  const { period, beganAt, waiting } = count;
  const seconds = PERIOD_SECONDS[period];
  const begins = Math.max(beganAt, Math.floor(now / seconds) * seconds);
  const passed = Math.round((begins - beganAt) / seconds);
  if (passed === 0) return count;
  return { period, beganAt: begins, used: 0, waiting: Math.max(0, waiting - passed * limit), told: 0 };
}

/** Seconds come and go too fast to tell of. */
function stageOf({ period, used }: Count, limit: number): QuotaStage {
  if (period === 'second' || used * 5 < limit * 4) return 0;
  return used < limit ? 1 : 2;
}

/** Each stage that is reached now and was not told before. One that a higher limit took back is told again. */
function newsOf({ limit, ...count }: Count & { readonly limit: number }): QuotaNews[] {
  const { period, beganAt, used, told } = count;
  if (period === 'second') return [];
  const news = { window: period, limit, used, resetsAt: beganAt + PERIOD_SECONDS[period] };
  const stages = ([1, 2] as const).filter((stage) => stage > told && stage <= stageOf(count, limit));
  return stages.map((stage) => ({ ...news, stage }));
}

function waitOf({ period, beganAt, waiting, limit }: Count & { limit: number }, n: number, now: number): number {
  const seconds = PERIOD_SECONDS[period];
  const inLine = Math.floor((waiting + n) / limit) * seconds;
  return beganAt + seconds - now + Math.min(inLine, LONGEST_IN_LINE_SECONDS);
}
