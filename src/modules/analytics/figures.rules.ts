import { DDSketch } from '@datadog/sketches-js';

/** As the database has it in the bins that it counts. */
const RELATIVE_ACCURACY = 0.02;
const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

/** So many that took a time of this bin. */
export interface BinCount {
  readonly bin: number;
  readonly n: number;
}

export type Quantiles = Readonly<Record<keyof typeof QUANTILES, number>>;

/** In milliseconds, each within 2 % of the time that it stands for; null of nothing. */
export function quantilesOf(bins: readonly BinCount[]): Quantiles | null {
  const sketch = new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });
  for (const { bin, n } of bins) if (n > 0) sketch.accept(sketch.mapping.value(bin), n);
  if (sketch.count === 0) return null;
  const at = (quantile: number): number => Math.round(sketch.getValueAtQuantile(quantile));
  return { p50: at(QUANTILES.p50), p95: at(QUANTILES.p95), p99: at(QUANTILES.p99) };
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
