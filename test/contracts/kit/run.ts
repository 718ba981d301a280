import { Broken } from './broken.js';
import type { House } from './house.js';
import type { Transport } from './lines.js';
import { play, whyNotOver } from './play.js';
import type { Scenario } from './scenario.js';

/** A scenario to play, where and over what. */
export interface Job {
  readonly scenario: Scenario;
  readonly transport: Transport;
  readonly house: House;
}
export type Verdict =
  | { readonly kind: 'held'; readonly seconds: number }
  | { readonly kind: 'skipped'; readonly why: string }
  | { readonly kind: 'broken'; readonly why: string };

/** Plays them, so many at once, in their order. @returns a verdict for each, as it comes */
export function runAll<J extends Job>(jobs: readonly J[], atOnce: number): Map<J, Promise<Verdict>> {
  const settle = new Map<J, (verdict: Verdict) => void>();
  const verdicts = new Map(jobs.map((job) => [job, new Promise<Verdict>((resolve) => settle.set(job, resolve))]));
  const waiting = [...jobs];
  const work = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) settle.get(job)?.(await verdictOf(job));
  };
  for (let n = 0; n < atOnce; n++) void work();
  return verdicts;
}

async function verdictOf({ scenario, transport, house }: Job): Promise<Verdict> {
  const why = whyNotOver(transport, scenario);
  if (why !== null) return { kind: 'skipped', why };
  const began = Date.now();
  try {
    await play(scenario, transport, house);
    return { kind: 'held', seconds: (Date.now() - began) / 1_000 };
  } catch (error) {
    return { kind: 'broken', why: error instanceof Broken ? error.message : explained(error) };
  }
}

/** What is no breach of the contract, such as a connection that is refused. */
function explained(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}
