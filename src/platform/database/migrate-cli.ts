import { InvalidEnvironment, readEnv } from '../../config/env.js';
import { migrate } from './migrate.js';

try {
  const ran = await migrate(readEnv().DATABASE_URL);
  process.stdout.write(ran.length > 0 ? `Migrated: ${ran.join(', ')}\n` : 'The schema is up to date.\n');
} catch (error) {
  process.stderr.write(
    `${error instanceof InvalidEnvironment ? error.message : `The migration failed: ${String(error)}`}\n`,
  );
  process.exitCode = 1;
}
