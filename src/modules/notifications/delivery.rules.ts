import { type Outcome, providerFault, type RejectReason } from '../../extension/outcome.js';
import type { Decision } from '../../platform/work/index.js';
import type { PassedOver } from '../providers/index.js';
import { type DeliveryReason, type DeliveryStatus, isFailure } from './delivery-status.js';

/** Pauses between tries that count: about 15 hours in ten tries. */
export const RETRY_SECONDS = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800] as const;
/** Pauses while every provider is at fault: the work waits, and nothing is burnt. */
const FAULT_SECONDS = [2, 5, 10, 30, 60] as const;
const JITTER = 0.2;
export const ONE_BY_ONE = 'one_by_one';
/** So that nothing spins. */
const SHORTEST_WAIT_SECONDS = 0.05;

/** One call of a provider. */
export interface ProviderTry {
  readonly providerId: string | null;
  readonly providerName: string;
  readonly durationMs: number;
  readonly outcome: Outcome;
  /** It tells later what became of the message. */
  readonly confirms: boolean;
}

/** What an attempt leaves behind: for the delivery's row and its timeline. */
export interface DeliveryResult {
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
  readonly providerRef: string | null;
  /** The providers that were called, one after the other. */
  readonly tries: readonly ProviderTry[];
  /** Those that were not, and why. */
  readonly passedOver: readonly PassedOver[];
}

export interface Attempt {
  readonly tries: readonly ProviderTry[];
  readonly passedOver: readonly PassedOver[];
  /** There is no provider at all. */
  readonly isUnserved: boolean;
  /** Where the delivery stands. */
  readonly status: DeliveryStatus;
  /** Attempts that counted, before this one. */
  readonly attempts: number;
  /** Times it was handed out. */
  readonly claims: number;
}

/** The next provider may do better: this one is at fault itself, or is not one we may connect to. */
export const mayFailOver = (outcome: Outcome): boolean =>
  (outcome.kind === 'failed' && outcome.fault === 'provider') ||
  (outcome.kind === 'rejected' && outcome.reason === 'ssrf_blocked');

const WHY: Readonly<Record<RejectReason, { status: DeliveryStatus; reason: DeliveryReason }>> = {
  provider_rejected: { status: 'failed', reason: 'provider_rejected' },
  invalid_recipient: { status: 'failed', reason: 'invalid_recipient' },
  hard_bounce: { status: 'bounced', reason: 'hard_bounce' },
  ssrf_blocked: { status: 'failed', reason: 'ssrf_blocked' },
};

const UNCALLED = { providerRef: null, tries: [], passedOver: [] } as const;

/** An end without any provider. */
export function settledAs(status: DeliveryStatus, reason: DeliveryReason | null): Decision<DeliveryResult> {
  const result = { ...UNCALLED, status, reason };
  return isFailure(status) && reason !== null ? { end: 'dead', reason, result } : { end: 'done', result };
}

/** Nothing is done before the time; the fault is nobody's. */
export const waits = (afterSeconds: number, reason: DeliveryReason): Decision<DeliveryResult> => ({
  end: 'postpone',
  afterSeconds,
  reason,
  result: { ...UNCALLED, status: 'queued', reason },
});

/** Its provider takes the notification's messages one by one: each in its turn. */
export const oneByOne = (): Decision<DeliveryResult> => ({
  end: 'postpone',
  afterSeconds: 0,
  reason: ONE_BY_ONE,
  result: { ...UNCALLED, status: 'queued', reason: null },
});

/** What follows from how an attempt went. `random` spreads retries; it gives 0 to 1. */
export function decide(
  { tries, passedOver, isUnserved, status, attempts, claims }: Attempt,
  random: () => number,
): Decision<DeliveryResult> {
  if (isUnserved) return settledAs('failed', 'no_provider');
  const base = { providerRef: null, reason: null, tries, passedOver };
  if (tries.length === 0) return passedBy(base, { status, claims }, random);
  const outcome = decisive(tries);
  switch (outcome.kind) {
    case 'sent':
    case 'delivered':
      return { end: 'done', result: { ...base, status: outcome.kind, providerRef: outcome.reference ?? null } };
    case 'unknown':
      return { end: 'held', reason: 'unknown', result: { ...base, status: 'unknown' } };
    case 'rejected':
      return { end: 'dead', reason: WHY[outcome.reason].reason, result: { ...base, ...WHY[outcome.reason] } };
    case 'failed':
      // A message may be what its receiver hangs on: unlike other faults of a provider, a timeout counts.
      if (outcome.timedOut) return retried({ ...base, reason: 'provider_timeout' }, attempts, outcome, random);
      return outcome.fault === 'provider'
        ? postponed(base, claims, outcome, random)
        : retried(base, attempts, outcome, random);
  }
}

