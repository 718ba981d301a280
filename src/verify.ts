import pg from 'pg';
import { databaseUrl, InvalidEnvironment } from './config/env.js';
import { EVERYTHING_AUDITED } from './everything-audited.js';
import type { Balance, Statement } from './platform/database/index.js';

/** Of the rows that break a rule; there may be many. */
const NAMED = 10;

type Rows = <R extends object>(query: Statement) => Promise<R[]>;

/** All of it sees the database at one moment, so that it is true while the service runs. */
async function atOneMoment<T>(url: string, look: (rows: Rows) => Promise<T>): Promise<T> {
  const database = new pg.Client({ connectionString: url, application_name: 'chatapi-verify' });
  await database.connect();
  try {
    await database.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return await look(async <R extends object>({ text }: Statement) => (await database.query<R>(text)).rows);
  } finally {
    await database.end();
  }
}

async function faultsOf(rows: Rows): Promise<string[]> {
  const faults: string[] = [];
  for (const { broken, find } of EVERYTHING_AUDITED.flatMap(({ rules }) => rules)) {
    const ids = (await rows<{ id: string }>(find)).map(({ id }) => id);
    const more = ids.length > NAMED ? ', …' : '';
    if (ids.length > 0) faults.push(`${ids.length} ${broken}: ${ids.slice(0, NAMED).join(', ')}${more}`);
  }
  return faults;
}

const isEven = ({ accepted, terminal, pending }: Balance): boolean => accepted === terminal + pending;

function table(balances: readonly Balance[]): string {
  const lines = balances.map((balance) => [
    balance.what,
    ...[balance.accepted, balance.terminal, balance.pending].map(String),
    isEven(balance) ? '' : '  off',
  ]);
  return [['', 'accepted', 'terminal', 'pending', ''], ...lines]
    .map(
      ([what = '', ...figures]) =>
        what.padEnd(30) +
        figures
          .map((figure) => figure.padStart(12))
          .join('')
          .trimEnd(),
    )
    .join('\n');
}

try {
  const [balances, faults] = await atOneMoment(databaseUrl(), async (rows) => {
    const found: Balance[] = [];
    for (const query of EVERYTHING_AUDITED.flatMap(({ balances: queries }) => queries))
      found.push(...(await rows<Balance>(query)));
    return [found, await faultsOf(rows)] as const;
  });
  const off = balances
    .filter((balance) => !isEven(balance))
    .map(({ what }) => `${what}: accepted is not terminal + pending`);
  const verdict = [...off, ...faults];
  process.stdout.write(`${table(balances)}\n\n`);
  process.stdout.write(
    verdict.length === 0 ? 'All that was accepted is accounted for.\n' : `Off:\n  ${verdict.join('\n  ')}\n`,
  );
  if (verdict.length > 0) process.exitCode = 1;
} catch (error) {
  process.stderr.write(
    `${error instanceof InvalidEnvironment ? error.message : `The recount failed: ${String(error)}`}\n`,
  );
  process.exitCode = 1;
}
