import type { Outcome } from '../../extension/outcome.js';

/** What a provider did in the window, over all processes. */
export interface Window {
  readonly calls: number;
  readonly faults: number;
}

export const WINDOW_SECONDS = 60;
/** So many faults in the window, and half of the calls at least: a busy provider with one fault in a hundred is well. */
export const FAULTS_TO_OPEN = 5;
const SHARE_TO_OPEN = 0.5;
/** A very busy provider that goes down has long been well in its window: so many faults, and none well between, are enough. */
const IN_A_ROW_TO_OPEN = 20;
const FIRST_PAUSE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 300;

/** @param inARow faults that one process has had of it without a call that went well */
export const trips = ({ calls, faults }: Window, inARow: number): boolean =>
  inARow >= IN_A_ROW_TO_OPEN || (faults >= FAULTS_TO_OPEN && faults >= calls * SHARE_TO_OPEN);

/** How long an open breaker lets nothing through; longer each time a probe fails. @param opens how often in a row it opened */
export const pauseSeconds = (opens: number): number =>
  Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** Math.max(0, opens - 1));

/**
 * What a call says of the provider: `fault` when it is unreachable, refuses us, fails by itself or leaves us without an
 * answer; `well` when it answered, whatever it said of the message; null when it was not asked.
 */
export function verdictOf(outcome: Outcome): 'well' | 'fault' | null {
  if (outcome.kind === 'unknown') return 'fault';
  if (outcome.kind === 'failed') return outcome.fault === 'provider' ? 'fault' : 'well';
  return outcome.kind === 'rejected' && outcome.reason === 'ssrf_blocked' ? null : 'well';
}

const FAULT_MAX = 1_000;
const ADDRESSES = /[^\s<>"',;:()]+@[^\s<>"',;:()]+|\+?\d[\d -]{6,}\d/g;

/** What a provider said of its fault, to be kept beside its breaker: of whom it was is nobody's business there. */
export const faultText = (detail: string | undefined): string | null =>
  detail?.replace(ADDRESSES, '•••').slice(0, FAULT_MAX).replaceAll('\0', '').toWellFormed() ?? null;

export type BreakerState = 'closed' | 'open' | 'half_open';

/** An open one whose pause is over lets one call through: it is half open until that has ended. */
export const stateOf = (isOpen: boolean, secondsLeft: number): BreakerState =>
  isOpen ? (secondsLeft > 0 ? 'open' : 'half_open') : 'closed';

/** Upper bounds of the times of calls that are told apart, in milliseconds; what is longer is in one more. */
export const TIME_BOUNDS_MS = [
  ...[5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 400, 500, 750],
  ...[1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000],
] as const;

export const boundOf = (durationMs: number): number => {
  const at = TIME_BOUNDS_MS.findIndex((bound) => durationMs <= bound);
  return at === -1 ? TIME_BOUNDS_MS.length : at;
};

/** The time within which a share of the calls ended, read off their counts between the bounds; null without calls. */
export function quantileMs(times: readonly number[], share: number): number | null {
  const wanted = times.reduce((sum, count) => sum + count, 0) * share;
  if (wanted === 0) return null;
  let before = 0;
  for (const [n, count] of times.entries()) {
    if (before + count < wanted) {
      before += count;
      continue;
    }
    const from = TIME_BOUNDS_MS[n - 1] ?? 0;
    const to = TIME_BOUNDS_MS[n] ?? from;
    return Math.round(from + ((to - from) * (wanted - before)) / count);
  }
  return null;
}
