import pg from 'pg';

type Query = (this: pg.Client, ...asked: unknown[]) => unknown;

interface Asked {
  /** In its order, over all connections. */
  readonly statements: readonly string[];
  /** By what was asked together: of one connection, before an answer came on it. */
  readonly flights: readonly (readonly string[])[];
  /** From BEGIN to what ended it, or to what came last. */
  readonly transactions: readonly (readonly string[])[];
}

async function askedBy(work: () => Promise<unknown>): Promise<Asked> {
  const statements: string[] = [];
  const flights: string[][] = [];
  const transactions: string[][] = [];
  const open = new Map<pg.Client, string[]>();
  /** What each connection has in the air. */
  const flying = new Map<pg.Client, string[]>();
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const { query } = prototype;
  prototype.query = function (...asked) {
    const [what] = asked as [string | { text: string }];
    const text = typeof what === 'string' ? what : what.text;
    const flight = flying.get(this) ?? [];
    if (flight.push(text) === 1) flights.push(flight);
    flying.set(this, flight);
    statements.push(text);
    if (text === 'BEGIN') transactions.push(open.set(this, []).get(this)!);
    open.get(this)?.push(text);
    if (/^(COMMIT|ROLLBACK)$/.test(text)) open.delete(this);
    const land = () => flying.delete(this);
    const answer = query.apply(this, asked);
    if (answer instanceof Promise) answer.then(land, land);
    return answer;
  };
  try {
    await work();
  } finally {
    prototype.query = query;
  }
  return { statements, flights, transactions };
}

/** What `work` has this process ask PostgreSQL, by what was asked together. */
export const flightsOf = async (work: () => Promise<unknown>): Promise<Asked['flights']> =>
  (await askedBy(work)).flights;

/** All of it, in its order. */
export const statementsOf = async (work: () => Promise<unknown>): Promise<Asked['statements']> =>
  (await askedBy(work)).statements;

/** What it has this process ask in transactions, those of workers among them. */
export const transactionsOf = async (work: () => Promise<unknown>): Promise<Asked['transactions']> =>
  (await askedBy(work)).transactions;
