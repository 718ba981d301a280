/** Values by the names that scenarios call them. */
export type Names = ReadonlyMap<string, unknown>;

const MATCHERS = ['$any', '$absent', '$time'] as const;
type Matcher = (typeof MATCHERS)[number];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const TEST: Readonly<Record<Matcher, (actual: unknown) => boolean>> = {
  $any: (actual) => actual !== undefined && actual !== null,
  $absent: (actual) => actual === undefined,
  $time: (actual) => typeof actual === 'string' && TIME.test(actual),
};
const isMatcher = (value: unknown): value is Matcher => MATCHERS.some((matcher) => matcher === value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value with each `$name` and `$name.of.a.part` replaced by what it stands for. @throws when a name stands for nothing */
export function resolved(value: unknown, names: Names): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(item, names));
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item, names)]));
  if (typeof value !== 'string' || !value.startsWith('$') || isMatcher(value)) return value;
  const [name = '', ...path] = value.slice(1).split('.');
  const found = path.reduce<unknown>(
    (at, part) => (isObject(at) || Array.isArray(at) ? (at as Record<string, unknown>)[part] : undefined),
    names.get(name),
  );
  if (found === undefined) throw new Error(`${value} stands for nothing`);
  return found;
}

/**
 * Where a value is not what was expected. Objects may have more fields than those named, unless within `$exactly`; lists
 * have the items named, in that order, unless within `$unordered`.
 */
export function faultsOf(actual: unknown, expected: unknown, at = ''): string[] {
  if (isMatcher(expected)) return TEST[expected](actual) ? [] : [differs(actual, expected, at)];
  if (Array.isArray(expected)) return faultsOfList(actual, expected, at);
  if (!isObject(expected)) return Object.is(actual, expected) ? [] : [differs(actual, expected, at)];
  if ('$exactly' in expected) return faultsOfExactly(actual, expected.$exactly, at);
  if ('$unordered' in expected) return faultsOfUnordered(actual, expected.$unordered as unknown[], at);
  if (!isObject(actual)) return [differs(actual, expected, at)];
  return Object.entries(expected).flatMap(([key, value]) => faultsOf(actual[key], value, `${at}/${key}`));
}

function faultsOfList(actual: unknown, expected: readonly unknown[], at: string): string[] {
  if (!Array.isArray(actual)) return [differs(actual, expected, at)];
  if (actual.length !== expected.length)
    return [`${at} has ${actual.length} items, not ${expected.length}: ${brief(actual)}`];
  return expected.flatMap((item, index) => faultsOf(actual[index], item, `${at}/${index}`));
}

function faultsOfExactly(actual: unknown, expected: unknown, at: string): string[] {
  const faults = faultsOf(actual, expected, at);
  if (!isObject(actual) || !isObject(expected)) return faults;
  const more = Object.keys(actual).filter((key) => !(key in expected));
  return [...faults, ...more.map((key) => `${at}/${key} should not be there: ${brief(actual[key])}`)];
}

function faultsOfUnordered(actual: unknown, expected: readonly unknown[], at: string): string[] {
  if (!Array.isArray(actual) || actual.length !== expected.length) return faultsOfList(actual, expected, at);
  const left: unknown[] = [...actual];
  return expected.flatMap((item) => {
    const found = left.findIndex((candidate) => faultsOf(candidate, item).length === 0);
    if (found < 0) return [`${at} has no item ${brief(item)}: ${brief(actual)}`];
    left.splice(found, 1);
    return [];
  });
}

const differs = (actual: unknown, expected: unknown, at: string): string =>
  `${at || 'the answer'} is ${brief(actual)}, not ${brief(expected)}`;

const LONG = 300;
/** A value in a report. */
export function brief(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}
