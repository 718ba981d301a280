import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CLIENT, DONE, KIND, Workbench } from '../support/work.js';

let bench: Workbench;

beforeAll(async () => {
  bench = await Workbench.open();
}, 60_000);
afterAll(() => bench.close());
beforeEach(() => bench.sql('TRUNCATE work_items, work_attempts, work_totals'));

describe('the end of work', () => {
  it('is written once: a second word on the same lease comes too late', async () => {
    const [id = ''] = await bench.accept({});
    const claim = await bench.claimOne(id);

    await expect(bench.finish(claim)).resolves.toEqual(new Set([id]));
    await expect(bench.finish(claim, { end: 'dead', reason: 'changed', result: null })).resolves.toEqual(new Set());
    await expect(bench.row(id)).resolves.toMatchObject({ state: 'done', reason: null, attempts: 1 });
  });

  it('is recorded and not applied when the lease has gone to another', async () => {
    const [id = ''] = await bench.accept({});
    const first = await bench.claimOne(id);
    await bench.loseLeases();
    await bench.reap();
    const second = await bench.claimOne(id);

    await expect(bench.finish(first, { end: 'dead', reason: 'old', result: null })).resolves.toEqual(new Set());
    await expect(bench.row(id)).resolves.toMatchObject({ state: 'leased', claims: 2 });
    await expect(bench.finish(second)).resolves.toEqual(new Set([id]));

    await expect(bench.row(id)).resolves.toMatchObject({ state: 'done', attempts: 1 });
    await expect(bench.outcomes(id)).resolves.toEqual(['late', 'done']);
  });

  it('counts a retry as an attempt, and a postponement not', async () => {
    const [id = ''] = await bench.accept({});
    await bench.finish(await bench.claimOne(id), { end: 'postpone', afterSeconds: 0, reason: 'away', result: null });
    await expect(bench.row(id)).resolves.toMatchObject({ state: 'ready', reason: 'away', attempts: 0, claims: 1 });

    await bench.finish(await bench.claimOne(id), { end: 'retry', afterSeconds: 90, reason: 'busy', result: null });
    const row = await bench.row(id);

    expect(row).toMatchObject({ state: 'ready', reason: 'busy', attempts: 1, claims: 2 });
    expect(row.pause).toBeGreaterThan(80);
    await expect(bench.claim(id)).resolves.toEqual([]);
    await expect(bench.outcomes(id)).resolves.toEqual(['postpone', 'retry']);
  });
});

describe('work whose worker went away', () => {
  it('comes back at once the first time, then after a growing pause', async () => {
    const [id = ''] = await bench.accept({});
    const pauses: number[] = [];
    for (let n = 0; n < 4; n++) {
      await bench.sql('UPDATE work_items SET run_at = now()');
      await bench.claimOne(id);
      await bench.loseLeases();
      await expect(bench.reap()).resolves.toEqual([{ id, clientId: CLIENT, claims: n + 1, fate: 'again' }]);
      pauses.push((await bench.row(id)).pause);
    }

    for (const [n, pause] of [0, 1, 3, 7].entries()) expect(pauses[n]).toBeLessThanOrEqual(pause);
    for (const [n, before] of [[2, 1] as const, [3, 3] as const]) expect(pauses[n]).toBeGreaterThan(before);
    await expect(bench.outcomes(id)).resolves.toEqual(['lost', 'lost', 'lost', 'lost']);
  });

  it('ends as crash_loop when it was lost too often in a row', async () => {
    const [id = ''] = await bench.accept({});
    await bench.claimOne(id);
    await bench.loseLeases();
    await bench.reap(2);
    await bench.sql('UPDATE work_items SET run_at = now()');
    await bench.claimOne(id);
    await bench.loseLeases();

    await expect(bench.reap(2)).resolves.toMatchObject([{ id, fate: 'crash_loop' }]);
    await expect(bench.row(id)).resolves.toMatchObject({ state: 'dead', reason: 'crash_loop', losses: 2 });
    await expect(bench.reap(2)).resolves.toEqual([]);
  });

  it('starts the count anew after an attempt that had an end', async () => {
    const [id = ''] = await bench.accept({});
    await bench.claimOne(id);
    await bench.loseLeases();
    await bench.reap(2);
    await bench.sql('UPDATE work_items SET run_at = now()');
    await bench.finish(await bench.claimOne(id), { end: 'retry', afterSeconds: 0, reason: 'busy', result: null });
    await bench.claimOne(id);
    await bench.loseLeases();

    await expect(bench.reap(2)).resolves.toMatchObject([{ id, fate: 'again' }]);
  });

  it('is held where doing it twice would be worse than not', async () => {
    const [id = ''] = await bench.accept({});
    await bench.claimOne(id);
    await bench.loseLeases();

    await expect(bench.reap(5, 'held')).resolves.toMatchObject([{ id, fate: 'held' }]);
    await expect(bench.row(id)).resolves.toMatchObject({ state: 'held', reason: 'unknown' });
    await expect(bench.store.count()).resolves.toMatchObject([{ accepted: 1, held: 1, ready: 0, leased: 0 }]);
  });

  it('stays with its worker while the lease holds', async () => {
    const [id = ''] = await bench.accept({});
    await bench.claimOne(id);

    await expect(bench.reap()).resolves.toEqual([]);
    await expect(bench.row(id)).resolves.toMatchObject({ state: 'leased' });
  });
});

