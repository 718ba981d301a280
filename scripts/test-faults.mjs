// npm run test:faults: everything that can fail does, for as long as asked, under load over three channels; says how it
// went, and fails when anything that was accepted was lost. The seed it prints makes the same storm again.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    notifications: { type: 'string', default: '30000' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
  },
});

const { status } = spawnSync(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '--selectProjects', 'e2e', '--testPathPatterns', 'test/faults/storm'],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
      STORM_REPORT: '1',
      STORM_NOTIFICATIONS: values.notifications,
      STORM_SECONDS: values.seconds,
      ...(values.seed && { STORM_SEED: values.seed }),
    },
  },
);
process.exitCode = status ?? 1;
