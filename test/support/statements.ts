import pg from 'pg';

type Query = (this: pg.Client, ...asked: unknown[]) => unknown;

/** What `work` has this process ask PostgreSQL, by what was asked together: before an answer came. */
export async function flightsOf(work: () => Promise<unknown>): Promise<string[][]> {
  const flights: string[][] = [];
  let isNew = true;
  const land = () => (isNew = true);
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const { query } = prototype;
  prototype.query = function (...asked) {
    const [what] = asked as [string | { text: string }];
    if (isNew) flights.push([]);
    isNew = false;
    flights.at(-1)?.push(typeof what === 'string' ? what : what.text);
    const answer = query.apply(this, asked);
    if (answer instanceof Promise) answer.then(land, land);
    return answer;
  };
  try {
    await work();
  } finally {
    prototype.query = query;
  }
  return flights;
}

/** All of it, in its order. */
export const statementsOf = async (work: () => Promise<unknown>): Promise<string[]> => (await flightsOf(work)).flat();
