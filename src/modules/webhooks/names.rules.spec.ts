import { describe, expect, it } from '@jest/globals';
import { namesOf, renamed } from './names.rules.js';

const ann = { userId: 'Ann"\\é', addresses: ['ann@example.com'] };

describe('somebody is looked for', () => {
  it('in bodies as PostgreSQL writes bytes, in JSON as it writes that', () => {
    expect(namesOf(ann)).toEqual({
      inBodies: [String.raw`"ann\\"\\\\\303\251"`, '=ann%22%5c%c3%a9&', 'ann@example.com', 'ann%40example.com'],
      inJson: [String.raw`"ann\"\\é"`, 'ann@example.com'],
    });
  });
});

it.each([
  ['ann', 'gone'],
  ['annette', 'annette'],
  ["join('', ['ann', payload.x])", "join('', ['gone', payload.x])"],
  ['Ann <ANN@example.com>, ann@Example.com', 'Ann <gone>, gone'],
  [{ $: 'payload.ann' }, { $: 'payload.ann' }],
  [
    [{ senderId: 'ann', n: 1 }, null],
    [{ senderId: 'gone', n: 1 }, null],
  ],
])('rules name another in their place: %j', (rules, without) => {
  expect(renamed<unknown>(rules, { userId: 'ann', addresses: ['ann@example.com'] }, 'gone')).toEqual(without);
});
