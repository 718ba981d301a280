import { randomBytes } from 'node:crypto';
import { macOf } from './signature.js';

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const PREFIX = 'whsec_';
/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32;
const MIN_BYTES = 24;
const MAX_BYTES = 64;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** A webhook call that is about to be signed. */
export interface SignedCall {
  /** The same over all tries: what the receiver tells a repeat by. Without a full stop. */
  readonly id: string;
  /** Of this try. */
  readonly at: Date;
  /** The very text that goes out. */
  readonly body: string;
}

/** A call that somebody else signs, at the time of the try. */
export type CallToSign = Omit<SignedCall, 'at'>;

/**
 * Gives the headers by which the receiver knows who calls: `webhook-id` and `webhook-timestamp`, and, when the client has a
 * signing secret, `webhook-signature`. Ask for them with each try, and send the very text that was signed.
 */
export type CallSigner = (call: CallToSign) => Promise<Readonly<Record<string, string>>>;

/** A secret in the form of Standard Webhooks: `whsec_` and the Base64 of 32 random bytes. */
export const newWebhookSecret = (): string => `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;

/** Whether a text is `whsec_` and the Base64 of 24 to 64 bytes: what a call can be signed with. */
export function isWebhookSecret(text: unknown): text is string {
  if (typeof text !== 'string' || !text.startsWith(PREFIX) || !BASE64.test(text.slice(PREFIX.length))) return false;
  const { length } = keyOf(text);
  return length >= MIN_BYTES && length <= MAX_BYTES;
}

/**
 * The headers of Standard Webhooks for a call: `webhook-id`, `webhook-timestamp`, and `webhook-signature` with one signature
 * for each secret, separated by blanks, so that receivers may change secrets one after the other.
 * @throws Error without a secret, or for one that {@link isWebhookSecret} does not take
 */
export function signatureHeaders(call: SignedCall, secrets: readonly string[]): Readonly<Record<string, string>> {
  if (secrets.length === 0 || !secrets.every(isWebhookSecret))
    throw new Error('A call is signed with secrets of the form whsec_….');
  if (call.id === '' || call.id.includes('.'))
    throw new Error('The id of a call has no full stop: it separates what is signed.');
  const timestamp = secondsOf(call.at);
  const signed = [`${call.id}.${timestamp}.`, call.body];
  const signatures = secrets.map((secret) => `v1,${macOf(keyOf(secret), signed, { encoding: 'base64' })}`);
  return { 'webhook-id': call.id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** The same where nothing may be signed yet: no `webhook-signature` without a secret. */
export const headersOfCall = (call: SignedCall, secrets: readonly string[]): Readonly<Record<string, string>> =>
  secrets.length > 0
    ? signatureHeaders(call, secrets)
    : { 'webhook-id': call.id, 'webhook-timestamp': secondsOf(call.at) };

const secondsOf = (at: Date): string => `${Math.floor(at.getTime() / 1_000)}`;
const keyOf = (secret: string): Buffer => Buffer.from(secret.slice(PREFIX.length), 'base64');
