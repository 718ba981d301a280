import { type QuantileBins, type Quantiles, quantilesOf } from './figures.rules.js';

/** So many of a key, in the n-th bucket. */
export interface CountRow {
  readonly bucket: number;
  readonly key: readonly string[];
  readonly n: number;
}

/** The bins that a group's quantiles fall into. Without a bucket those of all of them, and without a key those of all groups. */
export interface TimesRow {
  readonly bucket: number | null;
  readonly key: readonly string[] | null;
  readonly bins: QuantileBins;
}

/** What is known of a group in a bucket, or in all of them. */
export interface Cell {
  readonly counts: readonly Pick<CountRow, 'key' | 'n'>[];
  /** Null where nobody knows how long anything took. */
  readonly times: Quantiles | null;
}

export interface Series {
  readonly group: readonly string[];
  readonly total: Cell;
  readonly buckets: readonly Cell[];
}

export interface Grouped {
  readonly total: Series;
  /** The largest first. */
  readonly series: readonly Series[];
  /** How many more there are. */
  readonly leftOut: number;
}

/** Answers stay of a size that can be read: what is left out is in the total. */
export const SERIES_MAX = 25;

type Rows = { readonly counts: readonly CountRow[]; readonly times: readonly TimesRow[] };

/** Sorts rows into the groups that parts of their keys make, and into buckets; those that have none are there, empty. */
export function groupedBy(parts: readonly number[], rows: Rows, buckets: number): Grouped {
  const nameOf = (key: readonly string[]): string => JSON.stringify(parts.map((part) => key[part] ?? ''));
  const counts = gathered(rows.counts, ({ key }) => nameOf(key));
  const times = gathered(rows.times, ({ key }) => key && nameOf(key));
  const groups = [...counts].map(([name, own]) => ({ name, own, size: own.reduce((sum, { n }) => sum + n, 0) }));
  const largest = groups.toSorted((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1)).slice(0, SERIES_MAX);
  const seriesOf = (name: string, own: readonly CountRow[]) =>
    aSeries(JSON.parse(name) as string[], { counts: own, times: times.get(name) ?? [] }, buckets);
  return {
    total: aSeries([], { counts: rows.counts, times: times.get(null) ?? [] }, buckets),
    series: parts.length === 0 ? [] : largest.map(({ name, own }) => seriesOf(name, own)),
    leftOut: Math.max(0, groups.length - SERIES_MAX),
  };
}

export function gathered<Row, Name>(rows: readonly Row[], nameOf: (row: Row) => Name): Map<Name, Row[]> {
  const byName = new Map<Name, Row[]>();
  for (const row of rows) {
    const name = nameOf(row);
    const own = byName.get(name);
    if (own) own.push(row);
    else byName.set(name, [row]);
  }
  return byName;
}

function aSeries(group: readonly string[], { counts, times }: Rows, buckets: number): Series {
  const countsIn = gathered(counts, ({ bucket }) => bucket);
  const timesIn = new Map(times.map((row) => [row.bucket, quantilesOf(row.bins)]));
  return {
    group,
    total: { counts, times: timesIn.get(null) ?? null },
    buckets: Array.from({ length: buckets }, (_none, n) => ({
      counts: countsIn.get(n) ?? [],
      times: timesIn.get(n) ?? null,
    })),
  };
}
