import { createHash } from 'node:crypto';
import type { ProviderRole } from './provider.entity.js';

export const STRATEGIES = ['priority', 'weighted'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** How the providers of one channel are chosen. */
export interface ChannelRouting {
  /** A notification to so many recipients or more is bulk. */
  readonly bulkThreshold: number;
  readonly strategy: Strategy;
}
/** By channel. */
export type Routing = Readonly<Record<string, ChannelRouting>>;

export const DEFAULT_ROUTING: ChannelRouting = { bulkThreshold: 50, strategy: 'priority' };

export interface Ranked {
  readonly providerId: string | null;
  readonly role: ProviderRole;
  readonly priority: number;
  readonly weight: number;
}

/**
 * Splits providers by their role: with so many recipients a notification is bulk, else transactional. Roles divide the
 * work of those who do it: where there is nobody for a kind of work at all, everybody does it.
 */
export function byRole<P extends Ranked>(
  providers: readonly P[],
  recipients: number,
  { bulkThreshold }: ChannelRouting,
): { readonly fit: readonly P[]; readonly others: readonly P[] } {
  const wanted: ProviderRole = recipients >= bulkThreshold ? 'bulk' : 'transactional';
  const isFit = ({ role }: P): boolean => role === 'any' || role === wanted;
  return providers.some(isFit)
    ? { fit: providers.filter(isFit), others: providers.filter((provider) => !isFit(provider)) }
    : { fit: providers, others: [] };
}

/**
 * Providers in the order in which they are tried: by priority, lower first; or drawn, each as likely as its weight. A
 * delivery's draw is its own and always the same (`seed` is its id), so that a repeat goes where the first try went.
 * Without a seed the likeliest is first.
 */
export function ranked<P extends Ranked>(
  providers: readonly P[],
  { strategy }: ChannelRouting,
  seed: string | null,
): readonly P[] {
  if (providers.length < 2) return providers;
  if (strategy === 'priority') return sorted(providers, ({ priority }) => priority);
  // The first of exponential clocks, each as fast as its weight, is each with the chance of its weight; the next of the rest.
  return sorted(providers, ({ providerId, weight }) =>
    seed === null ? -weight : -Math.log(fractionOf(`${seed}|${providerId ?? ''}`)) / weight,
  );
}

function sorted<P>(providers: readonly P[], keyOf: (provider: P) => number): readonly P[] {
  return providers
    .map((provider, n) => ({ provider, n, key: keyOf(provider) }))
    .sort((a, b) => a.key - b.key || a.n - b.n)
    .map(({ provider }) => provider);
}

/** Of a text, evenly spread over what is more than 0 and less than 1. */
const fractionOf = (text: string): number =>
  (createHash('sha256').update(text).digest().readUIntBE(0, 6) + 0.5) / 2 ** 48;
