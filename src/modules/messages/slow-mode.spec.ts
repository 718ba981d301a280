import { describe, expect, it } from '@jest/globals';
import { DomainError } from '../../platform/errors/index.js';
import { Batch } from './batch.js';
import type { Draft } from './draft.js';
import type { LockedRoom } from './messages.rules.js';
import type { StandingRow } from './messages.repository.js';

const ENOUGH = { take: () => null };
const at = new Date('2026-11-24T09:30:00.000Z');
const ago = (ms: number) => new Date(at.getTime() - ms);

const room = (id: string, slowModeSeconds = 30): LockedRoom => ({
  clientId: 'client',
  id,
  type: 'group',
  status: 'active',
  deactivatedReason: null,
  settings: { slowModeSeconds },
  lastSeq: 7,
  head: 9,
});

const draft = (wish: Partial<Draft> = {}): Draft => ({
  clientId: 'client',
  id: 'message',
  roomId: 'r1',
  senderId: 'bob',
  byMaster: false,
  type: 'user',
  content: 'Hello',
  contentType: 'text',
  attachments: null,
  replyTo: null,
  mentions: null,
  metadata: null,
  clientMessageId: null,
  contentHash: null,
  search: '',
  hops: 0,
  ...wish,
});

const standing = (wish: Partial<StandingRow> = {}): StandingRow => ({
  role: 'member',
  lastSentAt: null,
  earlierId: null,
  earlierHash: null,
  replyExists: true,
  at,
  ...wish,
});

/** The seq that each draft got, or the code it was refused with. */
function outcomes(drafts: Draft[], standings: StandingRow[], rooms = [room('r1'), room('r2')]) {
  return new Batch(drafts, { locked: rooms, standings, allowance: ENOUGH }).results.map((result) => {
    if (result instanceof DomainError) return result.code;
    return 'numbered' in result ? result.numbered.seq : `repeats ${result.of}`;
  });
}

describe('slow mode in one transaction', () => {
  it('refuses a member’s second message, which takes no number', () => {
    const drafts = [draft(), draft(), draft({ senderId: 'carol' })];

    expect(
      outcomes(
        drafts,
        drafts.map(() => standing()),
      ),
    ).toEqual([8, 'slow_mode', 9]);
  });

  it('counts each room for itself', () => {
    const drafts = [draft(), draft({ roomId: 'r2' })];

    expect(
      outcomes(
        drafts,
        drafts.map(() => standing()),
      ),
    ).toEqual([8, 8]);
  });

  it('says how long to wait, in whole seconds', () => {
    const [refused] = new Batch([draft()], {
      locked: [room('r1')],
      standings: [standing({ lastSentAt: ago(28_500) })],
      allowance: ENOUGH,
    }).results;

    expect(refused).toMatchObject({ code: 'slow_mode', kind: 'rate_limited', details: { retryAfterSeconds: 2 } });
  });

  it('answers a repeat of an accepted message with it', () => {
    const contentHash = Buffer.from('same');
    const again = draft({ clientMessageId: 'c1', contentHash });
    const stored = standing({ lastSentAt: ago(1), earlierId: 'first', earlierHash: contentHash });

    expect(outcomes([again], [stored])).toEqual(['repeats first']);
    expect(outcomes([again, again], [standing(), standing()])).toEqual([8, 8]);
  });

  it.each([
    ['the owner', standing({ role: 'owner', lastSentAt: ago(1) }), {}],
    ['an admin', standing({ role: 'admin', lastSentAt: ago(1) }), {}],
    ['a master key, as a member', standing({ lastSentAt: ago(1) }), { byMaster: true }],
    ['a master key, as a stranger', standing({ role: null }), { byMaster: true }],
    ['a system message', standing({ role: null }), { byMaster: true, senderId: null, type: 'system' as const }],
  ])('is not for %s', (_who, standingOf, wish) => {
    expect(outcomes([draft(wish), draft(wish)], [standingOf, standingOf])).toEqual([8, 9]);
  });

  it('is over when its time is', () => {
    expect(outcomes([draft()], [standing({ lastSentAt: ago(30_000) })])).toEqual([8]);
    expect(outcomes([draft()], [standing({ lastSentAt: ago(29_999) })])).toEqual(['slow_mode']);
  });
});
