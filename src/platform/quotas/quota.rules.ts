/** Periods are the clock's: a second, an hour, a day of UTC. */
export const PERIODS = ['second', 'hour', 'day'] as const;
export type Period = (typeof PERIODS)[number];
export const PERIOD_SECONDS: Readonly<Record<Period, number>> = { second: 1, hour: 3_600, day: 86_400 };

/** What of a limit is used in the period that began then. */
export interface PeriodCount {
  readonly period: Period;
  /** Seconds since 1970. */
  readonly beganAt: number;
  readonly used: number;
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

/** When the period began that it is `now`. */
export const beginOf = (period: Period, now: number): number =>
  Math.floor(now / PERIOD_SECONDS[period]) * PERIOD_SECONDS[period];

/** When the period of a count ends, and it begins anew. */
export const endOf = ({ period, beganAt }: Pick<PeriodCount, 'period' | 'beganAt'>): number =>
  beganAt + PERIOD_SECONDS[period];

/** The count of the period that it is now: nothing is used of one that has just begun. Never back: another process may be ahead by a moment. */
export function rolled<Count extends PeriodCount>(count: Count, now: number): Count {
  const beganAt = Math.max(count.beganAt, beginOf(count.period, now));
  return beganAt === count.beganAt ? count : { ...count, beganAt, used: 0, told: 0 };
}

/** Seconds come and go too fast to tell of. */
export function stageOf({ period, used }: Pick<PeriodCount, 'period' | 'used'>, limit: number): QuotaStage {
  if (period === 'second' || used * 5 < limit * 4) return 0;
  return used < limit ? 1 : 2;
}

/** Each stage that is reached now and was not told before. One that a higher limit took back is told again. */
export function newsOf(count: PeriodCount, limit: number): QuotaNews[] {
  const { period, used, told } = count;
  if (period === 'second') return [];
  const stages = ([1, 2] as const).filter((stage) => stage > told && stage <= stageOf(count, limit));
  return stages.map((stage) => ({ window: period, limit, used, resetsAt: endOf(count), stage }));
}
