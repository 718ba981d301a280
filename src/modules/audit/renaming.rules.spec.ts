import { describe, expect, it } from '@jest/globals';
import { forgotten } from './renaming.rules.js';

const ANN = { userId: 'ann', names: ['ann', 'Ann Lee', 'ann@example.com'], pseudonym: 'erased-1' };
const A_ROW = { resourceType: 'room', resourceId: 'r1', userId: null, before: null, after: null };

describe('a row of the trail without a person', () => {
  it.each([
    ['that they did', { ...A_ROW, userId: 'ann' }, { ...A_ROW, userId: 'erased-1' }],
    [
      'about them has nothing more to say',
      { ...A_ROW, resourceType: 'user', resourceId: 'ann', after: { locale: 'de' } },
      { ...A_ROW, resourceType: 'user', resourceId: 'erased-1' },
    ],
    [
      'about a key of theirs has nothing more to say',
      { ...A_ROW, resourceType: 'key', resourceId: 'k1', after: { name: 'for Ann', userId: 'ann' } },
      { ...A_ROW, resourceType: 'key', resourceId: 'k1' },
    ],
    [
      'that names them within names another in their place',
      { ...A_ROW, before: { to: ['bob', 'ANN@example.com'] }, after: { to: ['bob'], n: 1, who: { id: 'ann' } } },
      { ...A_ROW, before: { to: ['bob', 'erased-1'] }, after: { to: ['bob'], n: 1, who: { id: 'erased-1' } } },
    ],
    [
      'that has their name only in a longer word stays',
      { ...A_ROW, after: { name: 'annual' } },
      { ...A_ROW, after: { name: 'annual' } },
    ],
  ])('%s', (_what, row, expected) => {
    expect(forgotten(row, ANN)).toEqual(expected);
  });
});
