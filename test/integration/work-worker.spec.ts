import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Claim } from '../../src/platform/work/index.js';
import { eventually } from '../support/eventually.js';
import { type PrivateServer, startPostgres } from '../support/servers.js';
import { CLIENT, DONE, OTHER_CLIENT, Workbench } from '../support/work.js';

let bench: Workbench;

beforeAll(async () => {
  bench = await Workbench.open();
}, 60_000);
afterAll(() => bench.close());
beforeEach(() => bench.sql('TRUNCATE work_items, work_attempts, work_totals'));
afterEach(async () => {
  jest.restoreAllMocks();
  await bench.stop();
});

const times = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value);

/** Opens when told; what waits at it sees the signal. */
function aGate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

describe('a worker', () => {
  it('does hinted work at once, and says when it has ended', async () => {
    const [id = ''] = await bench.accept({});
    const worker = bench.worker({});
    worker.start();

    await worker.take({ clientId: CLIENT, ids: [id] });

    await expect(bench.row(id)).resolves.toMatchObject({ state: 'done' });
  });

  it('finds work without any hint', async () => {
    bench.worker({}).start();
    const [id = ''] = await bench.accept({});

    await eventually(async () => (await bench.row(id)).state === 'done');
  });

  it('does at once what its hints named beyond its slots', async () => {
    const ids = await bench.accept(...times(40, {}));
    const claimDue = bench.store.claimDue.bind(bench.store);
    // Of the sweeps only those count that leave nothing to hints: they are called for.
    jest
      .spyOn(bench.store, 'claimDue')
      .mockImplementation((kind, room, sweep) =>
        sweep.graceSeconds === 0 ? claimDue(kind, room, sweep) : Promise.resolve([]),
      );
    const worker = bench.worker({}, { slots: 2 });
    worker.start();
    await worker.take({ clientId: CLIENT, ids });

    await eventually(async () => (await bench.states()).done === 40);
  });

  it('gives a slot back whatever is thrown in it', async () => {
    const [first = '', second = ''] = await bench.accept({}, {});
    const worker = bench.worker(
      {
        run: (id) => (id === first ? Promise.reject(new Error('a fault')) : Promise.resolve(DONE)),
        failed: () => {
          throw new Error('and a fault in what a fault means');
        },
      },
      { slots: 1 },
    );
    worker.start();
    await expect(worker.take({ clientId: CLIENT, ids: [first] })).rejects.toThrow('what a fault means');
    await worker.take({ clientId: CLIENT, ids: [second] });

    await expect(bench.row(second)).resolves.toMatchObject({ state: 'done' });
  });

  it('begins other work beside it, in its slot, and leaves what is taken or not due', async () => {
    const [first = '', second = '', taken = ''] = await bench.accept({}, {}, {});
    const [later = ''] = await bench.accept({ afterSeconds: 60 });
    await bench.claimOne(taken);
    let underWay = 0;
    let most = 0;
    const begun: string[][] = [];
    const worker = bench.worker(
      {
        run: async (id, _claim, _signal, beside) => {
          most = Math.max(most, ++underWay);
          if (id === first) {
            const ends = await beside([second, taken, later]);
            begun.push([...ends.keys()]);
            await Promise.all(ends.values());
          }
          underWay--;
          return DONE;
        },
      },
      { slots: 1 },
    );
    worker.start();
    await worker.take({ clientId: CLIENT, ids: [first] });

    expect(begun).toEqual([[second]]);
    expect(most).toBe(2);
    await expect(bench.row(second)).resolves.toMatchObject({ state: 'done', claims: 1 });
    await expect(bench.row(later)).resolves.toMatchObject({ state: 'ready', claims: 0 });
    // The slot came back once.
    const [next = ''] = await bench.accept({});
    await worker.take({ clientId: CLIENT, ids: [next] });
    await expect(bench.row(next)).resolves.toMatchObject({ state: 'done' });
  });

  it('waits at the end of its drain for what is being begun beside', async () => {
    const [first = '', second = ''] = await bench.accept({}, {});
    const [claimed, answer, done] = [aGate(), aGate(), aGate()];
    const claimHinted = bench.store.claimHinted.bind(bench.store);
    const ran: string[] = [];
    const worker = bench.worker({
      run: async (id, _claim, _signal, beside) => {
        ran.push(id);
        if (id === second) await done.opened;
        if (id !== first) return DONE;
        jest.spyOn(bench.store, 'claimHinted').mockImplementation(async (...asked) => {
          const claims = await claimHinted(...asked);
          claimed.open();
          await answer.opened;
          return claims;
        });
        void beside([second]);
        await claimed.opened;
        return DONE;
      },
    });
    worker.start();
    await worker.take({ clientId: CLIENT, ids: [first] });
    let hasStopped = false;
    const stopped = worker.stop(10_000).then(() => (hasStopped = true));
    await bench.row(second);
    answer.open();
    await eventually(() => ran.length === 2);
    const wasFirst = hasStopped;
    done.open();
    await stopped;

    expect(wasFirst).toBe(false);
    await expect(bench.row(second)).resolves.toMatchObject({ state: 'done' });
  });

  it('takes the hint of a client that has little in hand while it is behind with another’s', async () => {
    const backlog = await bench.accept(...times(40, {}));
    const [theirs = ''] = await bench.accept({ clientId: OTHER_CLIENT });
    // No sweep: what is done is done by its hint.
    jest.spyOn(bench.store, 'claimDue').mockResolvedValue([]);
    const gate = aGate();
    const worker = bench.worker(
      { run: (_id, { clientId }) => (clientId === CLIENT ? gate.opened : Promise.resolve()).then(() => DONE) },
      { slots: 10 },
    );
    worker.start();
    void worker.take({ clientId: CLIENT, ids: backlog });
    await eventually(async () => ((await bench.states()).leased ?? 0) > 0);
    await worker.take({ clientId: OTHER_CLIENT, ids: [theirs] });

    await expect(bench.row(theirs)).resolves.toMatchObject({ state: 'done' });
    gate.open();
  });

  it('begins the next while the end of the last waits for its commit', async () => {
    const gate = aGate();
    const runs: string[] = [];
    const worker = bench.worker(
      { run: (id) => Promise.resolve(void runs.push(id)).then(() => DONE), settle: () => gate.opened },
      { slots: 1 },
    );
    worker.start();
    const ids = await bench.accept({}, {});
    await Promise.race([worker.take({ clientId: CLIENT, ids }), eventually(() => runs.length === 2)]);

    expect(runs).toHaveLength(2);
    await expect(bench.states()).resolves.toEqual({ leased: 2 });
    gate.open();
    await eventually(async () => (await bench.states()).done === 2);
  });

  it('does a piece once when its hint comes twice and the sweep finds it too', async () => {
    const ids = await bench.acceptDue(...times(30, {}));
    const runs: string[] = [];
    const workers = [1, 2, 3].map(() =>
      bench.worker({
        run: (id) => {
          runs.push(id);
          return Promise.resolve(DONE);
        },
      }),
    );
    workers.forEach((worker) => worker.start());
    await Promise.all(workers.flatMap((worker) => ids.map((id) => worker.take({ clientId: CLIENT, ids: [id] }))));
    await eventually(async () => (await bench.states()).done === 30);

    expect(runs.sort()).toEqual([...ids].sort());
  });

  it('ends work that is about nothing any more as gone', async () => {
    bench.worker({ load: () => Promise.resolve(new Map()) }).start();
    const [id = ''] = await bench.accept({});

    await eventually(async () => (await bench.row(id)).state === 'dead');
    await expect(bench.row(id)).resolves.toMatchObject({ reason: 'gone' });
  });

  it('gives back what it could not read', async () => {
    let reads = 0;
    const load = (claims: readonly Claim[]) =>
      ++reads === 1 ? Promise.reject(new Error('away')) : Promise.resolve(new Map(claims.map(({ id }) => [id, id])));
    bench.worker({ load }).start();
    const [id = ''] = await bench.accept({});

    await eventually(async () => (await bench.row(id)).state === 'done');
    await expect(bench.outcomes(id)).resolves.toEqual(['released', 'done']);
  });

  it('cuts a run at half its lease', async () => {
    const [id = ''] = await bench.accept({});
    const cut: number[] = [];
    const worker = bench.worker(
      {
        run: (_id, _claim, signal) => {
          const begun = performance.now();
          return new Promise((resolve) =>
            signal.addEventListener('abort', () => {
              cut.push(performance.now() - begun);
              resolve({ end: 'retry', afterSeconds: 60, reason: 'slow', result: null });
            }),
          );
        },
      },
      { leaseSeconds: 6 },
    );
    worker.start();
    await worker.take({ clientId: CLIENT, ids: [id] });

    await expect(bench.row(id)).resolves.toMatchObject({ state: 'ready', reason: 'slow', attempts: 1 });
    expect(cut[0]).toBeGreaterThan(2_900);
    expect(cut[0]).toBeLessThan(5_900);
  });

  it('settles in the transaction that writes the end: neither without the other', async () => {
    let settlements = 0;
    const worker = bench.worker({
      settle: () => (++settlements === 1 ? Promise.reject(new Error('a passing fault')) : Promise.resolve()),
    });
    worker.start();
    const [id = ''] = await bench.accept({});
    await worker.take({ clientId: CLIENT, ids: [id] });

    expect(settlements).toBe(2);
    await expect(bench.row(id)).resolves.toMatchObject({ state: 'done', attempts: 1 });
  });

  it('takes over from one that died, when its lease is over', async () => {
    const [id = ''] = await bench.accept({});
    await bench.claimOne(id);
    const fates: string[] = [];
    bench.worker({ lost: (_tx, lost) => Promise.resolve(void fates.push(...lost.map(({ fate }) => fate))) }).start();
    await bench.loseLeases();

    await eventually(async () => (await bench.row(id)).state === 'done');
    expect(fates).toEqual(['again']);
  });

  it('lets nobody’s hanging work keep another client waiting', async () => {
    const gate = aGate();
    const running = new Map<string, number>();
    const worker = bench.worker({
      run: async (_id, { clientId }) => {
        running.set(clientId, (running.get(clientId) ?? 0) + 1);
        if (clientId === CLIENT) await gate.opened;
        return DONE;
      },
    });
    await bench.acceptDue(...times(50, {}));
    worker.start();
    await eventually(() => (running.get(CLIENT) ?? 0) >= 8);

    const [other = ''] = await bench.accept({ clientId: OTHER_CLIENT });
    await eventually(async () => (await bench.row(other)).state === 'done');

    expect(running.get(CLIENT)).toBe(8);
    gate.open();
    await eventually(async () => (await bench.states()).done === 51);
  });
});

