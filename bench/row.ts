import type { Bench } from './bench.js';

/** Where a figure must lie: a share of the baseline, or under a number. */
export type Budget =
  | { readonly atLeast: number; readonly goal: number }
  /** Times the baseline. */
  | { readonly atMost: number }
  /** In the unit of the figure itself; there is no baseline. */
  | { readonly under: number }
  /** Said, not judged. */
  | 'none';

export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly budget: Budget;
  readonly service: number;
  readonly baseline?: number;
  readonly baselineIs?: string;
  readonly note?: string;
}

export interface Row {
  readonly name: string;
  run(bench: Bench): Promise<Figure[]>;
}
