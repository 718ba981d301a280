import { describe, expect, it } from '@jest/globals';
import { Attendance } from './attendance.js';
import type { Census } from './census.js';
import type { CensusStore } from './census.store.js';

const HERE = new Set(['ann', 'eve', 'user-501', 'user-1000']);
const look = (_clientId: string, userIds: readonly string[]) =>
  Promise.resolve(userIds.map((id) => (HERE.has(id) ? 'offline' : ''))); // who hides says `offline`
const away = () => Promise.reject(new Error('Redis is away.'));
const aStore = (answers: CensusStore['look']) => ({ look: answers }) as unknown as CensusStore;

describe('who is here', () => {
  it('is asked of Redis, in parts, and includes those who hide', async () => {
    const asked: number[] = [];
    const store = aStore((clientId, userIds) => (asked.push(userIds.length), look(clientId, userIds)));
    const userIds = Array.from({ length: 1_001 }, (_none, n) => `user-${n}`);

    expect(await new Attendance(store).here('a client', userIds)).toEqual(new Set(['user-501', 'user-1000']));
    expect(asked).toEqual([500, 500, 1]);
  });

  it('is nobody for a worker while Redis is away: better told twice than not at all', async () => {
    expect(await new Attendance(aStore(away)).here('a client', ['ann'])).toEqual(new Set());
  });

  it('is what the node’s own census says, which knows its sockets without Redis', async () => {
    const census = { look } as unknown as Census;

    expect(await new Attendance(aStore(away), census).here('a client', ['ann', 'bob'])).toEqual(new Set(['ann']));
  });
});
