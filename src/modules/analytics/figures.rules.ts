import { DDSketch } from '@datadog/sketches-js';

/** As the database has it in the bins that it counts. */
const { mapping: BINS } = new DDSketch({ relativeAccuracy: 0.02 });

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** As the database's `analytics_quantiles` finds them. */
export type QuantileBins = readonly [p50: number, p95: number, p99: number];

/** Of the bins that they fall into: in milliseconds, each within 2 % of the time that it stands for. */
export function quantilesOf(bins: QuantileBins): Quantiles {
  const [p50, p95, p99] = bins.map((bin) => Math.round(BINS.value(bin))) as [number, number, number];
  return { p50, p95, p99 };
}

export type Tally = Readonly<Record<string, number>>;

/** Those that reached somebody, and those that were to. What was called back, suppressed or skipped was not tried. */
const REACHED = new Set(['sent', 'delivered']);
const MISSED = new Set(['failed', 'bounced', 'expired']);

const sumOf = (tally: Tally, counts: (name: string) => boolean): number =>
  Object.entries(tally).reduce((sum, [name, n]) => (counts(name) ? sum + n : sum), 0);

export const totalOf = (tally: Tally): number => sumOf(tally, () => true);

/** From 0 to 1, to four places; null while nothing has come to its end. */
export function successRateOf(statuses: Tally): number | null {
  return rateOf(
    sumOf(statuses, (status) => REACHED.has(status)),
    sumOf(statuses, (status) => MISSED.has(status)),
  );
}

export function rateOf(good: number, bad: number): number | null {
  return good + bad === 0 ? null : Math.round((good / (good + bad)) * 10_000) / 10_000;
}
