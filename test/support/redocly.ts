import { execFile } from 'node:child_process';

/** The Redocly CLI, as `redocly.yaml` configures it. */
export function lint(file: string): Promise<{ code: number; rules: string[] }> {
  const args = ['lint', file, '--config', 'redocly.yaml', '--format', 'json'];
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  return new Promise((settle, fail) => {
    execFile('node_modules/.bin/redocly', args, { env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const begins = stdout.indexOf('{');
      if (begins === -1) return fail(new Error(stdout + stderr));
      const { problems } = JSON.parse(stdout.slice(begins)) as { problems: { ruleId: string }[] };
      settle({ code: Number(error?.code ?? 0), rules: problems.map(({ ruleId }) => ruleId) });
    });
  });
}
