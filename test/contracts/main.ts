// `npm run contracts`: plays the scenarios against a running service.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { aHouse, type House } from './kit/house.js';
import { type Transport, TRANSPORTS } from './kit/lines.js';
import { type Job, runAll, type Verdict } from './kit/run.js';
import { type Scenario, SCENARIOS, scenariosIn } from './kit/scenario.js';

const USAGE = `Plays the scenarios of test/contracts/scenarios against a running service.

  npm run contracts                      against the \`npm start\` of this folder
  npm run contracts -- --url URL --key KEY [--transport NAME]… [--only NAME]… [--at-once N]

  --url        CHATAPI_URL   the service, as http://localhost:8000
  --key        CLIENT_KEY    a master key of any of its clients
  --transport                ${TRANSPORTS.join(', ')}; all of them unless said
  --only                     scenarios whose names begin so; all of them unless said
  --scenarios                a folder with scenarios of your own, instead of those
  --at-once                  how many are played at the same time, 4 unless said

What they make has names of its own, and is deleted at the end.`;

const TEXT = { type: 'string' } as const;
const MANY = { type: 'string', multiple: true } as const;
const FLAGS = {
  url: TEXT,
  key: TEXT,
  transport: MANY,
  only: MANY,
  scenarios: TEXT,
  'at-once': TEXT,
  help: { type: 'boolean' },
} as const;

class Misused extends Error {}

interface Wish {
  readonly url: string;
  readonly key: string;
  readonly transports: readonly Transport[];
  readonly scenarios: readonly Scenario[];
  readonly atOnce: number;
}

function wishOf(args: string[]): Wish | null {
  const { values } = parseArgs({ args, options: FLAGS });
  if (values.help) return null;
  // Only for the service that left it: its key is nobody else's business.
  const left = join(process.env.CHATAPI_HOME ?? '.chatapi', 'env');
  if (!values.url && !process.env.CHATAPI_URL && existsSync(left)) process.loadEnvFile(left);
  const url = values.url ?? process.env.CHATAPI_URL;
  const key = values.key ?? process.env.CLIENT_KEY;
  if (!url || !key)
    throw new Misused('Say --url and --key, or `npm start` a service in this folder; --help says more.');
  return {
    url: url.replace(/\/+$/, ''),
    key,
    transports: chosen(TRANSPORTS, (name) => values.transport?.includes(name) ?? true, 'transport'),
    scenarios: chosen(
      scenariosIn(values.scenarios === undefined ? SCENARIOS : pathToFileURL(`${resolve(values.scenarios)}/`)),
      ({ name }) => values.only?.some((start) => name.startsWith(start)) ?? true,
      'scenario',
    ),
    atOnce: Number(values['at-once'] ?? 4),
  };
}

function chosen<T extends string | { readonly name: string }>(
  all: readonly T[],
  isWanted: (one: T) => boolean,
  what: string,
): T[] {
  const wanted = all.filter(isWanted);
  if (wanted.length > 0) return wanted;
  throw new Misused(
    `There is no such ${what}: ${all.map((one) => (typeof one === 'string' ? one : one.name)).join(', ')}.`,
  );
}

/** @throws Misused in one sentence, instead of every scenario in its own */
async function assertOpen({ url, master }: House): Promise<void> {
  const { status, body } = await master.get('/auth/me').catch(() => {
    throw new Misused(`${url} does not answer.`);
  });
  if (status !== 200) throw new Misused(`${url} does not take the key: ${status} ${body.code}.`);
  if (body.key.type !== 'master') throw new Misused('It must be a master key: users are logged in with it.');
}

function reported({ scenario: { name, title }, transport }: Job, verdict: Verdict): string {
  if (verdict.kind === 'held') return `✓ ${transport} ${name} (${verdict.seconds.toFixed(1)} s)`;
  if (verdict.kind === 'skipped') return `– ${transport} ${name}: ${verdict.why}`;
  return `✗ ${transport} ${name}: ${title}\n${verdict.why.replaceAll(/^/gm, '    ')}`;
}

/** @returns how many did not hold */
async function run({ url, key, transports, scenarios, atOnce }: Wish): Promise<number> {
  const prefix = `contracts-${randomBytes(4).toString('hex')}`;
  const house = aHouse({ url, masterKey: key, prefix, patienceMs: 30_000 });
  await assertOpen(house);
  const jobs = scenarios.flatMap((scenario) => transports.map((transport) => ({ scenario, transport, house })));
  const count = { held: 0, skipped: 0, broken: 0 };
  const verdicts = [...runAll(jobs, atOnce)].map(async ([job, coming]) => {
    const verdict = await coming;
    count[verdict.kind]++;
    console.log(reported(job, verdict));
  });
  await Promise.all(verdicts);
  await house.users.erase();
  console.log(`\n${count.held} hold, ${count.broken} do not, ${count.skipped} are not for that transport.`);
  return count.broken;
}

try {
  const wish = wishOf(process.argv.slice(2));
  if (wish) process.exitCode = (await run(wish)) === 0 ? 0 : 1;
  else console.log(USAGE);
} catch (error) {
  const isKnown = error instanceof Misused || (error instanceof TypeError && 'code' in error);
  console.error(isKnown ? error.message : error);
  process.exitCode = 1;
}
