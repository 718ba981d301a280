import { boot } from './boot.js';
import { InvalidEnvironment, readEnv } from './config/index.js';
import { SchemaOutdated } from './platform/database/migrate.js';

try {
  // Only here: the quickstart has servers to stop after the service, so it takes the signals itself.
  const { app } = await boot(readEnv());
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
} catch (error) {
  const known =
    error instanceof InvalidEnvironment ||
    error instanceof SchemaOutdated ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE');
  process.stderr.write(`${known ? (error as Error).message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
}
