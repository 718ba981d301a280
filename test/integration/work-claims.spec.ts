import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Claim } from '../../src/platform/work/index.js';
import { CLAIM_DUE } from '../../src/platform/work/work.statements.js';
import { CLIENT, KIND, OTHER_CLIENT, Workbench } from '../support/work.js';

let bench: Workbench;

beforeAll(async () => {
  bench = await Workbench.open();
}, 60_000);
afterAll(() => bench.close());
beforeEach(() => bench.sql('TRUNCATE work_items, work_attempts, work_totals'));

const idsOf = (claims: readonly Claim[]): string[] => claims.map(({ id }) => id);
const times = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value);

describe('a claim by hint', () => {
  it('is one, however many hints come', async () => {
    const [id = ''] = await bench.accept({});

    const claims = (await Promise.all(times(20, id).map((hinted) => bench.claim(hinted)))).flat();

    expect(claims).toEqual([expect.objectContaining({ id, clientId: CLIENT, attempts: 0, claims: 1 })]);
    await expect(bench.row(id)).resolves.toMatchObject({ state: 'leased', claims: 1 });
  });

  it('notes the attempt before anybody acts on it', async () => {
    const [id = ''] = await bench.accept({});
    await bench.claim(id);

    await expect(bench.outcomes(id)).resolves.toEqual([null]);
  });

  it('leaves what is not due yet', async () => {
    const [id = ''] = await bench.accept({ runAt: new Date(Date.now() + 3_600_000) });

    await expect(bench.claim(id)).resolves.toEqual([]);
    await expect(bench.sweep(10)).resolves.toEqual([]);
  });
});

describe('the acceptance of work', () => {
  it('takes the same key of a client once', async () => {
    await bench.accept({ dedupeKey: 'order 1' }, { dedupeKey: 'order 2' });
    await bench.accept({ dedupeKey: 'order 1' }, { dedupeKey: 'order 1', clientId: OTHER_CLIENT });

    await expect(bench.sql('SELECT id FROM work_items')).resolves.toHaveLength(3);
    await expect(bench.store.count()).resolves.toMatchObject([{ kind: KIND, accepted: 3, ready: 3 }]);
  });

  it('leaves nothing behind when its transaction does not commit', async () => {
    const item = { id: CLIENT, clientId: CLIENT, dedupeKey: 'x', priority: 5, runAt: null, expiresAt: null } as const;
    const failing = bench.database.transaction(async (tx) => {
      await bench.store.accept(tx, KIND, [{ ...item, requestId: null }]);
      throw new Error('changed my mind');
    });

    await expect(failing).rejects.toThrow('changed my mind');
    await expect(bench.store.count()).resolves.toEqual([]);
  });
});

