import { Logger } from '@nestjs/common';
import { boot } from './boot.js';
import { InvalidEnvironment, readEnv } from './config/index.js';
import { InvalidPlugin } from './extension/index.js';
import { SchemaOutdated } from './platform/database/migrate.js';

try {
  // Only here: the quickstart has servers to stop after the service, so it takes the signals itself.
  const { app, faults } = await boot(readEnv());
  // A promise that nobody caught ends here, too. What state the process is in nobody knows: it says so, and ends.
  process.once('uncaughtException', (error) => {
    new Logger('Process').fatal({ err: error });
    void faults.flush().finally(() => process.exit(1));
  });
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
} catch (error) {
  const known =
    error instanceof InvalidEnvironment ||
    error instanceof SchemaOutdated ||
    error instanceof InvalidPlugin ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE');
  process.stderr.write(`${known ? (error as Error).message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
}
