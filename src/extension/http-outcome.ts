import { gone, type Outcome, providerFault, rejected, retryLater, unknown } from './outcome.js';
import type { HttpAnswer } from './http-call.js';

const DETAIL_MAX = 1_000;
const CREDENTIALS = new Set([401, 403]);
/** Worth another try: timeout of the peer, too early, too many, and whatever is its own error. */
const TEMPORARY = new Set([408, 425, 429]);
const GONE = 410;
/** Of TLS: certificates that are not trusted, and handshakes that fail. */
const BEFORE_THE_CALL = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_|ERR_SSL_)/;
const LONGEST_WAIT_SECONDS = 86_400;

/** What came back, in one line for the timeline. */
export const detailOf = ({ status, text }: HttpAnswer): string => `${status} ${text}`.slice(0, DETAIL_MAX).trim();

/** Whom the answers of a URL speak of: a provider that many share, or the one recipient whose own it is. */
export type Answerer = 'provider' | 'recipient';

/**
 * What an HTTP answer that is not a success means for a message: 408, 425, 429 and 5xx are not now; 401 and 403 are a
 * provider's refusal of us, by a recipient's own URL a refusal of the message; any other is final.
 */
export function outcomeOfRefusal(answer: HttpAnswer, answerer: Answerer = 'provider'): Outcome {
  const { status } = answer;
  const detail = detailOf(answer);
  const retryAfterSeconds = retryAfterOf(answer);
  if (TEMPORARY.has(status)) return retryLater(detail, retryAfterSeconds);
  if (status >= 500 || status < 200) return faultOf(answerer, detail, { retryAfterSeconds });
  if (CREDENTIALS.has(status) && answerer === 'provider') return providerFault(detail);
  return status === GONE ? gone(detail) : rejected('provider_rejected', detail);
}

/** What a call that brought no answer means; `timedOut` at the deadline, when the other side may have taken the message. */
export function outcomeOfFailure(thrown: unknown, answerer: Answerer = 'provider'): Outcome {
  const error = isError(thrown) ? thrown : new Error(String(thrown));
  if (error.name === 'EgressRefused') return rejected('ssrf_blocked', error.message);
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return faultOf(answerer, 'The deadline has passed.', { timedOut: true });
  return faultOf(answerer, error.message.slice(0, DETAIL_MAX));
}

/**
 * The same where sending a message again would reach somebody twice: once there was a connection the other side may have
 * taken it, and it is `unknown`.
 */
export const outcomeOfLoss = (thrown: unknown): Outcome =>
  wasConnected(thrown)
    ? unknown(isError(thrown) ? thrown.message.slice(0, DETAIL_MAX) : 'The connection was lost.')
    : outcomeOfFailure(thrown);

/** What fails while a name is looked up, a connection made or a certificate checked is before any byte of the call. */
function wasConnected(thrown: unknown): boolean {
  if (!isError(thrown)) return true;
  if (thrown.name === 'EgressRefused' || thrown.name === 'EgressUnresolved') return false;
  const { syscall, code } = thrown as NodeJS.ErrnoException;
  return syscall !== 'connect' && syscall !== 'getaddrinfo' && !BEFORE_THE_CALL.test(code ?? '');
}

/** By its shape: a deadline's comes from the platform, whose `Error` need not be ours. */
const isError = (thrown: unknown): thrown is Error =>
  typeof thrown === 'object' && thrown !== null && 'name' in thrown && 'message' in thrown;

const faultOf = (
  fault: Answerer,
  detail: string,
  more: { readonly timedOut?: boolean; readonly retryAfterSeconds?: number } = {},
): Outcome => ({ kind: 'failed', fault, detail, ...more });

/** Seconds or a date, as RFC 9110 10.2.3 has it; at most a day. */
export function retryAfterOf({ headers }: HttpAnswer, now: () => number = Date.now): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const seconds = /^\s*\d+\s*$/.test(value) ? Number(value) : (Date.parse(value) - now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), LONGEST_WAIT_SECONDS);
}
