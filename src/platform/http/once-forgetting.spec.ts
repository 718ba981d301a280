import { describe, expect, it } from '@jest/globals';
import { isCallOf, renamed } from './once-forgetting.js';

describe('isCallOf', () => {
  it.each([
    ['POST /api/v1/messages ann', 'ann', true],
    ['POST /api/v1/messages big ann', 'big ann', true],
    ['POST /api/v1/messages big ann', 'ann', false],
    ['POST /api/v1/messages ', 'ann', false],
    ['POST /api/v1/users/ann/devices ', 'ann', true],
    ['POST /api/v1/users/a%2Fb/devices bob', 'a/b', true],
    ['POST /api/v1/users/annie/devices ', 'ann', false],
    ['POST /api/v1/rooms/ann/members ', 'ann', false],
    ['POST /api/v1/users/%/devices ', 'ann', false],
  ])('%j is a call of %j: %j', (scope, userId, is) => {
    expect(isCallOf(scope, userId)).toBe(is);
  });
});

describe('renamed', () => {
  it('replaces whole texts only, at any depth', () => {
    const answer = { senderId: 'ann', to: [{ recipient: 'Ann@Example.com' }, 'announcement'], seq: 1, at: null };

    expect(renamed(answer, ['ann', 'ann@example.com'], 'erased-1')).toEqual({
      senderId: 'erased-1',
      to: [{ recipient: 'erased-1' }, 'announcement'],
      seq: 1,
      at: null,
    });
  });
});
