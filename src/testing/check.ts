import { setTimeout as pause } from 'node:timers/promises';

/** One thing that a contract asks for. Belongs to no test runner: loop over them in `it`, `test`, or a plain script. */
export interface ContractCheck {
  /** What holds, to be read after the name of what is checked. */
  readonly name: string;
  /** @throws ContractBroken with what does not hold */
  run(): Promise<void>;
}

export class ContractBroken extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ContractBroken';
  }
}

/** How long a call may go on after its signal has aborted. */
export const SETTLES_WITHIN_MS = 2_000;
const HAPPENS_WITHIN_MS = 10_000;
const LOOK_MS = 5;

export const check = (name: string, run: () => Promise<void> | void): ContractCheck => ({
  name,
  run: async () => run(),
});

export function must(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new ContractBroken(sentence);
}

/** @throws ContractBroken when it has not settled after {@link SETTLES_WITHIN_MS} */
export async function settled<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = new AbortController();
  const timer = pause(SETTLES_WITHIN_MS, undefined, { signal: late.signal }).then(() => {
    throw new ContractBroken(`${what} is still waiting ${SETTLES_WITHIN_MS / 1_000} s after its signal has aborted.`);
  });
  timer.catch(() => undefined);
  try {
    return await Promise.race([promise, timer]);
  } finally {
    late.abort();
  }
}

/** Waits for what comes about by itself. @returns whether it did */
export async function comesTrue(holds: () => boolean, withinMs = HAPPENS_WITHIN_MS): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end; await pause(LOOK_MS)) if (holds()) return true;
  return holds();
}

/** @returns what it threw; undefined when it threw nothing */
export async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error ?? new Error('nothing');
  }
}

export const said = (thrown: unknown): string =>
  thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
