import { expect, it } from '@jest/globals';
import { Unavailable } from '../errors/index.js';
import { eachInTurn } from './each-in-turn.js';

async function outcomeOf(faults: readonly (Error | null)[]): Promise<{ seen: number; thrown: unknown }> {
  let seen = 0;
  const thrown: unknown = await eachInTurn(faults, (fault) => {
    seen++;
    return fault ? Promise.reject(fault) : Promise.resolve();
  }).catch((error: unknown) => error);
  return { seen, thrown };
}

it('one that fails does not keep those after it, and all that failed is told', async () => {
  const [first, second] = [new Error('first'), new Error('second')];
  const { seen, thrown } = await outcomeOf([first, null, second, null]);

  expect(seen).toBe(4);
  expect(thrown).toMatchObject({ message: '2 of 4 failed', errors: [first, second], cause: first });
});

it('an outage is told as one, unless something else failed besides', async () => {
  const [outage, fault] = [new Unavailable(), new Error('a fault')];

  expect((await outcomeOf([outage, null, new Unavailable()])).thrown).toBe(outage);
  expect((await outcomeOf([outage, fault])).thrown).toMatchObject({ message: '2 of 2 failed', cause: fault });
  expect(await outcomeOf([null])).toEqual({ seen: 1, thrown: undefined });
});