/**
 * All providers are passed over: it waits for the first of them, as it stands. Where time alone brings none back it is
 * looked again now and then.
 */
function passedBy(
  base: Base,
  { status: before, claims }: Pick<Attempt, 'status' | 'claims'>,
  random: () => number,
): Decision<DeliveryResult> {
  const first = firstBack(base.passedOver);
  if (!first) return postponed(base, claims, {}, random);
  const isQuota = first.reason === 'quota_exceeded';
  const status: DeliveryStatus = before === 'retrying' ? 'retrying' : 'queued';
  // Who waits for a breaker comes a little apart, as one of them goes first; who waits for a limit was given a turn.
  const afterSeconds = Math.max(first.forSeconds, SHORTEST_WAIT_SECONDS) * (isQuota ? 1 : 1 + JITTER * random());
  const reason = isQuota ? 'quota_exceeded' : null;
  return { end: 'postpone', reason: reason ?? first.reason, afterSeconds, result: { ...base, status, reason } };
}

type Timed = PassedOver & { readonly forSeconds: number };

/** Of those that time brings back, the first. */
export function firstBack(passedOver: readonly PassedOver[]): Timed | undefined {
  const timed = passedOver.filter((one): one is Timed => one.forSeconds !== null);
  return timed.sort((a, b) => a.forSeconds - b.forSeconds)[0];
}

/** The last word, unless it was only that the last provider is none: one that failed may be well again later. */
function decisive(tries: readonly ProviderTry[]): Outcome {
  const outcomes = tries.map(({ outcome }) => outcome);
  const last = outcomes.at(-1) ?? providerFault();
  const isNone = last.kind === 'rejected' && last.reason === 'ssrf_blocked';
  return (isNone ? outcomes.findLast(({ kind }) => kind === 'failed') : undefined) ?? last;
}

type Base = Omit<DeliveryResult, 'status'>;
type Failure = Pick<Extract<Outcome, { kind: 'failed' }>, 'retryAfterSeconds'>;

/** The fault was not the delivery's own: nothing is burnt. */
const postponed = (
  base: Base,
  claims: number,
  { retryAfterSeconds }: Failure,
  random: () => number,
): Decision<DeliveryResult> => ({
  end: 'postpone',
  reason: 'provider_fault',
  // One that was passed over may be back sooner than one that is at fault.
  afterSeconds: Math.max(
    Math.min(
      pause(FAULT_SECONDS, claims - 1, undefined, random),
      Math.max(firstBack(base.passedOver)?.forSeconds ?? Infinity, SHORTEST_WAIT_SECONDS),
    ),
    retryAfterSeconds ?? 0,
  ),
  result: { ...base, status: 'retrying' },
});

function retried(
  base: Base,
  attempts: number,
  { retryAfterSeconds }: Failure,
  random: () => number,
): Decision<DeliveryResult> {
  const reason = 'retries_exhausted';
  if (attempts >= RETRY_SECONDS.length) return { end: 'dead', reason, result: { ...base, status: 'failed', reason } };
  return {
    end: 'retry',
    reason: base.reason ?? 'recipient_fault',
    afterSeconds: pause(RETRY_SECONDS, attempts, retryAfterSeconds, random),
    result: { ...base, status: 'retrying' },
  };
}

function pause(schedule: readonly number[], step: number, atLeast: number | undefined, random: () => number): number {
  const base = schedule[Math.min(Math.max(step, 0), schedule.length - 1)] ?? 1;
  return Math.max(base * (1 + JITTER * random()), atLeast ?? 0);
}
