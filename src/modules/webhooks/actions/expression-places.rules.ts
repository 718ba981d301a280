import type { InputFault } from '../../../platform/errors/index.js';
import { faultOfExpression, namesReadBy } from '../../../platform/expressions/index.js';

/** An expression, and where it stands. */
export interface Place {
  readonly pointer: string;
  readonly expression: string;
  /** The list that it is an item of; null where it is none's. */
  readonly list: string | null;
}

export interface Found {
  readonly places: readonly Place[];
  readonly faults: readonly InputFault[];
}

/** What expressions read of. */
export const ROOTS = ['event', 'payload', 'headers', 'steps'] as const;

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
const faultAt = (pointer: string, code: string, message: string): InputFault => ({ pointer, code, message });

/** Every `{"$": …}` of params. */
export function placesIn(value: unknown, pointer: string, list: string | null = null): Found {
  if (typeof value !== 'object' || value === null) return { places: [], faults: [] };
  if (Array.isArray(value)) return joined(value.map((one, n) => placesIn(one, `${pointer}/${n}`, pointer)));
  if (!Object.hasOwn(value, '$'))
    return joined(Object.entries(value).map(([name, inner]) => placesIn(inner, `${pointer}/${escaped(name)}`)));
  const { $: expression } = value as { $: unknown };
  if (typeof expression === 'string' && Object.keys(value).length === 1)
    return { places: [{ pointer, expression, list }], faults: [] };
  const message = 'An expression is {"$": "…"} and nothing else';
  return { places: [], faults: [faultAt(pointer, 'expression', message)] };
}

const joined = (found: readonly Found[]): Found => ({
  places: found.flatMap(({ places }) => places),
  faults: found.flatMap(({ faults }) => faults),
});

/** @param earlier the ids of the actions before */
export function faultsOfExpression(expression: string, pointer: string, earlier: ReadonlySet<string>): InputFault[] {
  const fault = faultOfExpression(expression);
  if (fault !== null) return [faultAt(pointer, 'jmespath', `This is no JMESPath expression: ${fault}`)];
  const faults = namesReadBy(expression).flatMap(([name, next]) => {
    if (!ROOTS.some((root) => root === name))
      return [`there is no ${name} to read: expressions begin with ${ROOTS.join(', ')}`];
    return name === 'steps' && next !== undefined && !earlier.has(next)
      ? [`no action before this one has the id ${next}`]
      : [];
  });
  return [...new Set(faults)].map((message) => faultAt(pointer, 'unknown_name', message));
}

/** Where a list may be, one thing is made a list of one: of that, too, the pointer is into what was given. */
export function pointerInto(given: unknown, pointer: string): string {
  const [at = '', ...parts] = pointer.split('/');
  let value = given;
  const kept = parts.filter((part) => {
    if (typeof value !== 'object' || value === null) return true;
    const isMadeUp = part === '0' && !Array.isArray(value) && !Object.hasOwn(value, part);
    if (!isMadeUp)
      value = (value as Readonly<Record<string, unknown>>)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
    return !isMadeUp;
  });
  return [at, ...kept].join('/');
}

const isAtOrUnder = (pointer: string, place: string): boolean => pointer === place || pointer.startsWith(`${place}/`);

/**
 * The faults that stay whatever the expressions give: not those at or under one, nor of a list whose items one is among, but for
 * its length.
 */
export const faultsBeside = (faults: readonly InputFault[], places: readonly Place[]): InputFault[] =>
  faults.filter(
    ({ pointer, code }) =>
      !places.some(
        (place) => isAtOrUnder(pointer, place.pointer) || (place.list === pointer && !code.startsWith('array_')),
      ),
  );
