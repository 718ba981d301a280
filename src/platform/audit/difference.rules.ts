import { isDeepStrictEqual } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;

/** What was and what is, of that alone which is not the same. */
export interface Difference {
  readonly before: Fields;
  readonly after: Fields;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Objects are gone into, lists are one value. @returns null when nothing differs */
export function differenceOf(before: object, after: object): Difference | null {
  const was = before as Fields;
  const is = after as Fields;
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  const parts = names.flatMap((name) => partOf(name, was[name], is[name]));
  if (parts.length === 0) return null;
  const side = (at: 'before' | 'after'): Fields =>
    Object.fromEntries(parts.flatMap(([name, part]) => (part[at] === undefined ? [] : [[name, part[at]]])));
  return { before: side('before'), after: side('after') };
}

type Part = readonly [name: string, { readonly before: unknown; readonly after: unknown }];

function partOf(name: string, before: unknown, after: unknown): Part[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isFields(before) || !isFields(after)) return [[name, { before, after }]];
  const inner = differenceOf(before, after);
  return inner ? [[name, inner]] : [];
}
