import pg from 'pg';
import { statements } from '../../src/platform/database/statement.js';
import { searchQuery } from '../../src/modules/messages/search.rules.js';
import '../../src/modules/messages/search.repository.js';
import type { Bench } from '../bench.js';
import { grow, READER, TYPED, WORD } from '../large.js';
import type { HttpLoadActor, HttpRequest } from '../load/http-load.js';
import type { Figure, Row } from '../row.js';
import { aClient, login } from '../service.js';

const SMALL = 10_000;
const CONNECTIONS = 4;
/** The query names fifty rooms. */
const PLAN_WIDTH = 160;

interface Set {
  readonly url: string;
  readonly databaseUrl: string;
  readonly clientId: string;
  readonly key: string;
  readonly roomId: string;
}

/** What a page of a few rows takes beside very many: each against the same service with 10,000 messages. */
export const large: Row = {
  name: 'large',
  async run(bench) {
    const { messages } = bench.effort;
    const [few, many] = [await aSet(bench, SMALL), await aSet(bench, messages)];
    const load = bench.actor<HttpLoadActor>('load/http-load');
    const { seconds } = bench.effort;
    const msOf = async ({ url, key }: Set, path: string): Promise<number> => {
      const request: HttpRequest = {
        method: 'GET',
        path: `/api/v1${path}`,
        headers: { Authorization: `Bearer ${key}` },
      };
      const { perSecond } = await load.call('http', { url, requests: [request], connections: CONNECTIONS, seconds });
      return (CONNECTIONS / perSecond) * 1_000;
    };
    const pages: [string, (set: Set) => string][] = [
      ['a page of history', ({ roomId }) => `/messages?roomId=${roomId}&before=80`],
      ['a page of the reader’s rooms', () => '/rooms'],
      ['a search for a word', () => `/messages/search?q=${WORD}`],
      ['a search while typing', () => `/messages/search?q=${TYPED}`],
    ];
    const figures: Figure[] = [];
    for (const [what, path] of pages)
      figures.push({
        what: `${what}, ${messages.toLocaleString('en')} messages`,
        unit: 'ms',
        budget: { atMost: 1.5 },
        ...(await bench.inTurn(
          () => msOf(few, path(few)),
          () => msOf(many, path(many)),
        )),
        baselineIs: `the same with ${SMALL.toLocaleString('en')} messages`,
      });
    console.log(await planOf(many));
    return figures;
  },
};

async function aSet(bench: Bench, messages: number): Promise<Set> {
  const environment = await bench.environment();
  const service = await bench.service('api', environment);
  const client = await aClient(service);
  const begun = performance.now();
  const { roomId } = await grow(environment.DATABASE_URL, client.id, messages);
  console.log(`  ${messages.toLocaleString('en')} messages in ${Math.round((performance.now() - begun) / 1_000)} s`);
  const key = await login(client, READER);
  return { url: service.url, databaseUrl: environment.DATABASE_URL, clientId: client.id, key, roomId };
}

/** How PostgreSQL goes about a search in the long run, when the plan of a named statement no longer looks at its values. */
async function planOf({ databaseUrl, clientId }: Set): Promise<string> {
  const text = statements().find(({ name }) => name === 'messages.search')?.text ?? '';
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const rooms = await database.query<{ id: string }>(
      'SELECT room_id AS id FROM room_members WHERE client_id = $1 AND user_id = $2',
      [clientId, READER],
    );
    const ids = rooms.rows.map(({ id }) => id);
    const wanted = searchQuery(WORD, clientId, ids)?.replaceAll("'", "''");
    await database.query(
      `SET plan_cache_mode = force_generic_plan; SET random_page_cost = 1.1; SET jit = off;
       PREPARE search (uuid, text, varchar, timestamptz, timestamptz, timestamptz, uuid, integer) AS ${text}`,
    );
    const { rows } = await database.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (ANALYZE, BUFFERS) EXECUTE search ('${clientId}', '${wanted}', '${READER}', NULL, NULL, NULL, NULL, 51)`,
    );
    return rows.map((row) => row['QUERY PLAN'].slice(0, PLAN_WIDTH)).join('\n');
  } finally {
    await database.end();
  }
}
