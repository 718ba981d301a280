import { describe, expect, it } from '@jest/globals';
import { MEMBER_ROLES, type MemberRole } from './room-member.entity.js';
import type { RoomSettings, RoomType } from './room.entity.js';
import {
  ACTS_ON,
  directKeyOf,
  DURATION,
  laysDown,
  mayActOn,
  mayInRoom,
  mergedSettings,
  type RoomAct,
  secondsOf,
  slowModeWaitMs,
  WHO_MAY,
} from './rooms.rules.js';

const MEMBERS_DECIDE: Readonly<Record<'post' | 'invite', (type: RoomType, settings: RoomSettings) => boolean>> = {
  post: (type, { openPosting }) => type !== 'channel' || openPosting === true,
  invite: (_type, { membersCanInvite }) => membersCanInvite === true,
};

describe('who may do what', () => {
  const rooms = (['support', 'group', 'direct', 'channel'] as const).flatMap((type) =>
    [{}, { openPosting: true }, { membersCanInvite: true }, { openPosting: false, membersCanInvite: false }].map(
      (settings) => ({ type, settings }),
    ),
  );
  const acts = Object.keys(WHO_MAY) as RoomAct[];
  const cells = acts.flatMap((act) => MEMBER_ROLES.map((role) => ({ act, role })));
  /** The contract in its own words: owner everything, admin all but deleting and changing the owner. */
  const expected = (act: RoomAct, role: MemberRole, type: RoomType, settings: RoomSettings): boolean => {
    if (role === 'owner') return true;
    if (role === 'admin') return act !== 'delete' && act !== 'hand_over';
    return act === 'post' || act === 'invite' ? MEMBERS_DECIDE[act](type, settings) : false;
  };

  it('names every act', () => {
    expect(acts.sort()).toEqual(
      [
        ...[
          'ban',
          'change',
          'change_role',
          'close',
          'delete',
          'delete_message',
          'hand_over',
          'invite',
          'make_admin',
          'pin',
          'post',
        ],
        ...['post_at_will', 'remove_member'],
      ].sort(),
    );
  });

  it.each(cells)('$act by $role', ({ act, role }) => {
    for (const room of rooms)
      expect({ room, may: mayInRoom(act, role, room) }).toEqual({
        room,
        may: expected(act, role, room.type, room.settings),
      });
  });

  it.each([
    ['owner', 'owner', false],
    ['owner', 'admin', true],
    ['owner', 'member', true],
    ['admin', 'owner', false],
    ['admin', 'admin', false],
    ['admin', 'member', true],
    ['member', 'owner', false],
    ['member', 'admin', false],
    ['member', 'member', false],
  ] as const)('%s acts on %s: %s', (actor, target, may) => {
    expect(mayActOn(actor, target)).toBe(may);
    expect(Object.keys(ACTS_ON)).toEqual([...MEMBER_ROLES]);
  });

  it.each([
    ['owner', 'owner', true],
    ['owner', 'admin', true],
    ['owner', 'member', true],
    ['admin', 'owner', false],
    ['admin', 'admin', true],
    ['admin', 'member', true],
    ['member', 'owner', false],
    ['member', 'admin', false],
    ['member', 'member', true],
  ] as const)('%s to %s lays a role down: %s', (before, after, down) => {
    expect(laysDown(before, after)).toBe(down);
  });
});

describe('slow mode', () => {
  const sent = new Date('2026-11-24T09:30:00.000Z');
  const later = (ms: number) => new Date(sent.getTime() + ms);

  it.each([
    ['the first message', { slowModeSeconds: 30 }, null, 0, 0],
    ['the next, at once', { slowModeSeconds: 30 }, sent, 0, 30_000],
    ['the next, a millisecond early', { slowModeSeconds: 30 }, sent, 29_999, 1],
    ['the next, in time', { slowModeSeconds: 30 }, sent, 30_000, 0],
    ['a room without it', {}, sent, 0, 0],
    ['a room that has it at zero', { slowModeSeconds: 0 }, sent, 0, 0],
  ])('makes %s wait as long as it must', (_what, settings, last, afterMs, waitMs) => {
    expect(slowModeWaitMs(settings, last, later(afterMs))).toBe(waitMs);
  });
});

describe('settings', () => {
  it('keep what a change does not name, and lose what it sets to null', () => {
    const before = {
      openPosting: true,
      inactivityDays: 3,
      escalation: { afterSeconds: 5, channels: ['push'] as const },
    };

    expect(mergedSettings(before, { inactivityDays: null, slowModeSeconds: 0 })).toEqual({
      openPosting: true,
      slowModeSeconds: 0,
      escalation: { afterSeconds: 5, channels: ['push'] },
    });
  });
});

describe('a duration', () => {
  it.each([
    ['90s', 90],
    ['45m', 2_700],
    ['36h', 129_600],
    ['7d', 604_800],
    ['0d', 0],
  ])('%s is %i seconds', (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  it.each(['', 'd', '1', '1.5d', '-1d', '1w', '1d ', ' 1d', '123456d', '1d2h'])('%j is none', (text) => {
    expect(DURATION.test(text)).toBe(false);
  });
});

it('names a pair alike whoever asks, and two pairs differently', () => {
  expect(directKeyOf(['ann', 'bob'])).toBe(directKeyOf(['bob', 'ann']));
  expect(directKeyOf(['a,b', 'c'])).not.toBe(directKeyOf(['a', 'b,c']));
});
