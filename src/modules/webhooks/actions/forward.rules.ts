import { MASK } from '../../../platform/security/index.js';

export const FORWARD_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'] as const;
export type ForwardMethod = (typeof FORWARD_METHODS)[number];

const HEADERS_MAX = 30;
const DEPTH_MAX = 32;
const VALUE_MAX = 2_000;
/** RFC 9110 5.1 */
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** RFC 9110 5.5; no other than what is visible, so that nothing is lost on the way. */
const VALUE = /^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/;
/** What the call itself writes, or what would change how it is read. */
const RESERVED =
  /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-.*|accept-encoding|webhook-.*|x-chatapi-.*)$/i;

/** What is wrong with headers that a call is to have; null when nothing is. An expression may stand for any value. */
export function faultOfHeaders(headers: unknown): string | null {
  if (typeof headers !== 'object' || headers === null) return 'headers must be an object';
  const entries = Object.entries(headers);
  if (entries.length > HEADERS_MAX) return `there are more than ${HEADERS_MAX} headers`;
  const names = entries.map(([name]) => name.toLowerCase());
  if (new Set(names).size < names.length) return 'a header is there twice';
  const wrong = entries.map(([name, value]) => faultOfHeader(name, value)).find((fault) => fault !== null);
  return wrong ?? null;
}

function faultOfHeader(name: string, value: unknown): string | null {
  if (name === '$') return null; // an expression in place of all of them
  if (!NAME.test(name)) return `${JSON.stringify(name)} is no name of a header`;
  if (RESERVED.test(name)) return `${name} is written by the call itself`;
  if ((typeof value === 'object' && value !== null) || value === MASK) return null;
  const isLine = typeof value === 'string' && value.length <= VALUE_MAX && VALUE.test(value);
  return isLine ? null : `${name} must be a line of printable ASCII`;
}

/** @param payload what is sent where the action says nothing */
export function bodyOfForward(
  { method, body }: { readonly method: ForwardMethod; readonly body?: unknown },
  payload: unknown,
): { readonly text: string; readonly contentType: string } | null {
  if (method === 'GET') return null;
  const sent = body === undefined ? payload : body;
  if (typeof sent === 'string') return { text: sent, contentType: 'text/plain; charset=utf-8' };
  return { text: JSON.stringify(sent), contentType: 'application/json' };
}

/** As later actions see it: its JSON, where that can be stored; else its text. */
export function bodyOfAnswer(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    if (isStorable(body, DEPTH_MAX)) return body;
  } catch {
    // it is a text
  }
  return text.toWellFormed().replaceAll('\0', '');
}

function isStorable(value: unknown, left: number): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  if (left === 0) return false;
  return Object.entries(value).every(([name, inner]) => isStorable(name, 0) && isStorable(inner, left - 1));
}

/** Worth another try: a timeout of the peer, too early, too many, and whatever is its own error. */
export const isWorthAnotherTry = (status: number): boolean =>
  status >= 500 || status < 200 || status === 408 || status === 425 || status === 429;
