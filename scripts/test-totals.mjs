// Sums the summaries that Jest printed (one for each time it ran) to a last line "N passed, N failed".
//   node scripts/test-totals.mjs LOG
// Fails when something failed, and when there was no summary at all: a run that tests nothing is no success.
import { readFileSync } from 'node:fs';

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const log = readFileSync(process.argv[2], 'utf8').replaceAll(ESCAPES, '');

/** The figures of all lines that begin so: `Tests:       1 failed, 2 skipped, 30 passed, 33 total`. */
const sum = (label, what) =>
  [...log.matchAll(new RegExp(`^${label}: .*?(\\d+) ${what}`, 'gm'))].reduce(
    (total, [, count]) => total + Number(count),
    0,
  );

const passed = sum('Tests', 'passed');
// A suite that could not even be loaded has no failed tests, and has failed all the same.
const failed = Math.max(sum('Tests', 'failed'), sum('Test Suites', 'failed'), passed === 0 ? 1 : 0);

console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
