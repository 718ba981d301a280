import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { Database, newId, type Queryable, type Statement } from '../../src/platform/database/index.js';
import { searchQuery, wordsVector } from '../../src/modules/messages/search.rules.js';
import { SearchRepository, type SearchWish } from '../../src/modules/messages/search.repository.js';
import { aDatabase } from '../support/servers.js';

const CLIENT = newId();
const ROOMS = Array.from({ length: 100 }, () => newId());
const MESSAGES = 20_000;

let source: DataSource;

beforeAll(async () => {
  source = new DataSource(dataSourceOptions(await aDatabase(), 2));
  await source.initialize();
  await source.query(`INSERT INTO clients (id, slug, name) VALUES ($1, 'searched', 'Searched')`, [CLIENT]);
  await source.query(`INSERT INTO rooms (client_id, id, type) SELECT $1, unnest($2::uuid[]), 'group'`, [CLIENT, ROOMS]);
  await source.query(
    `INSERT INTO room_members (client_id, room_id, user_id, role) SELECT $1, unnest($2::uuid[]), 'ann', 'member'`,
    [CLIENT, ROOMS.slice(0, 10)],
  );
  const vectors = Array.from({ length: MESSAGES }, (_, n) =>
    wordsVector(`word${n % 500} and`, { clientId: CLIENT, id: ROOMS[n % ROOMS.length] ?? '' }),
  );
  await source.query(
    `INSERT INTO messages (client_id, id, room_id, seq, "offset", content, search, created_at)
     SELECT $1, gen_random_uuid(), ($2::uuid[])[1 + (n - 1) % ${ROOMS.length}], n, n, 'text', vector::tsvector, now() - make_interval(secs => n)
       FROM unnest($3::text[]) WITH ORDINALITY AS v (vector, n)`,
    [CLIENT, ROOMS, vectors],
  );
  await source.query('ANALYZE messages, room_members');
}, 60_000);
afterAll(() => source.destroy());

/** Every statement is explained where it would have run: in its role, behind its policies. */
class Explaining extends Database {
  readonly plans: string[] = [];

  override query<R extends object>(statement: Statement, values?: readonly unknown[]): Promise<R[]> {
    return this.explain({ query: (asked, with_) => super.query(asked, with_) }, statement, values);
  }

  override asClient<T>(clientId: string, read: (view: Queryable) => Promise<T>): Promise<T> {
    return super.asClient(clientId, (view) =>
      read({ query: (statement, values) => this.explain(view, statement, values) }),
    );
  }

  private async explain<R extends object>(
    where: Queryable,
    { name, text }: Statement,
    values?: readonly unknown[],
  ): Promise<R[]> {
    const lines = await where.query<{ 'QUERY PLAN': string }>(
      { name: `${name}.explained`, text: `EXPLAIN ${text}` },
      values,
    );
    this.plans.push(lines.map((line) => line['QUERY PLAN']).join('\n'));
    return [{ id: newId() }] as R[]; // as if one had been found, so that what follows is explained as well
  }
}

/** How the first statement, which finds, is gone about; the second reads what was found. */
async function plansOf(query: string, wish: Partial<SearchWish>): Promise<string[]> {
  const database = new Explaining(source);
  await new SearchRepository(database).find(CLIENT, { query, userId: null, before: null, limit: 51, ...wish });
  return database.plans;
}

describe('a search', () => {
  it('where there is little reads the rooms and nothing else', async () => {
    const rooms = ROOMS.slice(0, 10);
    const [plan] = await plansOf(searchQuery('word7', CLIENT, rooms) ?? '', { userId: 'ann', rooms });

    expect(plan).toMatch(/Index Scan using messages_room_(seq|offset)_key/);
    expect(plan).not.toContain('messages_search_idx');
    expect(plan).not.toMatch(/Seq Scan on messages/);
  });

  it.each<[string, Partial<SearchWish>, readonly string[] | null]>([
    ['in the rooms of a user', { userId: 'ann' }, ROOMS.slice(0, 10)],
    ['in one room', {}, ROOMS.slice(0, 1)],
    ['in all of a client, for some time', { from: '2026-01-01T00:00:00Z' }, null],
    ['from a page on', { before: { at: '2026-01-01T00:00:00Z', id: newId() } }, null],
  ])('%s asks the index and reads no message that has not the words', async (_where, wish, rooms) => {
    const plans = await plansOf(searchQuery('word7', CLIENT, rooms) ?? '', wish);

    expect(plans).toHaveLength(2);
    expect(plans[0]).toContain('messages_search_idx');
    expect(plans.join('\n')).not.toMatch(/Seq Scan on messages/);
  });
});
