import { setTimeout as pause } from 'node:timers/promises';
import { Broken } from './check.mjs';

const PATIENCE_MS = 15_000;
const POLL_MS = 50;

/** Asks again until there is something. @returns it @throws Broken with the sentence when there was nothing in time */
export async function until(sentence, probe) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Broken(`${sentence} within ${PATIENCE_MS / 1_000} s.`);
    await pause(POLL_MS);
  }
}
