import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attack } from './attack.js';
import { goodCalls, runTool } from './tools.js';

const WITHIN_MS = 600_000;
/** What means something for an API; those that fetch lists, or need a server outside, do not work here. */
const MODULES =
  'backup,blindsql,cookieflags,crlf,csp,exec,file,htaccess,http_headers,methods,permanentxss,redirect,shellshock,sql,xss';

/** What wapiti is right about, and why it stays. */
const EXPECTED: readonly [RegExp, string][] = [
  [
    /X-XSS-Protection is not set/,
    'Browsers have given the header up; where they had it, it opened holes. The policy of the pages does its work.',
  ],
];

interface Report {
  readonly vulnerabilities: Readonly<Record<string, readonly Finding[]>>;
  readonly anomalies: Readonly<Record<string, readonly Finding[]>>;
}
interface Finding {
  readonly method: string;
  readonly path: string;
  readonly info: string;
  readonly parameter: string;
}

/** The scanner goes over every address that can be read, with the parameters that the document knows. */
export const wapiti: Attack = {
  name: 'wapiti',
  programs: ['wapiti'],
  probeMs: 500,
  async run(target) {
    const folder = mkdtempSync(join(tmpdir(), 'chatapi-wapiti-'));
    const report = join(folder, 'report.json');
    const [first, ...calls] = (await goodCalls(target)).filter(({ method }) => method === 'GET');
    const base = `${target.url}/api/v1`;
    const key = first?.headers.Authorization ?? '';
    const starts = [first, ...calls].flatMap((call) => (call ? ['-s', `${base}${withParameters(call.path)}`] : []));
    const before = target.requests;
    const { output, code } = await runTool(
      'wapiti',
      [
        ...[
          '-u',
          `${base}/`,
          ...starts,
          '--scope',
          'folder',
          '-m',
          MODULES,
          '-H',
          `Authorization: ${key}`,
          '-H',
          'X-User-Id: alice',
        ],
        ...[
          '-d',
          '1',
          '-S',
          'normal',
          '-t',
          '10',
          '--max-scan-time',
          '60',
          '--max-attack-time',
          '90',
          '--no-bugreport',
        ],
        ...[
          '--flush-session',
          '--store-session',
          folder,
          '--store-config',
          folder,
          '-f',
          'json',
          '-o',
          report,
          '-v',
          '0',
        ],
      ],
      WITHIN_MS,
    );
    if (!existsSync(report)) throw new Error(`wapiti ended with ${code}: ${output.slice(-2_000)}`);
    const { vulnerabilities, anomalies } = JSON.parse(readFileSync(report, 'utf8')) as Report;
    rmSync(folder, { recursive: true, force: true });
    const all = Object.entries({ ...vulnerabilities, ...anomalies }).flatMap(([kind, findings]) =>
      findings.map(({ method, path, info, parameter }) => `${kind}: ${method} ${path} ${parameter}: ${info}`),
    );
    const faults = all.filter((one) => !EXPECTED.some(([form]) => form.test(one)));
    const sent = `${(target.requests - before).toLocaleString('en')} requests at ${starts.length / 2} addresses, modules ${MODULES.replaceAll(',', ', ')}`;
    return { sent, came: `${all.length} findings, ${all.length - faults.length} of them expected`, faults };
  },
};

/** With the query that the document knows, so that there is something to inject into. */
function withParameters(path: string): string {
  return path.includes('?') ? path : `${path}?limit=10&cursor=WyIwMTkyZjBjNCJd`;
}
