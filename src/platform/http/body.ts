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
/** The longest list that any route takes, and a body with one. */
const MAX_ITEMS = 10_000;
const MAX_VALUES = 100_000;
const MAX_OBJECTS = 30_000;
/** Counted in bytes, texts included: what is over it is not even parsed. A body with that many values is smaller than this. */
const MAX_MARKS = 4 * MAX_VALUES;
/** A body with fewer has few values, whatever it holds. */
const FEW_MARKS = 1_000;

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
export const isTaken = (body: unknown): boolean => Buffer.isBuffer(body) || typeof body === 'string';

export const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function requireJson(request: Request, _response: Response, next: NextFunction): void {
  if (!hasBody(request) || isTaken(request.body) || isJson(request)) return next();
  next(new DomainError('unsupported', 'unsupported_media_type', 'Send the body as application/json.'));
}

interface Flagged extends IncomingMessage {
  suspicious?: boolean;
}

/**
 * A cheap look at the bytes, so that only odd bodies are walked: escapes of NUL or surrogates, prototype keys, deep nesting,
 * many values. @throws Error of type {@link TOO_MANY_MARKS} for what would take long to parse
 */
function flagSuspicious(request: Flagged, _response: unknown, bytes: Buffer): void {
  const openings = marksIn(bytes, OPENINGS, MAX_MARKS);
  const marks = openings + marksIn(bytes, COMMAS, MAX_MARKS);
  if (marks > MAX_MARKS) throw Object.assign(new Error('Too many values.'), { type: TOO_MANY_MARKS });
  request.suspicious =
    openings > MAX_DEPTH ||
    marks > FEW_MARKS ||
    bytes.includes('\\u0000') ||
    bytes.includes('\\ud') ||
    bytes.includes('\\uD') ||
    bytes.includes('__proto__') ||
    bytes.includes('constructor');
}

const OPENINGS = [0x7b, 0x5b];
const COMMAS = [0x2c];

/** How many there are of these bytes; not counted further than it matters. */
function marksIn(bytes: Buffer, marks: readonly number[], most: number): number {
  let count = 0;
  for (const mark of marks)
    for (let at = bytes.indexOf(mark); at !== -1 && count <= most; at = bytes.indexOf(mark, at + 1)) count++;
  return count;
}

function refuseSuspicious(request: Request & Flagged, _response: Response, next: NextFunction): void {
  if (!request.suspicious) return next();
  const fault = tooMany(request.body) ?? unstorable(request.body, '', 0);
  next(fault ? InvalidInput.at(fault.pointer, fault.code, fault.message) : undefined);
}

/** The type of a body parser's error, as the others that it throws have one. */
export const TOO_MANY_MARKS = 'values.too.many';
export const TOO_MANY = {
  pointer: '',
  code: 'too_many_values',
  message: `A body has at most ${MAX_VALUES} values, ${MAX_OBJECTS} objects and lists, and ${MAX_ITEMS} in one list.`,
};

/** What would keep everybody waiting while it is checked. Not recursive: how deep it goes is not known yet. */
function tooMany(body: unknown): typeof TOO_MANY | null {
  const left: unknown[] = [body];
  let [values, objects] = [0, 0];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const children = Array.isArray(value) ? (value as unknown[]) : Object.values(value);
    values += children.length;
    objects++;
    if (values > MAX_VALUES || objects > MAX_OBJECTS || (Array.isArray(value) && children.length > MAX_ITEMS))
      return TOO_MANY;
    for (const child of children) if (typeof child === 'object' && child !== null) left.push(child);
  }
  return null;
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