describe('a sweep', () => {
  it('leaves fresh work to its hint for a moment', async () => {
    const [fresh = ''] = await bench.accept({});
    await expect(bench.sweep(10, { graceSeconds: 60 })).resolves.toEqual([]);

    await bench.sql(`UPDATE work_items SET run_at = now() - interval '61 seconds' WHERE id = $1`, [fresh]);
    await expect(bench.sweep(10, { graceSeconds: 60 }).then(idsOf)).resolves.toEqual([fresh]);
  });

  it('shares out all work among many workers, each piece to one', async () => {
    const ids = await bench.acceptDue(...times(300, {}), ...times(100, { clientId: OTHER_CLIENT }));
    const worker = async (): Promise<string[]> => {
      const claimed: string[] = [];
      for (let misses = 0; misses < 3;) {
        const claims = idsOf(await bench.sweep(7));
        claimed.push(...claims);
        misses = claims.length === 0 ? misses + 1 : 0;
      }
      return claimed;
    };

    const claimed = (await Promise.all(times(8, worker).map((work) => work()))).flat();

    expect(claimed.sort()).toEqual([...ids].sort());
  });

  it('takes high before normal before low, and earlier before later', async () => {
    const [low = ''] = await bench.acceptDue({ priority: 9 });
    const [normal = ''] = await bench.acceptDue({});
    const [later = ''] = await bench.acceptDue({});
    const [high = ''] = await bench.acceptDue({ priority: 1 });
    const order: string[] = [];
    for (let n = 0; n < 4; n++) order.push(...idsOf(await bench.sweep(1)));

    expect(order).toEqual([high, normal, later, low]);
  });

  it('gives clients turns, whatever backlog one of them has', async () => {
    await bench.acceptDue(...times(200, { priority: 1 as const }));
    const late = await bench.acceptDue(...times(2, { clientId: OTHER_CLIENT, priority: 9 as const }));

    const claims = await bench.sweep(10);

    expect(claims).toHaveLength(10);
    expect(idsOf(claims.filter(({ clientId }) => clientId === OTHER_CLIENT)).sort()).toEqual([...late].sort());
  });

  it('goes on with the clients after the one where the last round ended', async () => {
    await bench.acceptDue({ clientId: CLIENT }, { clientId: OTHER_CLIENT });

    const claims = await bench.sweep(10, { after: CLIENT });

    expect(claims.map(({ clientId }) => clientId)).toEqual([OTHER_CLIENT]);
  });

  it('gives a client that has its share only of what is not held back for others', async () => {
    await bench.acceptDue(...times(20, {}), ...times(20, { clientId: OTHER_CLIENT }));

    const claims = await bench.sweep(10, { share: 3, unreserved: 4, held: new Map([[CLIENT, 3]]) });
    const own = claims.filter(({ clientId }) => clientId === CLIENT).length;

    // The first four places alternate; past them only the other's share of three is left.
    expect(own).toBe(2);
    expect(claims.length - own).toBe(3);
  });

  it('takes nothing for a client that has its share while the rest is held back', async () => {
    await bench.acceptDue(...times(20, {}));

    await expect(bench.sweep(10, { share: 2, unreserved: 0, held: new Map([[CLIENT, 2]]) })).resolves.toEqual([]);
  });
});

describe('the plan of a sweep', () => {
  const CLIENTS = 1_000;
  const EACH = 100;
  const ENDED = 100_000;

  interface Node {
    readonly 'Relation Name'?: string;
    readonly 'Node Type': string;
    readonly 'Actual Rows': number;
    readonly 'Actual Loops': number;
    readonly 'Rows Removed by Filter'?: number;
    readonly Plans?: readonly Node[];
  }

  const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

  async function explained(limit: number): Promise<{ nodes: Node[]; ms: number }> {
    const values = `'${KIND}', ${limit}, 60, 'w', '00000000-0000-0000-0000-000000000000', '{}', '{}', ${limit}, ${limit}, 1, '{}'`;
    return bench.database.transaction(async (tx) => {
      const run = <R>(text: string): Promise<R[]> => tx.manager.query<R[]>(text);
      await run('SET LOCAL plan_cache_mode = force_generic_plan'); // as a named statement is planned in the long run
      await run(
        `PREPARE claim (varchar, bigint, float8, varchar, uuid, uuid[], integer[], integer, integer, float8, uuid[]) AS ${CLAIM_DUE.text}`,
      );
      const rows = await run<{ 'QUERY PLAN': [{ Plan: Node; 'Execution Time': number }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE claim (${values})`,
      );
      await run('DEALLOCATE claim');
      const [plan] = rows[0]!['QUERY PLAN'];
      return { nodes: nodesOf(plan.Plan), ms: plan['Execution Time'] };
    });
  }

  it('does not read the backlog: 100,000 due pieces of 1,000 clients', async () => {
    await bench.sql(
      `INSERT INTO work_items (id, client_id, kind, dedupe_key, run_at, state, finished_at)
       SELECT gen_random_uuid(), ('00000000-0000-4000-8000-' || lpad((n % ${CLIENTS} + 1)::text, 12, '0'))::uuid, '${KIND}', n::text,
              now() - interval '1 minute', CASE WHEN n <= ${CLIENTS * EACH} THEN 'ready' ELSE 'done' END, CASE WHEN n > ${CLIENTS * EACH} THEN now() END
         FROM generate_series(1, ${CLIENTS * EACH + ENDED}) AS n`,
    );
    await bench.sql('ANALYZE work_items');

    const { nodes } = await explained(50);
    const reads = nodes.filter((node) => node['Relation Name'] === 'work_items');
    const rowsRead = reads.reduce(
      (sum, node) => sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      0,
    );

    expect(reads.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    expect(rowsRead).toBeLessThan(2_000);
  }, 60_000);
});
