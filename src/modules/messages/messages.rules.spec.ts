import { describe, expect, it } from '@jest/globals';
import type { Draft } from './draft.js';
import { contentHashOf, judge, type LockedRoom, type Standing } from './messages.rules.js';

const AT = new Date('2026-01-01T00:00:10.000Z');
const room: LockedRoom = {
  ...{ clientId: 'c', id: 'r', type: 'group', status: 'active', deactivatedReason: null },
  ...{ settings: {}, lastSeq: 4, head: 7 },
};
const said: Omit<Draft, 'contentHash'> = {
  ...{ clientId: 'c', id: 'm', roomId: 'r', senderId: 'ann', byMaster: false, type: 'user', content: 'Hello' },
  ...{ contentType: 'text', attachments: null, replyTo: null, mentions: null, metadata: null, clientMessageId: 'c1' },
  search: '',
  hops: 0,
};
const draft = (change: Partial<Draft> = {}): Draft => ({ ...said, contentHash: contentHashOf(said), ...change });
const standing = (change: Partial<Standing> = {}): Standing => ({
  ...{ room, role: 'member', earlier: null, replyExists: true, lastSentAt: null, at: AT },
  ...change,
});
const asleep: LockedRoom = { ...room, status: 'inactive', deactivatedReason: 'inactivity' };
const closed: LockedRoom = { ...room, status: 'inactive', deactivatedReason: 'manual' };
const channel: LockedRoom = { ...room, type: 'channel' };
const slow: LockedRoom = { ...room, settings: { slowModeSeconds: 30 } };
const earlier = { id: 'first', contentHash: contentHashOf(said) };
const justNow = new Date('2026-01-01T00:00:05.000Z');

function verdict(of: Partial<Draft>, at: Partial<Standing>): string {
  const judged = judge(draft(of), standing(at));
  if (judged.kind === 'refuse') return judged.error.code;
  return judged.kind === 'accept' ? (judged.revives ? 'revives' : 'accept') : `duplicate of ${judged.of}`;
}

describe('a draft', () => {
  it.each<[string, Partial<Draft>, Partial<Standing>, string]>([
    ['of a member', {}, {}, 'accept'],
    ['into no room', {}, { room: null }, 'not_found'],
    ['of a stranger', {}, { role: null }, 'not_found'],
    ['of a stranger whom a master key names', { byMaster: true }, { role: null }, 'accept'],
    ['of a master key into no room', { byMaster: true }, { room: null }, 'not_found'],
    ['of a member into a channel', {}, { room: channel }, 'forbidden'],
    ['of an admin into a channel', {}, { room: channel, role: 'admin' }, 'accept'],
    ['into a channel open to all', {}, { room: { ...channel, settings: { openPosting: true } } }, 'accept'],
    ['of a master key into a channel', { byMaster: true }, { room: channel, role: null }, 'accept'],
    ['into a room that fell asleep', {}, { room: asleep }, 'revives'],
    ['of the system into one', { type: 'system', byMaster: true }, { room: asleep, role: null }, 'accept'],
    ['into a room closed by hand', {}, { room: closed }, 'room_inactive'],
    ['of the system into one', { type: 'system', byMaster: true }, { room: closed, role: null }, 'room_inactive'],
    ['that replies to nothing', { replyTo: 'x' }, { replyExists: false }, 'not_found'],
    ['that was sent before', {}, { earlier }, 'duplicate of first'],
    ['that was sent before the room was closed', {}, { earlier, room: closed }, 'duplicate of first'],
    ['that was sent before posting was restricted', {}, { earlier, room: channel }, 'duplicate of first'],
    ['that was sent before, by one who left', {}, { earlier, role: null }, 'not_found'],
    ['under an id used for something else', { contentHash: Buffer.from('x') }, { earlier }, 'idempotency_mismatch'],
    ['too soon in slow mode', {}, { room: slow, lastSentAt: justNow }, 'slow_mode'],
    ['the first in slow mode', {}, { room: slow }, 'accept'],
    ['too soon, of an admin', {}, { room: slow, role: 'admin', lastSentAt: justNow }, 'accept'],
    ['sent again in slow mode', {}, { room: slow, earlier, lastSentAt: justNow }, 'duplicate of first'],
  ])('%s', (_what, of, at, expected) => {
    expect(verdict(of, at)).toBe(expected);
  });
});

describe('the hash of what was said', () => {
  it.each<Partial<Draft>>([
    { content: 'Other' },
    { content: null },
    { contentType: 'html' },
    { type: 'system' },
    { replyTo: 'x' },
    { mentions: ['bob'] },
    { metadata: { a: 1 } },
    { attachments: [{ url: 'https://a.example', name: 'a', size: 1, mimeType: 'a/b' }] },
  ])('differs with %j', (change) => {
    expect(contentHashOf({ ...said, ...change }).equals(contentHashOf(said))).toBe(false);
  });

  it('is the same for a retry, which has an id and a time of its own', () => {
    expect(contentHashOf({ ...said, id: 'another' }).equals(contentHashOf(said))).toBe(true);
  });
});
