/** `message.created`, `message.*` or `*`. */
export const PATTERN = /^(\*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?)$/;

/** Every pattern that such an event fits: its type, each beginning of it, and all. What fits is looked up, not matched. */
export function patternsOf(type: string): string[] {
  const parts = type.split('.');
  return [type, ...parts.slice(1).map((_, n) => `${parts.slice(0, n + 1).join('.')}.*`), '*'];
}

/** The same for PostgreSQL, of a column with a type and one with patterns. */
export const fitsInSql = (type: string, patterns: string): string =>
  `EXISTS (SELECT 1 FROM unnest(${patterns}) AS p (pattern)
            WHERE p.pattern IN (${type}, '*') OR right(p.pattern, 2) = '.*' AND starts_with(${type}, left(p.pattern, -1)))`;

/** Those of the patterns that no event would ever fit, by their places. */
export function unknownPatterns(patterns: readonly string[], types: readonly string[]): number[] {
  const known = new Set(types.flatMap(patternsOf));
  return patterns.flatMap((pattern, n) => (pattern === '*' || known.has(pattern) ? [] : [n]));
}
