import { describe, expect, it } from '@jest/globals';
import { everyRow, PersonalData, type PersonalDataPart, untilNothingIsLeft } from './personal-data.js';

const part = (stage: PersonalDataPart['stage'], name: string): PersonalDataPart => ({
  stage,
  lists: { [name]: async function* () {} },
  erase: () => Promise.resolve(0),
});

describe('PersonalData', () => {
  it('ends access before content goes, whoever registered first', () => {
    const data = new PersonalData();
    const [rooms, keys, messages] = [part('content', 'rooms'), part('access', 'keys'), part('content', 'messages')];
    for (const one of [rooms, keys, messages]) data.register(one);

    expect(data.parts()).toEqual([keys, rooms, messages]);
  });

  it('refuses a second list of the same name', () => {
    const data = new PersonalData();
    data.register(part('content', 'rooms'));

    expect(() => data.register(part('content', 'rooms'))).toThrow('rooms');
  });
});

describe('untilNothingIsLeft', () => {
  it('goes on after a batch that is not full, and adds up', async () => {
    const batches = [500, 3, 0, 7];
    expect(await untilNothingIsLeft(() => Promise.resolve(batches.shift() ?? 0))).toBe(503);
    expect(batches).toEqual([7]);
  });
});

describe('everyRow', () => {
  it.each([0, 1, 2, 3, 4, 7])('gives each of %i rows once, in order', async (count) => {
    const all = Array.from({ length: count }, (_, n) => n + 1);
    const read = (limit: number, after: number | null) =>
      Promise.resolve(all.filter((n) => n > (after ?? 0)).slice(0, limit));
    const seen: number[] = [];
    for await (const row of everyRow(2, read, (n) => n)) seen.push(row);

    expect(seen).toEqual(all);
  });
});
