import fc, { type Arbitrary } from 'fast-check';
import type { Call } from '../../support/calls.js';
import type { Operation } from '../../support/contract.js';
import { theContract } from '../../support/contract.js';
import type { RouteHandler } from '../../support/handlers.js';
import { allowedBy } from './from-examples.js';
import { valuesOf } from './from-schema.js';
import { hostileBody, hostileHeaders, hostileQuery, hostileSegment, hostileValue, RAW } from './hostile.js';
import type { WireRequest } from './wire.js';

/** Where a shot is not as it should be. */
const AREAS = ['path', 'query', 'headers', 'field', 'fields', 'body', 'bytes', 'method', 'nothing'] as const;
type Area = (typeof AREAS)[number];

/** A call to be made, with a key that is filled in when it is. */
export interface Shot {
  readonly caller: string;
  /** Which of the route's good calls it is made of. */
  readonly base: number;
  readonly change: (call: Call) => WireRequest;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND'];

/** The same shots for the same seed. */
export function shotsOf(
  route: RouteHandler,
  callers: readonly string[],
  { runs, seed }: { runs: number; seed: number },
): Shot[] {
  const operation = operationOf(route);
  const body = operation.requestBody?.content['application/json']?.schema;
  const queries = operation.parameters
    .map((parameter) => theContract().resolved<Operation['parameters'][number]>(parameter))
    .filter(({ in: place }) => place === 'query');
  const areas = AREAS.filter((area) => (area !== 'field' && area !== 'body') || body !== undefined);
  const weights: Partial<Record<Area, number>> = { body: 4, field: 6, nothing: 2, query: queries.length > 0 ? 5 : 1 };
  const area = fc.oneof(...areas.map((one) => ({ weight: weights[one] ?? 1, arbitrary: fc.constant(one) })));
  const shot = fc.record({
    caller: fc.constantFrom(...callers),
    base: fc.nat(20),
    areas: fc.uniqueArray(area, { minLength: 1, maxLength: 2 }),
    segment: hostileSegment,
    at: fc.nat(1_000),
    queries: aQuery(queries),
    headers: hostileHeaders,
    body: body ? valuesOf(body) : fc.constant({}),
    allowed: fc.option(body ? allowedBy(body) : fc.constant({}), { nil: undefined }),
    value: fc.option(hostileValue, { nil: undefined }),
    extra: fc.tuple(fc.constantFrom('__proto__', 'constructor', 'clientId', 'id', 'isAdmin', 'a\0'), hostileValue),
    bytes: hostileBody,
    method: fc.constantFrom(...METHODS),
  });
  return fc
    .sample(shot, { numRuns: runs, seed: seed ^ hashOf(route.name) })
    .map(({ caller, base, ...how }) => ({ caller, base, change: (call) => changed(call, how) }));
}

interface How {
  readonly areas: readonly Area[];
  readonly segment: string;
  readonly at: number;
  readonly queries: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: unknown;
  /** In place of the body of the good call. */
  readonly allowed: unknown;
  readonly value: unknown;
  readonly extra: readonly [string, unknown];
  readonly bytes: { readonly bytes: Buffer; readonly type?: string; readonly encoding?: string };
  readonly method: string;
}

function changed(call: Call, how: How): WireRequest {
  const is = (area: Area): boolean => how.areas.includes(area);
  const [path = '', query = ''] = call.path.split('?');
  const target = `${is('path') ? withSegment(path, how) : path}${questionMark(is('query') ? joined(query, how.queries) : query)}`;
  const isAllowed = call.body && typeof how.allowed === 'object' && how.allowed;
  const good = isAllowed || call.body;
  const value = is('body') ? how.body : is('field') ? withField(good, how) : good;
  const whole = is('fields') ? withExtra(value, how) : value;
  const { bytes, type, encoding } = is('bytes')
    ? how.bytes
    : { bytes: whole === undefined ? undefined : Buffer.from(jsonOf(whole)), type: undefined, encoding: undefined };
  const plain = bytes === undefined ? [] : [['Content-Type', type ?? 'application/json'] as const];
  return {
    method: is('method') ? how.method : call.method,
    target: `/api/v1${target}`,
    headers: [
      ...plain,
      ...(encoding === undefined ? [] : [['Content-Encoding', encoding] as const]),
      ...(is('headers') ? how.headers : []),
    ],
    ...(bytes !== undefined && { body: bytes }),
  };
}

/** Any of the segments after the first is another. */
function withSegment(path: string, { segment, at }: How): string {
  const segments = path.split('/');
  if (segments.length > 2) segments[2 + (at % (segments.length - 2))] = segment;
  else segments.push(segment);
  return segments.join('/');
}

const questionMark = (query: string): string => (query === '' ? '' : `?${query}`);
const joined = (...parts: readonly string[]): string => parts.filter(Boolean).join('&');

/** One of the fields, at any depth, is gone or another. */
function withField(body: object | undefined, { at, value }: How): unknown {
  const copy = structuredClone(body ?? {}) as Record<string, unknown>;
  const places = placesIn(copy);
  const [holder, name] = places[at % Math.max(1, places.length)] ?? [copy, 'extra'];
  if (value === undefined) Reflect.deleteProperty(holder, name);
  else Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}

function placesIn(value: object): [object, string][] {
  return Object.entries(value).flatMap(([name, child]: [string, unknown]) => {
    const here: [object, string][] = [[value, name]];
    return typeof child === 'object' && child !== null ? [...here, ...placesIn(child)] : here;
  });
}

function withExtra(body: unknown, { extra: [name, value] }: How): unknown {
  const whole = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
  return Object.fromEntries([...Object.entries(whole), [name, value]]);
}

function jsonOf(value: unknown): string {
  return (JSON.stringify(value) ?? '').replaceAll(new RegExp(`"${RAW}((?:[^"\\\\]|\\\\.)*)"`, 'g'), (_, json: string) =>
    String(JSON.parse(`"${json}"`)),
  );
}

/** Each is left out, as the schema asks, or something else; some twice. */
function aQuery(parameters: readonly Operation['parameters'][number][]): Arbitrary<string> {
  const names = [...parameters.flatMap(({ name }) => name ?? []), 'nobody', '__proto__', 'limit'];
  const hostile = fc.tuple(fc.constantFrom(...names), hostileQuery).map(([name, rest]) => `${name}${rest}`);
  const asked = parameters.map(({ name, schema }) =>
    valuesOf(schema ?? {}).map((value) => `${name}=${encodeURIComponent(textOf(value))}`),
  );
  return fc
    .array(fc.oneof({ weight: 2, arbitrary: hostile }, ...asked.map((arbitrary) => ({ weight: 3, arbitrary }))), {
      maxLength: 3,
    })
    .map((parts) => parts.join('&'));
}

const textOf = (value: unknown): string =>
  (typeof value === 'string' ? value.toWellFormed() : (JSON.stringify(value) ?? '')).slice(0, 5_000);

function operationOf({ method, path }: RouteHandler): Operation {
  const found = theContract().document.paths[`/api/v1${path}`]?.[method.toLowerCase()];
  if (!found) throw new Error(`${method} ${path} is not in the document.`);
  return found;
}

const hashOf = (text: string): number => [...text].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) | 0, 7);
