import { availableParallelism } from 'node:os';

const project = (displayName, testMatch, { moduleNameMapper, ...extra } = {}) => ({
  displayName,
  testMatch,
  testEnvironment: '<rootDir>/test/support/environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    ...moduleNameMapper,
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'],
    '^@nestjs/throttler$': '<rootDir>/test/support/throttler.mjs',
  },
  resolver: '<rootDir>/test/support/resolver.mjs',
  transform: { '^.+\\.ts$': '@swc/jest' },
  ...extra,
});

/** One PostgreSQL and one Redis for the run; the unit project needs none, and starts none. */
const withServers = {
  moduleNameMapper: { '/bcrypt-cost\\.js$': '<rootDir>/test/support/bcrypt-cost.ts' },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  setupFilesAfterEnv: ['<rootDir>/test/support/frames-are-watched.ts', '<rootDir>/test/support/logs-are-watched.ts'],
};

export default {
  // Suites wait more than they compute: with one for each core the cores idle.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  // Node never lets go of a suite's modules (some 50 MB), and collects garbage for longer the more there is.
  workerIdleMemoryLimit: '512MB',
  // Longer than `eventually` waits, so that a condition that never holds is named.
  testTimeout: 20_000,
  // Babel's instrumentation needs Babel; V8's own counts what @swc/jest compiled, too.
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts'],
  projects: [
    project('unit', [
      '<rootDir>/src/**/*.spec.ts',
      '<rootDir>/test/architecture/**/*.spec.ts',
      '<rootDir>/test/attacks/**/*.spec.ts',
      '<rootDir>/test/contracts/**/*.spec.ts',
      '<rootDir>/bench/**/*.spec.ts',
    ]),
    project('integration', ['<rootDir>/test/integration/**/*.spec.ts'], withServers),
    project('e2e', ['<rootDir>/test/e2e/**/*.spec.ts', '<rootDir>/test/faults/**/*.spec.ts'], withServers),
  ],
};
