import type { Target } from './target.js';

/** What came of an attack, in words for the table; `faults` is what is wrong with the service. */
export interface Outcome {
  readonly sent: string;
  readonly came: string;
  readonly faults: readonly string[];
}

export interface Wish {
  /** The same seed sends the same. */
  readonly seed: number;
  /** How often each operation is fuzzed. */
  readonly runs: number;
  /** How long an attack goes on that does not end by itself. */
  readonly seconds: number;
}

export interface Attack {
  readonly name: string;
  /** Debian's packages that it needs. */
  readonly programs?: readonly ProgramName[];
  /** What the 99th percentile of the probe may come to meanwhile. */
  readonly probeMs: number;
  run(target: Target, wish: Wish): Promise<Outcome>;
}

export type ProgramName = 'sqlmap' | 'wapiti';

/** How often each answer came, as `200 × 12, closed × 3`. */
export class Tally {
  private readonly counts = new Map<string, number>();

  add(what: string | number, times = 1): void {
    this.counts.set(String(what), this.of(what) + times);
  }

  of(what: string | number): number {
    return this.counts.get(String(what)) ?? 0;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get kinds(): string[] {
    return [...this.counts.keys()];
  }

  toString(): string {
    const often = [...this.counts].sort(([, a], [, b]) => b - a);
    return often.map(([what, count]) => `${what} × ${count.toLocaleString('en')}`).join(', ');
  }
}
