import { expect, it } from '@jest/globals';
import { groupingOf } from './groups.rules.js';

it.each<[string | undefined, object | null]>([
  [undefined, { kind: 'delivery', by: [], parts: [] }],
  ['channel', { kind: 'delivery', by: ['channel'], parts: [0] }],
  ['category,status,category', { kind: 'delivery', by: ['category', 'status'], parts: [3, 2] }],
  ['tag', { kind: 'tag', by: ['tag'], parts: [0] }],
  ['status,tag', { kind: 'tag', by: ['status', 'tag'], parts: [1, 0] }],
  ['tag,channel', null],
])('%s', (groupBy, grouping) => {
  expect(groupingOf(groupBy)).toEqual(grouping);
});