describe('work that nobody got to in its time', () => {
  it('expires, even while it waits for a later try', async () => {
    const [id = ''] = await bench.accept({ expiresAt: new Date(Date.now() + 3_600_000) });
    await bench.finish(await bench.claimOne(id), { end: 'retry', afterSeconds: 9_999, reason: 'busy', result: null });
    await expect(bench.expire()).resolves.toEqual([]);
    await bench.sql(`UPDATE work_items SET expires_at = now()`);

    await expect(bench.expire()).resolves.toEqual([{ id, clientId: CLIENT }]);
    await expect(bench.row(id)).resolves.toMatchObject({ state: 'dead', reason: 'expired' });
    await expect(bench.expire()).resolves.toEqual([]);
  });

  it('is left to the worker that has it in hand', async () => {
    const [id = ''] = await bench.accept({ expiresAt: new Date(Date.now() - 1_000) });
    await bench.claimOne(id);

    await expect(bench.expire()).resolves.toEqual([]);
  });
});

describe('work that is given back', () => {
  it('is anybody’s at once, and the attempt is closed', async () => {
    const [id = ''] = await bench.accept({});
    const claim = await bench.claimOne(id);
    await bench.store.release([claim]);

    await expect(bench.row(id)).resolves.toMatchObject({ state: 'ready', attempts: 0, losses: 0 });
    await expect(bench.outcomes(id)).resolves.toEqual(['released']);
    await expect(bench.finish(claim)).resolves.toEqual(new Set());
    await expect(bench.finish(await bench.claimOne(id))).resolves.toEqual(new Set([id]));
  });

  it('is not taken from whoever leased it after us', async () => {
    const [id = ''] = await bench.accept({});
    const stale = await bench.claimOne(id);
    await bench.loseLeases();
    await bench.reap();
    await bench.claimOne(id);
    await bench.store.release([stale]);

    await expect(bench.row(id)).resolves.toMatchObject({ state: 'leased' });
  });
});

describe('the totals of work', () => {
  it('say in each state what a recount of the rows says', async () => {
    const ids = await bench.accept({}, {}, {}, {}, { expiresAt: new Date(Date.now() - 1_000) }, {});
    const [done = '', dead = '', held = '', lost = ''] = ids;
    await bench.expire();
    await bench.finish(await bench.claimOne(done));
    await bench.finish(await bench.claimOne(dead), { end: 'dead', reason: 'no', result: null });
    await bench.finish(await bench.claimOne(held), { end: 'held', reason: 'who knows', result: null });
    await bench.claimOne(lost);

    const [counted] = await bench.store.count();
    expect(counted).toMatchObject({ kind: KIND, accepted: 6, ...(await bench.states()) });
    expect(counted).toMatchObject({ ready: 1, leased: 1, held: 1, done: 1, dead: 2 });
  });

  it('tell how long the oldest due work of all clients waits', async () => {
    await bench.accept({}, { runAt: new Date(Date.now() + 3_600_000) });
    const other = '99999999-9999-4999-8999-999999999999';
    await bench.acceptDue({ clientId: other, priority: 9 });

    const [{ seconds } = { seconds: 0 }] = await bench.store.oldest([]);

    expect(seconds).toBeGreaterThanOrEqual(10);
    expect(seconds).toBeLessThan(60);
    // Of a suspended client it waits for the client, not for a worker.
    expect((await bench.store.oldest([other]))[0]?.seconds ?? 0).toBeLessThan(10);
  });
});

describe('the cleaning of work', () => {
  /** An id as it was made so many days ago. */
  const idOf = (daysAgo: number, n: number): string => {
    const hex = (Date.now() - daysAgo * 86_400_000).toString(16).padStart(12, '0');
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${String(n).padStart(12, '0')}`;
  };

  async function ended(daysAgo: number, state: 'done' | 'dead', count = 1): Promise<string[]> {
    const ids = Array.from({ length: count }, (_none, n) => idOf(daysAgo, n));
    await bench.accept(...ids.map((id) => ({ id, dedupeKey: id })));
    const claims = await bench.claim(...ids);
    const decision = state === 'done' ? DONE : ({ end: 'dead', reason: 'no', result: null } as const);
    await bench.database.transaction((tx) =>
      bench.store.finish(
        tx,
        KIND,
        claims.map((claim) => ({ claim, decision })),
      ),
    );
    await bench.sql(`UPDATE work_items SET finished_at = now() - make_interval(days => $2) WHERE id = ANY ($1)`, [
      ids,
      daysAgo,
    ]);
    return ids;
  }

  it('removes what ended long ago with its attempts, and nothing that still waits', async () => {
    const [old = ''] = await ended(40, 'done');
    await ended(35, 'dead');
    const [young = ''] = await ended(20, 'done');
    const [waiting = ''] = await bench.accept({ id: idOf(50, 1) });

    await expect(bench.store.prune(30)).resolves.toBe(false);

    const left = await bench.sql<{ id: string }>('SELECT id FROM work_items');
    expect(left.map(({ id }) => id).sort()).toEqual([waiting, young].sort());
    await expect(bench.outcomes(old)).resolves.toEqual([]);
    await expect(bench.store.count()).resolves.toMatchObject([{ accepted: 4, done: 2, dead: 1, ready: 1 }]);
    await expect(
      bench.sql('SELECT sum(removed_done)::integer AS done, sum(removed_dead)::integer AS dead FROM work_totals'),
    ).resolves.toEqual([{ done: 1, dead: 1 }]);
  });

  it('goes batch by batch', async () => {
    await ended(40, 'done', 2_100);

    await expect(bench.store.prune(30)).resolves.toBe(true);
    await expect(bench.store.prune(30)).resolves.toBe(false);
    await expect(bench.sql('SELECT id FROM work_items')).resolves.toEqual([]);
  });
});
