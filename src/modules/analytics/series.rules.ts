import type { BinCount } from './figures.rules.js';

/** So many of a key, in the n-th bucket. */
export interface CountRow {
  readonly bucket: number;
  readonly key: readonly string[];
  readonly n: number;
}

export interface TimeRow extends CountRow {
  readonly bin: number;
}

/** What is known of a group in a bucket, or in all of them. */
export interface Cell {
  readonly counts: readonly Pick<CountRow, 'key' | 'n'>[];
  readonly bins: readonly BinCount[];
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

type Rows = { readonly counts: readonly CountRow[]; readonly times: readonly TimeRow[] };

/** Sorts rows into the groups that parts of their keys make, and into buckets; those that have none are there, empty. */
export function groupedBy(parts: readonly number[], rows: Rows, buckets: number): Grouped {
  const nameOf = ({ key }: CountRow): string => JSON.stringify(parts.map((part) => key[part] ?? ''));
  const counts = gathered(rows.counts, nameOf);
  const times = gathered(rows.times, nameOf);
  const all = [...counts].map(([name, own]) =>
    seriesOf(JSON.parse(name) as string[], { counts: own, times: times.get(name) ?? [] }, buckets),
  );
  const series = all.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (String(a.group) < String(b.group) ? -1 : 1));
  return {
    total: seriesOf([], rows, buckets),
    series: series.slice(0, SERIES_MAX),
    leftOut: Math.max(0, series.length - SERIES_MAX),
  };
}

function gathered<Row, Name>(rows: readonly Row[], nameOf: (row: Row) => Name): Map<Name, Row[]> {
  const byName = new Map<Name, Row[]>();
  for (const row of rows) {
    const own = byName.get(nameOf(row));
    if (own) own.push(row);
    else byName.set(nameOf(row), [row]);
  }
  return byName;
}

const sizeOf = ({ total }: Series): number => total.counts.reduce((sum, { n }) => sum + n, 0);

function seriesOf(group: readonly string[], { counts, times }: Rows, buckets: number): Series {
  const countsIn = gathered(counts, ({ bucket }) => bucket);
  const timesIn = gathered(times, ({ bucket }) => bucket);
  return {
    group,
    total: { counts, bins: times },
    buckets: Array.from({ length: buckets }, (_none, n) => ({
      counts: countsIn.get(n) ?? [],
      bins: timesIn.get(n) ?? [],
    })),
  };
}
