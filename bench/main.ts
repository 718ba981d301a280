// npm run bench [-- ROW… --quick --grow --json FILE]
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Bench, FULL, GROWN, QUICK } from './bench.js';
import { judge, type Judged, table, writeJson } from './report.js';
import type { Row } from './row.js';
import { ROWS } from './rows.js';
import { ROOT } from './service.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    grow: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const unknown = positionals.filter((name) => !ROWS.some((row) => row.name === name));
if (unknown.length > 0) {
  console.error(`There is no row ${unknown.join(', ')}. There are: ${ROWS.map(({ name }) => name).join(', ')}.`);
  process.exit(1);
}
const chosen = positionals.length === 0 ? ROWS : ROWS.filter(({ name }) => positionals.includes(name));

let failed = false;
const effort = values.quick ? QUICK : FULL;
const bench = await Bench.start(values.grow ? { ...effort, messages: GROWN } : effort);
process.once('SIGINT', () => void bench.stop().then(() => process.exit(130)));
try {
  const judged: Judged[] = [];
  for (const row of chosen) judged.push(...(await measure(row)));
  const file = values.json ?? join(ROOT, 'bench/results', `${new Date().toISOString().replaceAll(':', '-')}.json`);
  await writeJson(file, judged);
  console.log(`\n${table(judged)}\n\nWritten to ${file}`);
} finally {
  await bench.stop();
}
process.exit(failed ? 1 : 0);

async function measure(row: Row): Promise<Judged[]> {
  console.log(`${row.name} …`);
  try {
    return (await row.run(bench)).map((figure) => judge(row.name, figure));
  } catch (error) {
    console.error(`${row.name} could not be measured:`, error);
    failed = true;
    return [];
  } finally {
    await bench.clear();
  }
}
