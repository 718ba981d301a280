import { DomainError } from '../../../platform/errors/index.js';
import { ExpressionFailed, ExpressionsBusy } from '../../../platform/expressions/index.js';
import type { ActionError } from './action.js';
import { ActionRefused } from './action-kind.js';

/** After each try that came to nothing, the next one so much later; then it has failed. */
export const RETRY_SECONDS = [5, 30, 120, 600, 3_600, 21_600] as const;
const JITTER = 0.2;
/** While a part of the house is away a try is none. */
const WAIT_SECONDS = 5;
const MESSAGE_MAX = 1_000;

export interface Failure {
  readonly error: ActionError;
  /** `never`: the same will not succeed. `later`: it may. `wait`: it was not tried, really. */
  readonly again: 'never' | 'later' | 'wait';
  readonly afterSeconds?: number;
}

/** What an error of an action means for it; null for a fault of ours. */
export function failureOf(thrown: unknown): Failure | null {
  if (thrown instanceof ActionRefused) {
    const error = errorOf(thrown.code, thrown.message);
    return thrown.again ? { error, again: 'later', ...thrown.again } : { error, again: 'never' };
  }
  if (thrown instanceof DomainError) return failureOfRefusal(thrown);
  if (thrown instanceof ExpressionFailed)
    return { error: errorOf('expression_failed', thrown.message), again: 'never' };
  if (thrown instanceof ExpressionsBusy) return { error: errorOf('busy', thrown.message), again: 'wait' };
  return null;
}

/** What is in the way may go away: a room that is closed, or full, or too busy. What cannot be meant stays so. */
function failureOfRefusal({ kind, code, message, details }: DomainError): Failure {
  const faults = details.errors?.map((fault) => `${fault.pointer || '/'}: ${fault.message}`).join('; ');
  const error = errorOf(code, faults ?? message);
  const afterSeconds = details.retryAfterSeconds;
  switch (kind) {
    case 'unavailable':
      return { error, again: 'wait' };
    case 'rate_limited':
    case 'conflict':
    case 'internal':
      return { error, again: 'later', ...(afterSeconds !== undefined && { afterSeconds }) };
    default:
      return { error, again: 'never' };
  }
}

export const errorOf = (code: string, message: string): ActionError => ({
  code: code.slice(0, 64),
  message: message.slice(0, MESSAGE_MAX).toWellFormed().replaceAll('\0', ''),
});

export type NextTry =
  | { readonly kind: 'over' }
  | { readonly kind: 'retry'; readonly afterSeconds: number }
  | { readonly kind: 'wait'; readonly afterSeconds: number };

/** @param attempts with this one */
export function nextTry({ again, afterSeconds = 0 }: Failure, attempts: number, random: () => number): NextTry {
  if (again === 'wait') return { kind: 'wait', afterSeconds: WAIT_SECONDS };
  const base = again === 'never' ? undefined : RETRY_SECONDS[attempts - 1];
  if (base === undefined) return { kind: 'over' };
  return { kind: 'retry', afterSeconds: Math.max(base * (1 + JITTER * random()), afterSeconds) };
}
