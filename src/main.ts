import { Logger } from '@nestjs/common';
import { boot } from './boot.js';
import { InvalidEnvironment, readEnv } from './config/index.js';
import { InvalidPlugin } from './extension/index.js';
import { SchemaOutdated } from './platform/database/migrate.js';

const STOPPED_BY = ['SIGTERM', 'SIGINT'] as const;
const log = new Logger('Process');
/** What is in hand is still brought to its end: nothing that breaks now may cut that short. */
let isStopping = false;

try {
  // Only here: the quickstart has servers to stop after the service, so it takes the signals itself.
  const { app, faults } = await boot(readEnv());
  // A promise that nobody caught ends here, too. What state the process is in nobody knows: it says so, and ends.
  process.on('uncaughtException', (error) => {
    // Redis's client subscribes anew by itself, and nobody hears it fail when the connection is closed meanwhile.
    if (isStopping) return log.warn({ err: error }, 'while stopping');
    log.fatal({ err: error });
    void faults.flush().finally(() => process.exit(1));
  });
  for (const signal of STOPPED_BY) process.once(signal, () => (isStopping = true));
  app.enableShutdownHooks([...STOPPED_BY], { useProcessExit: true });
} catch (error) {
  const known =
    error instanceof InvalidEnvironment ||
    error instanceof SchemaOutdated ||
    error instanceof InvalidPlugin ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE');
  process.stderr.write(`${known ? (error as Error).message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
}
