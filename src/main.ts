import { boot } from './boot.js';
import { InvalidEnvironment, readEnv } from './config/index.js';

try {
  await boot(readEnv());
} catch (error) {
  const known = error instanceof InvalidEnvironment || (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE');
  process.stderr.write(`${known ? (error as Error).message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
}
