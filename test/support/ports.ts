import { isFree } from '../../src/quickstart/ports.js';

/** Below those that the kernel gives to connections and to who asks for any (Linux: from 32,768, macOS: from 49,152). */
const FIRST = 10_000;
/** Of one Jest worker: whoever chooses at the same time chooses among others. */
const EACH = 1_500;
const WORKERS = 10;

const first = FIRST + (Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS) * EACH;
let next = Math.floor(Math.random() * EACH);

/** A port that nobody takes between now and when a process of the test listens there. */
export async function aPort(): Promise<number> {
  for (let tried = 0; tried < EACH; tried++) {
    const port = first + (next++ % EACH);
    if (await isFree(port)) return port;
  }
  throw new Error(`No port is free from ${first} on.`);
}
