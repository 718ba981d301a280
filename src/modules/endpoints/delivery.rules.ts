import type { Decision } from '../../platform/work/index.js';
import type { Called } from './turns.rules.js';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'skipped'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export const ATTEMPT_STATUSES = ['succeeded', 'failed', 'unknown'] as const;
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

/** Why a try came to nothing. `lost`: whoever made the call died before it could say how it ended. */
export const ATTEMPT_ERRORS = [
  ...['http', 'timeout', 'connection', 'dns', 'tls', 'protocol'],
  ...['ssrf_blocked', 'internal', 'lost'],
] as const;
export type AttemptError =
  'http' | 'timeout' | 'connection' | 'dns' | 'tls' | 'protocol' | 'ssrf_blocked' | 'internal' | 'lost';

/**
 * When each try is made, counted from the one before: the schedule of Standard Webhooks, about 75 hours in ten tries.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability
 */
export const WEBHOOK_RETRY_SECONDS = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;
const JITTER = 0.2;
export const LONGEST_WAIT_SECONDS = 86_400;

/** What asks for a pause says how the endpoint is, not how this one event is. */
const HOLDING = new Set([429, 502, 503, 504]);
const GONE = 410;

/** What came of a call. */
export interface CallOutcome {
  readonly at: Date;
  readonly durationMs: number;
  /** What was connected to; null when nothing was. */
  readonly address: string | null;
  readonly statusCode: number | null;
  readonly error: AttemptError | null;
  readonly detail: string | null;
  readonly response: string | null;
  readonly retryAfterSeconds: number | null;
}

/** A try, for the log. */
export interface AttemptNote extends Omit<CallOutcome, 'retryAfterSeconds'> {
  readonly nextInSeconds: number | null;
}

export interface DeliveryResult {
  readonly status: DeliveryStatus;
  readonly reason: string | null;
  /** It stands in line. */
  readonly waits: boolean;
  readonly attempt: AttemptNote | null;
  readonly called: Called | null;
  /** It asked not to be called again, ever. */
  readonly isGone: boolean;
}

export type DeliveryEnd = Decision<DeliveryResult>;

const NOT_CALLED = { waits: false, attempt: null, called: null, isGone: false } as const;

/** It ends without a call. */
export function endedAs(status: DeliveryStatus, reason: string | null): DeliveryEnd {
  const result = { ...NOT_CALLED, status, reason };
  return status === 'failed' ? { end: 'dead', reason: reason ?? 'failed', result } : { end: 'done', result };
}

/** It is not the endpoint's turn: nothing is counted. */
export const standsInLine = (afterSeconds: number): DeliveryEnd => ({
  end: 'postpone',
  afterSeconds,
  reason: 'endpoint_busy',
  result: { ...NOT_CALLED, status: 'pending', reason: 'endpoint_busy', waits: true },
});

/** A part of the house is away, or busy. */
export const waitsForUs = (afterSeconds: number, reason: string): DeliveryEnd => ({
  end: 'postpone',
  afterSeconds,
  reason,
  result: { ...NOT_CALLED, status: 'pending', reason },
});

export interface Tried {
  /** Tries that had an outcome, before this one. */
  readonly attempts: number;
  readonly outcome: CallOutcome;
  /** Once, and never again. */
  readonly isTest: boolean;
}

/** What follows from a call. */
export function decide({ attempts, outcome, isTest }: Tried, random: () => number): DeliveryEnd {
  const { error, statusCode } = outcome;
  const called = calledOf(outcome);
  if (error === null) return { end: 'done', result: resultOf('delivered', null, outcome, { called }) };
  const next = isTest || isFinal(outcome) ? null : nextInSeconds(attempts + 1, outcome.retryAfterSeconds, random);
  if (next === null) {
    const reason = isFinal(outcome)
      ? statusCode === GONE
        ? 'gone'
        : 'ssrf_blocked'
      : isTest
        ? error
        : 'retries_exhausted';
    const isGone = statusCode === GONE;
    return { end: 'dead', reason, result: resultOf('failed', reason, outcome, { called, isGone }) };
  }
  const result = resultOf('pending', error, outcome, { called, nextInSeconds: next });
  return { end: 'retry', afterSeconds: next, reason: error, result };
}

const isFinal = ({ error, statusCode }: CallOutcome): boolean => error === 'ssrf_blocked' || statusCode === GONE;

/** @param tries that have been made @returns null when there are no more */
export function nextInSeconds(tries: number, retryAfterSeconds: number | null, random: () => number): number | null {
  const base = WEBHOOK_RETRY_SECONDS[tries];
  if (base === undefined) return null;
  return Math.max(base * (1 + JITTER * random()), Math.min(retryAfterSeconds ?? 0, LONGEST_WAIT_SECONDS));
}

function resultOf(
  status: DeliveryStatus,
  reason: string | null,
  { retryAfterSeconds: _told, ...outcome }: CallOutcome,
  more: { called: Called | null; isGone?: boolean; nextInSeconds?: number },
): DeliveryResult {
  const { called, isGone = false, nextInSeconds: next = null } = more;
  return { status, reason, waits: false, called, isGone, attempt: { ...outcome, nextInSeconds: next } };
}

/** A fault of ours says nothing of the endpoint. */
function calledOf({ error, statusCode, durationMs, retryAfterSeconds }: CallOutcome): Called | null {
  if (error === 'internal') return null;
  const holds = error === 'http' && HOLDING.has(statusCode ?? 0);
  return {
    went: error === null ? 'well' : error === 'timeout' ? 'timed_out' : 'wrong',
    seconds: durationMs / 1_000,
    holdSeconds: holds ? Math.min(retryAfterSeconds ?? 0, LONGEST_WAIT_SECONDS) : 0,
  };
}

/** Of TLS: certificates that are not trusted, and handshakes that fail. */
const OF_TLS = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_|ERR_SSL_|EPROTO)/;
const OF_HTTP = /^(HPE_|ERR_HTTP_|ERR_INVALID_|ERR_UNESCAPED_)/;

/** By its shape: a deadline's error comes from the platform, whose `Error` need not be ours. */
export function errorOf(thrown: unknown): AttemptError {
  const { name = '', code = '' } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as {
    name?: string;
    code?: string;
  };
  if (name === 'EgressRefused') return 'ssrf_blocked';
  if (name === 'EgressUnresolved') return 'dns';
  if (name === 'TimeoutError' || name === 'AbortError') return 'timeout';
  if (OF_TLS.test(code)) return 'tls';
  return OF_HTTP.test(code) ? 'protocol' : 'connection';
}
