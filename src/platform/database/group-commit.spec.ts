import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Unavailable } from '../errors/index.js';
import { GroupCommit, type GroupCommitOptions } from './group-commit.js';

type Options = Partial<GroupCommitOptions<number, number>>;

/** A store that keeps what was written, batch by batch, and answers the double of each. */
function aStore(options: Options = {}) {
  const batches: number[][] = [];
  const commits = new GroupCommit<number, number>({
    ...{ lanes: 1, laneOf: () => 0, maxBatch: 100, maxWaiting: 1_000 },
    write: async (batch) => {
      await turn();
      batches.push([...batch]);
      return batch.map((item) => item * 2);
    },
    ...options,
  });
  return { batches, commits };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

describe('a group commit', () => {
  it('writes what one turn brings together, and what comes meanwhile with the next', async () => {
    const { batches, commits } = aStore();

    const first = upTo(3).map((item) => commits.append(item));
    await turn();
    const second = [4, 5].map((item) => commits.append(item));

    expect(await Promise.all([...first, ...second])).toEqual([2, 4, 6, 8, 10]);
    expect(batches).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('keeps the order of a lane over all its batches, and writes no batch larger than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(99), { maxLength: 80 }),
        fc.integer({ min: 1, max: 9 }),
        async (items, maxBatch) => {
          const { batches, commits } = aStore({ lanes: 3, laneOf: (item) => item, maxBatch });

          const answers = await Promise.all(items.map((item) => commits.append(item)));

          expect(answers).toEqual(items.map((item) => item * 2));
          expect(batches.every((batch) => batch.length <= maxBatch)).toBe(true);
          for (const lane of [0, 1, 2]) {
            const inLane = (item: number) => item % 3 === lane;
            expect(batches.flat().filter(inLane)).toEqual(items.filter(inLane));
          }
        },
      ),
    );
  });

  it('has one batch of a lane in the air at a time, and as many as there are lanes', async () => {
    let inTheAir = 0;
    let most = 0;
    const write = async (batch: readonly number[]) => {
      most = Math.max(most, ++inTheAir);
      await turn();
      inTheAir--;
      return [...batch];
    };
    const { commits } = aStore({ lanes: 2, laneOf: (item) => item, maxBatch: 1, write });

    await Promise.all(upTo(20).map((item) => commits.append(item)));

    expect(most).toBe(2);
  });

  it('does not let one bad row fail its neighbours', async () => {
    const stored: number[] = [];
    const write = async (batch: readonly number[]) => {
      await turn();
      if (batch.includes(13)) throw new Error('13 cannot be stored');
      stored.push(...batch);
      return [...batch];
    };
    const { commits } = aStore({ write });

    const ends = await Promise.allSettled([11, 12, 13, 14, 15].map((item) => commits.append(item)));

    expect(ends.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    ]);
    expect(stored).toEqual([11, 12, 14, 15]);
  });

  it('does not try row by row what is out of reach', async () => {
    let tries = 0;
    const write = () => {
      tries++;
      return Promise.reject(new Unavailable());
    };
    const { commits } = aStore({ write });

    const ends = await Promise.allSettled(upTo(50).map((item) => commits.append(item)));

    expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
    expect(tries).toBe(1);
  });

  it('refuses with 503 what is over its bound, and takes more once there is room', async () => {
    const { commits } = aStore({ maxWaiting: 3 });

    const ends = await Promise.allSettled(upTo(5).map((item) => commits.append(item)));

    expect(ends.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'],
    ]);
    expect(ends[4]).toMatchObject({ reason: { code: 'unavailable', status: 503 } });
    await expect(commits.append(6)).resolves.toBe(12);
  });

  it('gives room again after a failure', async () => {
    let isDown = true;
    const write = (batch: readonly number[]) =>
      isDown ? Promise.reject(new Unavailable()) : Promise.resolve([...batch]);
    const { commits } = aStore({ maxWaiting: 2, write });

    await Promise.allSettled([commits.append(1), commits.append(2)]);
    isDown = false;

    await expect(Promise.all([commits.append(3), commits.append(4)])).resolves.toEqual([3, 4]);
  });
});
