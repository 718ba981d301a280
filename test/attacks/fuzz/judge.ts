import { theContract } from '../../support/contract.js';
import type { RouteHandler } from '../../support/handlers.js';
import type { WireAnswer, WireRequest } from './wire.js';

/** What must never be in an answer: stacks, statements, paths of this machine, hashes, keys of the house. */
const INNARDS =
  /\bat [^"\\]*\.[jt]s:\d|node_modules|\/(?:src|dist)\/|\b(?:SELECT(?! pg_sleep)|INSERT INTO|UPDATE|DELETE FROM) [\w*"(]|\bpg_(?!sleep)|violates|QueryFailed|TypeError|RangeError|bcrypt|\$2[aby]\$\d\d|postgres(?:ql)?:\/\/|redis:\/\//;
/** What Node itself refuses, before the service hears of it. */
const BY_THE_SERVER = new Set([400, 417, 431]);
/** What any body and any header can be refused with, whether the route takes one or not. */
const OF_ANY = new Set([400, 413, 415]);
const OF_A_HEADER = '"pointer":"/headers/';
const SHOWN = 300;

/** What is known of the other clients, and of the house, and is nobody's here. */
export interface Secrets {
  /** What a text holds of another client. */
  tracesIn(text: string): string[];
  /** Keys and the like. */
  readonly known: readonly string[];
}

/** The first of the house's own in an answer that does not only say again what was sent. */
export function innardsIn(text: string, sent: string): string | undefined {
  const innards = INNARDS.exec(text)?.[0];
  return innards === undefined || sent.includes(innards) ? undefined : innards;
}

/** What is wrong with an answer, in words. */
export function faultsOf(request: WireRequest, answer: WireAnswer, { tracesIn, known }: Secrets): string[] {
  const sent = `${request.target}${JSON.stringify(request.headers)}${request.body?.toString() ?? ''}`;
  const own = (text: string): boolean => sent.includes(text);
  const innards = innardsIn(answer.text, sent);
  return [
    ...(answer.status >= 500 ? [`answered ${answer.status}`] : []),
    ...(innards === undefined ? [] : [`shows ${JSON.stringify(innards)}`]),
    ...known.filter((secret) => answer.text.includes(secret) && !own(secret)).map(() => 'shows a secret'),
    ...tracesIn(answer.text)
      .filter((trace) => !own(trace))
      .map((trace) => `shows ${trace} of another client`),
    ...undocumented(request, answer),
  ];
}

function undocumented({ method, target, body }: WireRequest, { status, contentType, text }: WireAnswer): string[] {
  if (method === 'HEAD' || (text === '' && BY_THE_SERVER.has(status))) return [];
  const parsed = parsedBody(contentType, text);
  if (parsed === undefined) return [`said ${contentType} of what is none`];
  const faults = theContract().faultsOf({ method, path: target, status, contentType, body: parsed });
  const isOfAny =
    OF_ANY.has(status) && isProblem(contentType, parsed) && (body !== undefined || text.includes(OF_A_HEADER));
  return isOfAny && faults.every((fault) => fault.includes('is not documented to')) ? [] : faults;
}

function parsedBody(contentType: string, text: string): unknown {
  if (!/json/.test(contentType) || text === '') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isProblem = (contentType: string, body: unknown): boolean =>
  contentType.startsWith('application/problem+json') && typeof (body as { code?: unknown }).code === 'string';

/** One line for a fault, and all that it takes to see it again. */
export function described(route: RouteHandler, caller: string, request: WireRequest, fault: string): string {
  const { method, target, headers, body } = request;
  const plain = headers.filter(([name]) => !/^(authorization|x-api-key)$/i.test(name));
  const shown = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length})` : text);
  return `${route.name} by ${caller}: ${fault}\n    ${method} ${shown(target)} ${shown(JSON.stringify(plain))} ${shown(body?.toString() ?? '')}`;
}
