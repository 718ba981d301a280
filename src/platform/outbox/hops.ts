import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Two systems that tell each other of what they did because of the other would never stop. So what a call of another system
 * causes is one hop further than the call was, carries that on in this header, and ends at {@link MAX_HOPS}.
 */
export const HOPS_HEADER = 'x-chatapi-hops';
export const MAX_HOPS = 5;

const hops = new AsyncLocalStorage<number>();

/** 0 for what a caller does by itself. Whatever is written later, in a batch of many, takes it along from here. */
export const currentHops = (): number => hops.getStore() ?? 0;

/** Runs what a call after so many hops causes. */
export const atHops = <T>(count: number, run: () => T): T => hops.run(count, run);
