import { Logger } from '@nestjs/common';
import { boot, type Running } from './boot.js';
import { InvalidEnvironment, readEnv } from './config/index.js';
import { InvalidPlugin } from './extension/index.js';
import { SchemaOutdated } from './platform/database/migrate.js';

const STOPPED_BY = ['SIGTERM', 'SIGINT'] as const;
const log = new Logger('Process');
/** What is in hand is still brought to its end: nothing that breaks now may cut that short. */
let isStopping = false;

/** Whoever asks again meanwhile is not heard. */
async function stop(running: Running): Promise<void> {
  if (isStopping) return;
  isStopping = true;
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
  // Only here: the quickstart has servers to stop after the service, so it takes the signals itself.
  const running = await boot(readEnv());
  // A promise that nobody caught ends here, too. What state the process is in nobody knows: it says so, and ends.
  process.on('uncaughtException', (error) => {
    if (isStopping) return log.error({ err: error });
    log.fatal({ err: error });
    void running.faults.flush().finally(() => process.exit(1));
  });
  for (const signal of STOPPED_BY) process.on(signal, () => void stop(running));
} catch (error) {
  const known =
    error instanceof InvalidEnvironment ||
    error instanceof SchemaOutdated ||
    error instanceof InvalidPlugin ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE');
  process.stderr.write(`${known ? (error as Error).message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
}
