import pg from 'pg';
import { InvalidEnvironment, readEnv } from './config/env.js';
import { EVERYTHING_SEALED } from './everything-sealed.js';
import { PEPPERS } from './modules/clients/api-keys.repository.js';
import type { Statement } from './platform/database/index.js';
import { SecretBox, type SealedRow, type SealedRows } from './platform/security/index.js';

/** Locks are held for one batch: who changes one of its rows meanwhile waits some milliseconds. */
const AT_ONCE = 200;
/** A process that still has the old key first may seal behind our back; then again, but not for ever. */
const PASSES = 3;

interface Passed {
  readonly wrapped: number;
  readonly unopened: number;
}

/**
 * Wraps the data keys of everything sealed anew, with the first key of `SECRET_KEY`: batch by batch, each in a transaction
 * that locks its rows, so that it may run under load, be stopped, run again, and run twice at once.
 */
class Rotation {
  constructor(
    private readonly database: pg.Client,
    private readonly box: SecretBox,
  ) {}

  async everything(): Promise<void> {
    for (const sealed of EVERYTHING_SEALED) {
      let left = PASSES;
      while (left > 0 && (await this.pass(sealed)).wrapped > 0) left--;
    }
  }

  /** @returns whether nothing is left under another key */
  async report(): Promise<boolean> {
    const [first = ''] = this.box.kids;
    let isDone = true;
    for (const { what, count } of EVERYTHING_SEALED) {
      const rows = await this.rows<{ kid: string; count: number }>(count);
      isDone &&= rows.every(({ kid }) => kid === first);
      say(what, rows, this.box.kids);
    }
    say('API keys', await this.rows(PEPPERS), this.box.kids);
    return isDone;
  }

  private async pass(sealed: SealedRows): Promise<Passed> {
    let passed: Passed = { wrapped: 0, unopened: 0 };
    for (let last: SealedRow | null = null; ;) {
      const { rows, wrapped } = await this.batch(sealed, last);
      passed = { wrapped: passed.wrapped + wrapped, unopened: passed.unopened + rows.length - wrapped };
      last = rows.at(-1) ?? null;
      if (last === null) return passed;
    }
  }

  private async batch(sealed: SealedRows, last: SealedRow | null): Promise<{ rows: SealedRow[]; wrapped: number }> {
    const [first] = this.box.kids;
    await this.database.query('BEGIN');
    const place = last && JSON.stringify({ ...last, sealed: undefined });
    const rows = await this.rows<SealedRow>(sealed.lock, [first, this.box.kids, AT_ONCE, place]);
    const wrapped = rows.flatMap((row) => this.wrapped(sealed, row));
    await this.rows(sealed.write, [JSON.stringify(wrapped)]);
    await this.database.query('COMMIT');
    return { rows, wrapped: wrapped.length };
  }

  /** One that does not open stays as it is, and is counted under its key. */
  private wrapped(sealed: SealedRows, row: SealedRow): SealedRow[] {
    try {
      return [{ ...row, sealed: this.box.rewrapped(row.sealed, sealed.boundTo(row)) }];
    } catch {
      return [];
    }
  }

  private async rows<R extends object>({ text }: Statement, values: unknown[] = []): Promise<R[]> {
    return (await this.database.query<R>(text, values)).rows;
  }
}

function say(what: string, rows: readonly { kid: string | null; count: number }[], kids: readonly string[]): void {
  const under = (kid: string | null): string => {
    if (kid === null) return 'a key that was not noted';
    if (kid === kids[0]) return `${kid}, the first`;
    return kids.includes(kid) ? kid : `${kid}, which SECRET_KEY does not list`;
  };
  const counts = rows.map(({ kid, count }) => `${count} under ${under(kid)}`).sort();
  process.stdout.write(`${what}: ${counts.join('; ') || 'none'}\n`);
}

try {
  const { DATABASE_URL, SECRET_KEY } = readEnv();
  const database = new pg.Client({ connectionString: DATABASE_URL, application_name: 'chatapi-rotate' });
  await database.connect();
  try {
    const rotation = new Rotation(database, new SecretBox({ SECRET_KEY }));
    await rotation.everything();
    const isDone = await rotation.report();
    process.stdout.write(isDone ? 'All is under the first key.\n' : 'Not all is under the first key.\n');
    if (!isDone) process.exitCode = 1;
  } finally {
    await database.end();
  }
} catch (error) {
  process.stderr.write(
    `${error instanceof InvalidEnvironment ? error.message : `The rotation failed: ${String(error)}`}\n`,
  );
  process.exitCode = 1;
}
