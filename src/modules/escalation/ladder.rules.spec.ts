import { describe, expect, it } from '@jest/globals';
import { channelsLeft, dueAt, type Ladder, lookAgainAt, type Missing, waitsUntil } from './ladder.rules.js';

const at = (seconds: number): Date => new Date(Date.UTC(2026, 10, 24) + seconds * 1_000);
const policy = { afterSeconds: 300, channels: ['push', 'email', 'sms'] };
const missing = (unreadAt: number, ladder: Ladder | null = null): Missing => ({
  userId: 'bob',
  unread: { seq: 7, at: at(unreadAt) },
  ladder,
});
const told = (seconds: number, more: Partial<Ladder> = {}): Ladder => ({
  ...{ fromSeq: 7, at: at(seconds), channels: ['push'], hasFailed: false },
  ...more,
});

describe('a step is due', () => {
  it.each<[string, Missing, number]>([
    ['the first the time after the message', missing(0), 300],
    ['the next the time after the last', missing(0, told(300)), 600],
    ['the next at once when the last came to nothing', missing(0, told(300, { hasFailed: true })), 300],
  ])('%s', (_what, member, seconds) => {
    expect(dueAt(member, policy)).toEqual(at(seconds));
  });
});

describe('the channels left', () => {
  it.each<[string, Ladder | null, string[]]>([
    ['are all at first', null, ['push', 'email', 'sms']],
    ['are those after the last tried', told(0), ['email', 'sms']],
    ['never go back to one that was passed over', told(0, { channels: ['email'] }), ['sms']],
    ['are none at the end', told(0, { channels: ['sms', 'push'] }), []],
    ['are all when the one that was tried is not wanted any more', told(0, { channels: ['fax'] }), policy.channels],
  ])('%s', (_what, ladder, left) => {
    expect(channelsLeft(policy, ladder)).toEqual(left);
  });
});

describe('a look at what has not changed', () => {
  it.each([
    ['soon at first', 0, 10],
    ['after a quarter of the time', 400, 100],
    ['an hour later at most', 86_400, 3_600],
  ])('comes %s', (_what, waited, pause) => {
    expect(lookAgainAt(at(0), at(waited))).toEqual(at(waited + pause));
  });

  it.each<[string, Missing, number, number]>([
    ['when the message is due', missing(0), 100, 300],
    ['again, when it is due and the member is here', missing(0), 400, 500],
    ['before the next step is due, for the last may fail', missing(0, told(300)), 340, 350],
    ['when the next step is due, at the latest', missing(0, told(300)), 595, 600],
    ['again, when the next step is due and the member is here', missing(0, told(300)), 700, 800],
  ])('comes %s', (_what, member, now, then) => {
    expect(waitsUntil(member, policy, at(now))).toEqual(at(then));
  });
});
