import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Attack, Tally } from './attack.js';
import { atOnce } from './fuzz/fuzz.js';
import { type Good, goodCalls, runTool } from './tools.js';

const AT_ONCE = 2;
const ALL_WITHIN_MS = 600_000;
const EACH_WITHIN_MS = 90_000;
/** Refusals are answers here. */
const REFUSALS = '400,401,403,404,409,413,415,422,429';
const ARGUMENTS = [
  ...[
    '--batch',
    '--ignore-stdin',
    '--disable-coloring',
    '--flush-session',
    '--ignore-code',
    REFUSALS,
    '--dbms',
    'postgresql',
  ],
  ...['--level', '2', '--risk', '2', '--time-sec', '2', '--timeout', '10', '--retries', '0', '--threads', '2'],
];
const FOUND = /identified the following injection point|is vulnerable|back-end DBMS is/i;

/** SQL in every value of the address and the body, operation by operation, as far as ten minutes go. */
export const sqlmap: Attack = {
  name: 'sqlmap',
  programs: ['sqlmap'],
  probeMs: 500,
  async run(target) {
    const folder = mkdtempSync(join(tmpdir(), 'chatapi-sqlmap-'));
    const tally = new Tally();
    const faults: string[] = [];
    const all = await goodCalls(target);
    const until = Date.now() + ALL_WITHIN_MS;
    const { port } = target;
    let marks = 0;
    const before = target.requests;
    await atOnce(all, AT_ONCE, async (good) => {
      if (Date.now() > until) return tally.add('not reached');
      const request = marked(good, port);
      if (!request.includes('*')) return tally.add('nothing to inject into');
      marks += request.split('*').length - 1;
      const name = good.route.name.replaceAll(/\W+/g, '-');
      writeFileSync(join(folder, name), request);
      const { code, output } = await runTool(
        'sqlmap',
        ['-r', join(folder, name), ...ARGUMENTS, '--output-dir', join(folder, `${name}.out`)],
        EACH_WITHIN_MS,
      );
      const verdict = FOUND.test(output) ? 'injectable' : code === null ? 'out of time' : verdictIn(output);
      // Of a tool that tried nothing it is not known what it would have found.
      if (verdict !== 'not injectable' && verdict !== 'out of time')
        faults.push(`${good.route.name} ${verdict}: ${output.slice(-1_000)}`);
      tally.add(verdict);
    });
    rmSync(folder, { recursive: true, force: true });
    return {
      sent: `${(target.requests - before).toLocaleString('en')} requests at ${all.length} operations with ${marks} places for SQL, level 2, risk 2`,
      came: tally.toString(),
      faults,
    };
  },
};

const verdictIn = (output: string): string =>
  /all tested parameters do not appear to be injectable/.test(output) ? 'not injectable' : 'not tried';

/** As sqlmap reads it: a star behind each value that it is to inject into. */
function marked({ method, path, body, headers }: Good, port: number): string {
  const [plain = '', query] = path.split('?');
  const segments = plain
    .split('/')
    .map((segment) => (/[-\d%]|^[a-z]+\.[a-z]+$/.test(segment) ? `${segment}*` : segment));
  const values = query
    ?.split('&')
    .map((pair) => `${pair}*`)
    .join('&');
  const json = body && JSON.stringify(body, (_, value: unknown) => (typeof value === 'string' ? `${value}*` : value));
  const lines = Object.entries({
    ...{ Host: `127.0.0.1:${port}`, ...headers },
    ...(json !== undefined && { 'Content-Type': 'application/json' }),
  }).map(([name, value]) => `${name}: ${value}`);
  const target = `/api/v1${segments.join('/')}${values === undefined ? '' : `?${values}`}`;
  return [`${method} ${target} HTTP/1.1`, ...lines, '', json ?? ''].join('\r\n');
}
