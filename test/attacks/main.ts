// npm run attack [-- NAME… --seed N --runs N --seconds N]
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { isAlone, runAlone } from './alone.js';
import type { Attack, Wish } from './attack.js';
import { ATTACKS } from './attacks.js';
import { faultsIn, machine, type Reported, table } from './report.js';
import { Target } from './target.js';

const USAGE = `Attacks a ChatAPI of its own on this machine's loopback, and tells what came of it.

  npm run attack                  all of them; some thirty minutes
  npm run attack -- fuzz bodies   some of them: ${ATTACKS.map(({ name }) => name).join(', ')}

  --seed     the same seed sends the same; 20261130 unless said
  --runs     how often each operation is fuzzed, 60 unless said
  --seconds  how long each attack goes on that does not end by itself, 15 unless said

Where a network namespace can be made (root on Linux), all of it runs in one that has nothing but a loopback.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '20261130' },
    runs: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '15' },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !ATTACKS.some((attack) => attack.name === name));
const chosen = ATTACKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const wish: Wish = { seed: Number(values.seed), runs: Number(values.runs), seconds: Number(values.seconds) };

if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `There is no ${unknown.join(', ')}.\n\n${USAGE}` : USAGE);
  process.exit(unknown.length > 0 ? 1 : 0);
}
if (!isAlone()) process.exit(await runAlone(chosen.flatMap(({ programs = [] }) => programs)));

const target = await Target.start();
process.once('SIGINT', () => void target.stop().then(() => process.exit(130)));
const reported: Reported[] = [];
try {
  for (const attack of [NOTHING(), ...chosen]) reported.push(await carriedOut(attack));
} finally {
  await target.stop();
}
console.log(`\n${table(reported)}\n\n${faultsIn(reported)}\n${machine()}; load before: ${loadavg()[2]?.toFixed(1)}`);
process.exit(reported.some(({ faults }) => faults.length > 0) ? 1 : 0);

/** What the probe sees of a service that nobody attacks. */
function NOTHING(): Attack {
  const run = async ({ seconds }: Wish) => {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    return { sent: '–', came: '–', faults: [] };
  };
  return { name: 'none', probeMs: 100, run: (_, asked) => run(asked) };
}

async function carriedOut({ name, probeMs, run }: Attack): Promise<Reported> {
  const before = await target.residentMb();
  await target.look();
  const began = performance.now();
  const outcome = await run(target, wish).catch((error: unknown) => ({
    ...{ sent: '?', came: '?', faults: [`could not be carried out: ${String(error)}`] },
  }));
  const seconds = Math.round((performance.now() - began) / 1_000);
  const seen = await target.look();
  const faults = [
    ...outcome.faults,
    ...seen.faults,
    ...(seen.p99 > probeMs ? [`the probe's p99 was ${Math.round(seen.p99)} ms, over ${probeMs} ms`] : []),
    ...(await target.aftermath(before)),
  ];
  console.log(`${name}: ${seconds} s, ${seen.count} probes, ${faults.length} faults`);
  return { name, ...outcome, seen, faults };
}
