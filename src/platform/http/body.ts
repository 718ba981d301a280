import type { IncomingMessage } from 'node:http';
import { json, type NextFunction, raw, type Request, type RequestHandler, type Response, text } from 'express';
import { DomainError, InvalidInput } from '../errors/index.js';

export const BODY_LIMIT_BYTES = 256 * 1024;
/** Notifications carry attachments. */
export const NOTIFICATION_BODY_LIMIT_BYTES = 8 * 1024 * 1024;
/** Lists that are brought along from elsewhere. */
export const IMPORT_BODY_LIMIT_BYTES = 2 * 1024 * 1024;
/** What a mail provider posts to a link. */
export const FORM_BODY_LIMIT_BYTES = 4 * 1024;
const MAX_DEPTH = 32;

/**
 * Keeps a body as it came, whatever it says it is: its signature is over the bytes. {@link jsonBody} leaves it alone.
 * @param inflate whether one may come compressed
 */
export const rawBody = (limitBytes: number, { inflate = true } = {}): RequestHandler =>
  raw({ limit: limitBytes, type: () => true, inflate });

/** Parses JSON bodies within the limit and refuses what no handler should meet. */
export function jsonBody(limitBytes: number): RequestHandler[] {
  return [
    requireJson,
    json({ limit: limitBytes, strict: true, type: isJson, verify: flagSuspicious }),
    refuseSuspicious,
  ];
}

const isJson = (request: { headers: Request['headers'] }): boolean =>
  /^application\/([\w.+-]+\+)?json\b/i.test(request.headers['content-type'] ?? '');

/** Before {@link jsonBody}: reads bodies of a media type as text, for the routes that take such. */
export const textBody = (type: string, limitBytes: number): RequestHandler[] => [
  text({ type, limit: limitBytes }),
  (request, _response, next) => {
    if (typeof request.body !== 'string') return next();
    const fault = unstorable(request.body, '', 0);
    next(fault ? InvalidInput.at(fault.pointer, fault.code, fault.message) : undefined);
  },
];

/** By {@link rawBody} or {@link textBody}. */
const isTaken = (body: unknown): boolean => Buffer.isBuffer(body) || typeof body === 'string';

function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (!hasBody || isTaken(request.body) || isJson(request)) return next();
  next(new DomainError('unsupported', 'unsupported_media_type', 'Send the body as application/json.'));
}

interface Flagged extends IncomingMessage {
  suspicious?: boolean;
}

/** A cheap look at the bytes, so that only odd bodies are walked: escapes of NUL or surrogates, prototype keys, deep nesting. */
function flagSuspicious(request: Flagged, _response: unknown, bytes: Buffer): void {
  request.suspicious =
    bytes.includes('\\u0000') ||
    bytes.includes('\\ud') ||
    bytes.includes('\\uD') ||
    bytes.includes('__proto__') ||
    bytes.includes('constructor') ||
    openings(bytes) > MAX_DEPTH;
}

function openings(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0x7b); at !== -1 && count <= MAX_DEPTH; at = bytes.indexOf(0x7b, at + 1)) count++;
  for (let at = bytes.indexOf(0x5b); at !== -1 && count <= MAX_DEPTH; at = bytes.indexOf(0x5b, at + 1)) count++;
  return count;
}

function refuseSuspicious(request: Request & Flagged, _response: Response, next: NextFunction): void {
  if (!request.suspicious) return next();
  const fault = unstorable(request.body, '', 0);
  next(fault ? InvalidInput.at(fault.pointer, fault.code, fault.message) : undefined);
}

/** The first value that PostgreSQL could not store, or that could reach a prototype. */
export function unstorable(
  value: unknown,
  pointer: string,
  depth: number,
): { pointer: string; code: string; message: string } | null {
  if (typeof value === 'string') {
    if (value.includes('\0')) return { pointer, code: 'nul_character', message: 'The text holds a NUL character.' };
    return value.isWellFormed()
      ? null
      : { pointer, code: 'broken_unicode', message: 'The text holds half of a surrogate pair.' };
  }
  if (typeof value !== 'object' || value === null) return null;
  if (depth >= MAX_DEPTH) return { pointer, code: 'too_deep', message: `Values nest at most ${MAX_DEPTH} deep.` };
  for (const [key, child] of Object.entries(value)) {
    if (key === '__proto__' || key === 'constructor')
      return { pointer, code: 'unknown_field', message: `${key} is not a field.` };
    const fault = unstorable(key, `${pointer}/${key}`, depth + 1) ?? unstorable(child, `${pointer}/${key}`, depth + 1);
    if (fault) return fault;
  }
  return null;
}
