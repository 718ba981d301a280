import { describe, expect, it } from '@jest/globals';
import { DomainError } from '../../platform/errors/index.js';
import { Allowance } from '../quotas/index.js';
import { Batch, type BatchResult } from './batch.js';
import type { Draft } from './draft.js';
import { contentHashOf, type LockedRoom } from './messages.rules.js';
import type { StandingRow } from './messages.repository.js';

const AT = new Date('2026-01-01T00:00:00.000Z');
const room = (id: string, change: Partial<LockedRoom> = {}): LockedRoom => ({
  ...{ clientId: 'c', id, type: 'group', status: 'active', deactivatedReason: null },
  ...{ settings: {}, lastSeq: 10, head: 20 },
  ...change,
});
function draft(roomId: string, content: string, change: Partial<Draft> = {}): Draft {
  const said = {
    ...{ clientId: 'c', id: `${roomId}-${content}`, roomId, senderId: 'ann', byMaster: false, type: 'user' as const },
    ...{ content, contentType: 'text', attachments: null, replyTo: null, mentions: null, metadata: null },
    ...{ clientMessageId: null, search: '', hops: 0, ...change },
  };
  return { ...said, contentHash: said.clientMessageId === null ? null : contentHashOf(said) };
}
const standing = (change: Partial<StandingRow> = {}): StandingRow => ({
  ...{ role: 'member', lastSentAt: null, earlierId: null, earlierHash: null, replyExists: true, at: AT },
  ...change,
});
const ENOUGH: Pick<Allowance, 'take'> = { take: () => null };
const batchOf = (drafts: Draft[], rooms: LockedRoom[], standings = drafts.map(() => standing()), allowance = ENOUGH) =>
  new Batch(drafts, { locked: rooms, standings, allowance });

function told(result: BatchResult): unknown {
  if (result instanceof DomainError) return result.code;
  return 'of' in result ? `of ${result.of}` : [result.numbered.seq, result.numbered.offset, result.duplicate];
}

describe('the drafts of one transaction', () => {
  it('take the next numbers of their rooms, in their order', () => {
    const batch = batchOf(
      [draft('a', '1'), draft('b', '1'), draft('a', '2')],
      [room('a'), room('b', { lastSeq: 0, head: 1 })],
    );

    expect(batch.results.map(told)).toEqual([
      [11, 21, false],
      [1, 2, false],
      [12, 22, false],
    ]);
    expect(batch.moves).toMatchObject([
      { roomId: 'a', lastSeq: 12, head: 22, used: true, revived: false },
      { roomId: 'b', lastSeq: 1, head: 2 },
    ]);
  });

  it('spend no number on what is refused', () => {
    const drafts = [draft('a', '1'), draft('a', '2'), draft('nowhere', '3'), draft('a', '4')];
    const standings = [standing(), standing({ role: null }), standing(), standing()];

    const batch = batchOf(drafts, [room('a')], standings);

    expect(batch.results.map(told)).toEqual([[11, 21, false], 'not_found', 'not_found', [12, 22, false]]);
    expect(batch.messages).toHaveLength(2);
  });

  it('move no room when nothing is written into it', () => {
    expect(batchOf([draft('a', '1')], [room('a')], [standing({ role: null })]).moves).toEqual([]);
  });

  it('are one message when they are twins, and refused when they only share the id', () => {
    const drafts = ['Once', 'Once', 'Other'].map((content) => draft('a', content, { clientMessageId: 'c1' }));

    const batch = batchOf(drafts, [room('a')]);

    expect(batch.results.map(told)).toEqual([[11, 21, false], [11, 21, true], 'idempotency_mismatch']);
    expect(batch.messages).toHaveLength(1);
  });

  it('are no twins of another sender’s, nor of another room’s', () => {
    const same = { clientMessageId: 'c1' };
    const drafts = [draft('a', 'x', same), draft('a', 'x', { ...same, senderId: 'bob' }), draft('b', 'x', same)];

    expect(batchOf(drafts, [room('a'), room('b')]).messages).toHaveLength(3);
  });

  it('point to the stored message they repeat', () => {
    const again = draft('a', 'x', { clientMessageId: 'c1' });

    const batch = batchOf([again], [room('a')], [standing({ earlierId: 'first', earlierHash: again.contentHash })]);

    expect(batch.results.map(told)).toEqual(['of first']);
    expect(batch.earlierIds).toEqual(new Map([['c', ['first']]]));
  });

  it('wake a room once: its event comes before the first of them', () => {
    const asleep = room('a', { status: 'inactive', deactivatedReason: 'inactivity' });

    const batch = batchOf([draft('a', '1'), draft('a', '2')], [asleep]);

    expect(batch.revivals).toEqual([{ clientId: 'c', roomId: 'a', offset: 21, lastSeq: 10, hops: 0 }]);
    expect(batch.results.map(told)).toEqual([
      [11, 22, false],
      [12, 23, false],
    ]);
    expect(batch.moves).toMatchObject([{ lastSeq: 12, head: 23, revived: true }]);
  });

  it('of the system neither wake a room nor count as its use', () => {
    const asleep = room('a', { status: 'inactive', deactivatedReason: 'inactivity' });
    const notice = draft('a', '1', { type: 'system', senderId: null, byMaster: true });

    const batch = batchOf([notice], [asleep], [standing({ role: null })]);

    expect(batch.revivals).toEqual([]);
    expect(batch.moves).toMatchObject([{ lastSeq: 11, head: 21, used: false, revived: false }]);
  });

  it('keep rooms of the same id apart by client', () => {
    const mine = draft('a', '1');
    const theirs = { ...draft('a', '1'), clientId: 'other' };

    const batch = batchOf([mine, theirs], [room('a'), room('a', { clientId: 'other', lastSeq: 0, head: 1 })]);

    expect(batch.results.map(told)).toEqual([
      [11, 21, false],
      [1, 2, false],
    ]);
  });

  it('spend a quota on what is written alone: a client without room is refused by itself', () => {
    const used = { what: 'messages', period: 'day', beganAt: 0, used: 8, told: 0 } as const;
    const limited = new Map([['c', [{ what: 'messages', period: 'day', limit: 10 } as const]]]);
    const allowance = new Allowance(limited, [{ clientId: 'c', ...used }], 10);
    const same = { clientMessageId: 'same' };
    const drafts = [
      ...[draft('a', '1', same), draft('a', '1', same), draft('nowhere', '2'), draft('a', '3'), draft('a', '4')],
      ...[draft('a', '1', same), { ...draft('a', '1'), clientId: 'other' }],
    ];

    const batch = batchOf(drafts, [room('a'), room('a', { clientId: 'other' })], undefined, allowance);

    expect(batch.results.map(told)).toEqual([
      ...[[11, 21, false], [11, 21, true], 'not_found', [12, 22, false], 'quota_exceeded', [11, 21, true]],
      [11, 21, false],
    ]);
    expect(allowance.changed).toMatchObject([{ used: 10 }]);
  });
});
