import { KEYS } from './facts.js';

export const GROUPS = ['channel', 'provider', 'status', 'category', 'tag'] as const;
export type Group = (typeof GROUPS)[number];

/** Of which counts groups are made, and which parts of their keys they are, in the order they were asked for. */
export interface Grouping {
  readonly kind: 'delivery' | 'tag';
  readonly by: readonly Group[];
  readonly parts: readonly number[];
}

/** Null of groups that are not counted together: tags may be as many as deliveries, so they are not crossed with the rest. */
export function groupingOf(groupBy: string | undefined): Grouping | null {
  const by = [...new Set((groupBy ?? '').split(',').filter(Boolean))] as Group[];
  const kind = by.includes('tag') ? 'tag' : 'delivery';
  const parts = by.map((group) => (KEYS[kind] as readonly string[]).indexOf(group));
  return parts.includes(-1) ? null : { kind, by, parts };
}
