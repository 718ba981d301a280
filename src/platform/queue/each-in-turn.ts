import { Unavailable } from '../errors/index.js';

/**
 * Does it for each, one after the other: one that fails does not keep those after it.
 * @throws AggregateError when all are through and some failed; Unavailable when that was all there was to it
 */
export async function eachInTurn<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  const faults: unknown[] = [];
  for (const one of all) await work(one).catch((error: unknown) => faults.push(error));
  if (faults.length === 0) return;
  const cause = faults.find((fault) => !(fault instanceof Unavailable));
  if (cause === undefined) throw faults[0];
  throw new AggregateError(faults, `${faults.length} of ${all.length} failed`, { cause });
}
