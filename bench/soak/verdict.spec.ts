import { describe, expect, it } from '@jest/globals';
import type { Entry } from './room-log.js';
import { type Evidence, type Said, verdictOn } from './verdict.js';

const ROOM = 'room';
const CREATED: Entry = { offset: 1, ev: 'room.created', id: null, clientMessageId: null };

/** The n-th message of the room, said by ann or bob in turn. */
function said(n: number): Said {
  const clientMessageId = `${n % 2 ? 'ann' : 'bob'} ${Math.ceil(n / 2)}`;
  return { clientMessageId, roomId: ROOM, id: `m${n}`, seq: n, offset: n + 1 };
}

const entry = ({ offset, id, clientMessageId }: Said): Entry => ({
  offset,
  ev: 'message.created',
  id,
  clientMessageId,
});
const MESSAGES = [1, 2, 3, 4].map(said);
const FEED: readonly Entry[] = [CREATED, ...MESSAGES.map(entry)];

/** What there is when all went well, but for what a test changes. */
function evidence({
  acknowledged = MESSAGES,
  stored = MESSAGES,
  feed = FEED,
  ann = FEED,
  bob = FEED,
}: Partial<Pick<Evidence, 'acknowledged' | 'stored'>> & Partial<Record<'feed' | 'ann' | 'bob', readonly Entry[]>>) {
  const logs = Object.entries({ ann, bob }).map(([userId, entries]) => ({ userId, roomId: ROOM, entries }));
  return { acknowledged, stored, feeds: new Map([[ROOM, feed]]), logs };
}

const without = <T>(list: readonly T[], at: number): T[] => list.filter((_item, n) => n !== at);
/** The same under new offsets, as if nothing had happened. */
const renumbered = (list: readonly Entry[]): Entry[] => list.map((one, n) => ({ ...one, offset: n + 1 }));
const swapped = <T>(list: readonly T[], at: number): T[] => list.with(at, list[at + 1]!).with(at + 1, list[at]!);

it('finds no fault where there is none', () => {
  expect(verdictOn(evidence({}))).toEqual({ lost: [], doubled: [], disordered: [] });
});

describe('finds lost', () => {
  it('what was acknowledged and is not stored', () => {
    const { lost } = verdictOn(
      evidence({ stored: without(MESSAGES, 3), feed: FEED.slice(0, 4), ann: FEED.slice(0, 4), bob: FEED.slice(0, 4) }),
    );

    expect(lost).toEqual(['"bob 2" (m4) was acknowledged and is not stored.']);
  });

  it('what is stored and not in the feed', () => {
    const { lost } = verdictOn(evidence({ feed: FEED.slice(0, 4) }));

    expect(lost).toEqual(['The feed of room lacks "bob 2" (m4).']);
  });

  it('all of a room that has no feed', () => {
    const { lost } = verdictOn({ ...evidence({}), feeds: new Map() });

    expect(lost).toHaveLength(4);
  });

  it('what one member has not heard, at the end or, numbers closed up, in the middle', () => {
    const { lost } = verdictOn(evidence({ ann: FEED.slice(0, 4), bob: renumbered(without(FEED, 2)) }));

    expect(lost).toEqual(['ann in room lacks "bob 2" (m4).', 'bob in room lacks "bob 1" (m2).']);
  });
});

describe('finds doubled', () => {
  it('what is stored twice under one clientMessageId', () => {
    const twice = { ...said(5), clientMessageId: 'ann 1' };

    const { doubled } = verdictOn(evidence({ stored: [...MESSAGES, twice] }));

    expect(doubled).toEqual(['ann 1 is stored 2 times.']);
  });

  it('what a feed or a member has twice, under whatever offset', () => {
    const again = [...FEED, { ...FEED[2]!, offset: 6 }];

    expect(verdictOn(evidence({ feed: again })).doubled).toEqual(['The feed of room has m2 2 times.']);
    expect(verdictOn(evidence({ bob: again })).doubled).toEqual(['bob in room has m2 2 times.']);
  });
});

describe('finds disordered', () => {
  it.each([
    ['a swap', swapped(FEED, 2), 'offset 4 where 3 belongs'],
    ['a gap', without(FEED, 2), 'offset 4 where 3 belongs'],
    ['a beginning that is missing', FEED.slice(1), 'offset 2 where 1 belongs'],
    ['an offset that comes twice', [...FEED, FEED[4]!], 'offset 5 where 6 belongs'],
  ])('%s in a feed and in a log', (_what, entries, fault) => {
    expect(verdictOn(evidence({ feed: entries })).disordered).toContain(`The feed of room has ${fault}.`);
    expect(verdictOn(evidence({ ann: entries })).disordered).toContain(`ann in room has ${fault}.`);
  });

  it('another order under the same offsets', () => {
    const { lost, doubled, disordered } = verdictOn(evidence({ bob: renumbered(swapped(FEED, 2)) }));

    expect([...lost, ...doubled]).toEqual([]);
    expect(disordered).toEqual([
      'bob in room has message.created "ann 2" (m3) at 3, the feed message.created "bob 1" (m2).',
    ]);
  });

  it('what only one member has, or only as another event', () => {
    const more = [...FEED, entry(said(5))];
    const other = FEED.with(4, { ...FEED[4]!, ev: 'message.updated' });

    expect(verdictOn(evidence({ ann: more, bob: other })).disordered).toEqual([
      'ann in room has message.created "ann 3" (m5) at 6, the feed nothing.',
      'bob in room has message.updated "bob 2" (m4) at 5, the feed message.created "bob 2" (m4).',
    ]);
  });

  it('a sender’s messages in another order than they were sent in', () => {
    const [m1, m2, m3, m4] = MESSAGES as [Said, Said, Said, Said];
    const stored = [{ ...m1, clientMessageId: 'ann 2' }, m2, { ...m3, clientMessageId: 'ann 1' }, m4];
    const feed = [CREATED, ...stored.map(entry)];

    const { disordered } = verdictOn(evidence({ acknowledged: stored, stored, feed, ann: feed, bob: feed }));

    expect(disordered).toEqual(['The feed of room has ann 1 after 2.']);
  });

  it('what is stored under another number than was acknowledged, and numbers with a gap', () => {
    const stored = MESSAGES.with(3, { ...said(4), seq: 5 });

    expect(verdictOn(evidence({ stored })).disordered).toEqual([
      '"bob 2" (m4) was acknowledged as m4, seq 4, offset 5 and is stored as m4, seq 5, offset 5.',
      'room has m4, seq 5, offset 5 as its message 4.',
    ]);
  });
});
