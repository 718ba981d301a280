import type { Outcome, RejectReason } from '../../extension/outcome.js';
import type { Decision } from '../../platform/work/index.js';
import type { DeliveryReason, DeliveryStatus } from './delivery-status.js';

/** Pauses between tries that count: about 15 hours in ten tries. */
export const RETRY_SECONDS = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800] as const;
/** Pauses while every provider is at fault: the work waits, and nothing is burnt. */
const FAULT_SECONDS = [2, 5, 10, 30, 60] as const;
const JITTER = 0.2;

/** What a try leaves behind: for the delivery's row and its timeline. */
export interface DeliveryResult {
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
  readonly providerId: string | null;
  readonly providerRef: string | null;
  readonly durationMs: number | null;
  readonly detail: string | null;
}

export interface Try {
  readonly outcome: Outcome;
  readonly providerId: string | null;
  readonly durationMs: number;
  /** Tries that counted, before this one. */
  readonly attempts: number;
  /** Times it was handed out. */
  readonly claims: number;
}

const WHY: Readonly<Record<RejectReason, { status: DeliveryStatus; reason: DeliveryReason }>> = {
  provider_rejected: { status: 'failed', reason: 'provider_rejected' },
  invalid_recipient: { status: 'failed', reason: 'invalid_recipient' },
  hard_bounce: { status: 'bounced', reason: 'hard_bounce' },
  ssrf_blocked: { status: 'failed', reason: 'ssrf_blocked' },
};

/** What follows from how a try ended. `random` spreads retries; it gives 0 to 1. */
export function decide(
  { outcome, providerId, durationMs, attempts, claims }: Try,
  random: () => number,
): Decision<DeliveryResult> {
  const base = { providerId, providerRef: null, durationMs, detail: outcome.detail ?? null, reason: null };
  switch (outcome.kind) {
    case 'sent':
    case 'delivered':
      return { end: 'done', result: { ...base, status: outcome.kind, providerRef: outcome.reference ?? null } };
    case 'rejected':
      return { end: 'dead', reason: WHY[outcome.reason].reason, result: { ...base, ...WHY[outcome.reason] } };
    case 'failed':
      return outcome.fault === 'provider'
        ? postponed(
            base,
            pause(FAULT_SECONDS, claims - 1, outcome.retryAfterSeconds, random),
            outcome.timedOut === true,
          )
        : retried(base, attempts, outcome.retryAfterSeconds, random);
  }
}

type Base = Omit<DeliveryResult, 'status'>;

const postponed = (base: Base, afterSeconds: number, timedOut: boolean): Decision<DeliveryResult> => ({
  end: 'postpone',
  reason: timedOut ? 'provider_timeout' : 'provider_fault',
  afterSeconds,
  result: { ...base, status: 'retrying', reason: timedOut ? 'provider_timeout' : null },
});

function retried(
  base: Base,
  attempts: number,
  retryAfterSeconds: number | undefined,
  random: () => number,
): Decision<DeliveryResult> {
  if (attempts >= RETRY_SECONDS.length)
    return {
      end: 'dead',
      reason: 'retries_exhausted',
      result: { ...base, status: 'failed', reason: 'retries_exhausted' },
    };
  return {
    end: 'retry',
    reason: 'recipient_fault',
    afterSeconds: pause(RETRY_SECONDS, attempts, retryAfterSeconds, random),
    result: { ...base, status: 'retrying' },
  };
}

function pause(schedule: readonly number[], step: number, atLeast: number | undefined, random: () => number): number {
  const base = schedule[Math.min(Math.max(step, 0), schedule.length - 1)] ?? 1;
  return Math.max(base * (1 + JITTER * random()), atLeast ?? 0);
}
