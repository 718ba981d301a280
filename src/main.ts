import { setImmediate as nextTick } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { boot, type Running } from './boot.js';
import { InvalidEnvironment, readEnv, type ResolvedEnv } from './config/index.js';
import { InvalidPlugin } from './extension/index.js';
import { SchemaOutdated } from './platform/database/migrate.js';

const STOPPED_BY = ['SIGTERM', 'SIGINT'] as const;
const log = new Logger('Process');
/** What is in hand is still brought to its end: nothing that breaks now may cut that short. */
let isStopping = false;

/** For work that was cut (1 s), answers under way (10), queues (1), traces and reports (2 each), and a little. */
const CLOSING_MS = 18_000;

/** What takes longer waits for somebody who does not answer, and would wait until it is killed without a word. */
function endAtLast({ DRAIN_SECONDS, LINGER_SECONDS }: ResolvedEnv, report: () => Promise<unknown>): void {
  const ms = Math.max(DRAIN_SECONDS, 2 * LINGER_SECONDS) * 1_000 + CLOSING_MS;
  setTimeout(() => {
    log.fatal({ msg: `The process did not stop within ${ms} ms`, waitsFor: process.getActiveResourcesInfo() });
    void report().finally(() => process.exit(1));
  }, ms).unref();
}

/** Whoever asks again meanwhile is not heard: npm passes on a signal that the terminal has sent already. */
async function stop(env: ResolvedEnv, booting: Promise<Running>): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  endAtLast(env, async () => (await Promise.race([booting, nextTick(null)]))?.faults.flush());
  const running = await booting.catch(() => null);
  if (!running) return; // a start that fails says so itself, and ends the process
  try {
    await running.close();
    process.exit(0);
  } catch (error) {
    log.fatal({ msg: 'The process could not stop in order', err: error });
    await running.faults.flush();
    process.exit(1);
  }
}

try {
  const env = readEnv();
  const booting = boot(env);
  // Only here: the quickstart has servers to stop after the service, so it takes the signals itself. While it boots, too: who begins
  // to work must bring that to its end, and to the first process of a container a signal unheard is none at all.
  for (const signal of STOPPED_BY) process.on(signal, () => void stop(env, booting));
  const running = await booting;
  // A promise that nobody caught ends here, too. What state the process is in nobody knows: it says so, and ends.
  process.on('uncaughtException', (error) => {
    if (isStopping) return log.error({ err: error });
    log.fatal({ err: error });
    void running.faults.flush().finally(() => process.exit(1));
  });
} catch (error) {
  const known =
    error instanceof InvalidEnvironment ||
    error instanceof SchemaOutdated ||
    error instanceof InvalidPlugin ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE');
  process.stderr.write(`${known ? (error as Error).message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
}