describe('a worker that stops', () => {
  it('lets what it has in hand end, and takes nothing new', async () => {
    const gate = aGate();
    const worker = bench.worker({ run: () => gate.opened.then(() => DONE) });
    const [inHand = ''] = await bench.accept({});
    worker.start();
    void worker.take({ clientId: CLIENT, ids: [inHand] });
    await eventually(async () => (await bench.row(inHand)).state === 'leased');

    const stopped = worker.stop(10_000);
    const [late = ''] = await bench.accept({});
    await worker.take({ clientId: CLIENT, ids: [late] });
    gate.open();
    await stopped;

    await expect(bench.row(inHand)).resolves.toMatchObject({ state: 'done' });
    await expect(bench.row(late)).resolves.toMatchObject({ state: 'ready' });
  });

  it('gives back what did not end in time, and cuts it off', async () => {
    let wasCut = false;
    const worker = bench.worker({
      run: (_id, _claim, signal) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            wasCut = true;
            resolve(DONE);
          }),
        ),
    });
    const [id = ''] = await bench.accept({});
    worker.start();
    void worker.take({ clientId: CLIENT, ids: [id] });
    await eventually(async () => (await bench.row(id)).state === 'leased');

    await worker.stop(50);

    expect(wasCut).toBe(true);
    await expect(bench.row(id)).resolves.toMatchObject({ state: 'ready', attempts: 0, losses: 0 });
  });

  it('keeps the lease on what may not be done twice', async () => {
    const worker = bench.worker({
      whenLost: 'held',
      run: (_id, _claim, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut')))),
      failed: () => ({ end: 'held', reason: 'unknown', result: null }),
    });
    const [id = ''] = await bench.accept({});
    worker.start();
    void worker.take({ clientId: CLIENT, ids: [id] });
    await eventually(async () => (await bench.row(id)).state === 'leased');

    await worker.stop(50);

    expect(['leased', 'held']).toContain((await bench.row(id)).state);
  });
});

describe('while PostgreSQL is away', () => {
  let server: PrivateServer | undefined;
  afterEach(() => server?.remove());

  it('the end of work waits in memory, and is written when it is back', async () => {
    server = await startPostgres();
    const own = await Workbench.open(server.url);
    const gate = aGate();
    let runs = 0;
    const worker = own.worker({
      run: async () => {
        runs++;
        await gate.opened;
        return DONE;
      },
    });
    const [id = ''] = await own.accept({});
    worker.start();
    const taken = worker.take({ clientId: CLIENT, ids: [id] });
    await eventually(async () => (await own.row(id)).state === 'leased');

    await server.kill();
    gate.open();
    await server.start();
    await taken;

    await expect(own.row(id)).resolves.toMatchObject({ state: 'done', claims: 1 });
    expect(runs).toBe(1);
    await own.close();
  }, 60_000);
});
