import {
  type HttpAnswer,
  type Outcome,
  outcomeOfFailure,
  outcomeOfLoss,
  outcomeOfRefusal,
  detailOf,
  rejected,
  sent,
  unknown,
} from '../../extension/index.js';
import type { HttpSettings } from './http.settings.js';

/** Of the column that keeps it. */
const REFERENCE_MAX = 300;
/** Channels whose messages may be sent again when nobody knows whether they left; any other could reach somebody twice. */
const REPEATABLE = new Set(['email', 'push', 'webhook']);
/** A gateway gave up on the answer: the message may have been taken. */
const GATEWAY = new Set([502, 504]);

/** What the expressions over the answer gave. */
export interface Reading {
  readonly when?: unknown;
  readonly reference?: unknown;
}

/** Messages as JSON has them: bytes in base64. */
export function jsonOf(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonOf(inner)]));
}

/** The answer as expressions see it. */
export function answerOf({ status, text }: HttpAnswer): { readonly status: number; readonly body: unknown } {
  try {
    return { status, body: JSON.parse(text) as unknown };
  } catch {
    return { status, body: text };
  }
}

/** The expressions over the answer, as one template. */
export const readingsOf = ({ success, referencePath }: HttpSettings): object => ({
  ...(success?.when !== undefined && { when: { $: success.when } }),
  ...(referencePath !== undefined && { reference: { $: referencePath } }),
});

export const isSuccess = ({ status }: HttpAnswer, { success }: HttpSettings): boolean =>
  success?.status?.includes(status) ?? (status >= 200 && status < 300);

/** Of an answer whose status is a success. @param read null when it could not be read: then nobody knows */
export function outcomeOfSuccess(answer: HttpAnswer, { success }: HttpSettings, read: Reading | null): Outcome {
  const detail = detailOf(answer);
  if (success?.when !== undefined) {
    if (read === null) return unknown(`The answer cannot be read. ${detail}`.slice(0, 1_000));
    if (!isTrue(read.when)) return rejected('provider_rejected', detail);
  }
  const { reference } = read ?? {};
  const isId = typeof reference === 'string' || typeof reference === 'number';
  return sent(isId ? String(reference).slice(0, REFERENCE_MAX) : undefined, detail);
}

export const outcomeOfOther = (answer: HttpAnswer, { channel }: HttpSettings): Outcome =>
  GATEWAY.has(answer.status) && !REPEATABLE.has(channel) ? unknown(detailOf(answer)) : outcomeOfRefusal(answer);

export const outcomeOfThrown = (error: unknown, { channel }: HttpSettings): Outcome =>
  REPEATABLE.has(channel) ? outcomeOfFailure(error) : outcomeOfLoss(error);

/** The caller's headers over ours. */
export function headersOf({ headers = {} }: HttpSettings, deliveryId: string): Record<string, string> {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return { 'content-type': 'application/json', 'idempotency-key': deliveryId, ...Object.fromEntries(own) };
}

/** As JMESPath has it: nothing, and what is empty, is false. */
const isTrue = (value: unknown): boolean => {
  if (value === null || value === undefined || value === false || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
};
