import { diagnose } from './doctor/diagnose.js';
import { said } from './doctor/finding.js';
import { exitCodeOf, json, table } from './doctor/report.js';

try {
  const findings = await diagnose();
  process.stdout.write(process.argv.includes('--json') ? json(findings) : table(findings));
  process.exitCode = exitCodeOf(findings);
} catch (error) {
  process.stderr.write(`The doctor failed: ${said(error)}\n`);
  process.exitCode = 1;
}
