import { beforeEach, describe, expect, it } from '@jest/globals';
import { Fanout } from './fanout.js';
import type { Hub } from './hub.js';
import type { NewsPost } from './news-post.js';
import type { Hearing, News } from './push.js';
import type { RoomDirectory, RoomStanding } from './room-directory.js';
import { RoomRepair } from './room-repair.js';
import { eventually } from '../../../test/support/eventually.js';

/** What is done to sockets, in its order. */
let done: string[];
let fromOthers: (news: News) => void;
let fanout: Fanout;

const hub = {
  deliver: ({ ev, offset }: News['push']) => (done.push(offset === undefined ? ev : `hear ${offset}`), 1),
  membership: (_client: string, _room: string, users: string[], joined: boolean) =>
    done.push(`${users.join()} ${joined ? 'in' : 'out'}`),
  endRoom: () => done.push('end'),
  usersOf: () => ['ann', 'bob'],
} as unknown as Hub;
const post = {
  onNews: (handler: (news: News) => void) => (fromOthers = handler),
  send: () => undefined,
  subscribe: () => Promise.resolve(),
} as unknown as NewsPost;

const push = (offset: number) => ({
  ...{ clientId: 'c', audience: { kind: 'room', id: 'r' } as const, ev: 'member.removed' as const },
  ...{ roomId: 'r', offset, ts: '', data: {} },
});
const hears = (offset: number, hearing?: Hearing): void =>
  fromOthers({ push: push(offset), ...(hearing && { hearing }) });

beforeEach(async () => {
  done = [];
  fanout = new Fanout(post, hub);
  fanout.onModuleInit();
  await fanout.listen('c');
});

describe('who hears a room', () => {
  it('hears of their coming and of their going, and nothing before or after', () => {
    hears(1, { joined: ['bob'] });
    hears(3);
    hears(2, { left: ['bob'] });
    hears(4, { ended: true });

    expect(done).toEqual(['bob in', 'hear 1', 'hear 2', 'bob out', 'hear 3', 'hear 4', 'end']);
  });

  it('is not told of this node’s own next event before another node’s removal of them', () => {
    hears(1);
    fanout.publish(push(3));
    hears(2, { left: ['bob'] });

    expect(done).toEqual(['hear 1', 'hear 2', 'bob out', 'hear 3']);
  });

  it('comes late only as it came: not before what was there', () => {
    hears(1);
    hears(3, { joined: ['bob'] });
    expect(done).toEqual(['hear 1']);
    hears(2);

    expect(done).toEqual(['hear 1', 'hear 2', 'bob in', 'hear 3']);
  });
});

describe('a room of which an event does not come', () => {
  const repairing = (standing: () => Promise<RoomStanding | null>): void =>
    new RoomRepair(fanout, hub, { standing } as unknown as RoomDirectory).onModuleInit();
  const standing = { clientId: 'c', roomId: 'r', head: 3, lastSeq: 0, members: ['ann'] };

  it('is read again: those who are out stop hearing it, the others are told where it stands', async () => {
    repairing(() => Promise.resolve(standing));
    hears(1);
    hears(3);
    await eventually(() => done.includes('room.head'));
    hears(2, { left: ['bob'] });
    hears(4);

    expect(done).toEqual(['hear 1', 'ann in', 'bob out', 'room.head', 'hear 4']);
  });

  it('is read until PostgreSQL answers; meanwhile nobody is told anything', async () => {
    let tries = 0;
    repairing(() => (++tries === 1 ? Promise.reject(new Error('away')) : Promise.resolve(standing)));
    hears(1);
    hears(3);
    await eventually(() => tries === 1);
    hears(4);
    expect(done).toEqual(['hear 1']);
    await eventually(() => done.includes('room.head'));

    expect(tries).toBe(2);
    expect(done).toEqual(['hear 1', 'ann in', 'bob out', 'hear 4', 'room.head']);
  });

  it('is left alone once the process stops', async () => {
    let tries = 0;
    const away = { standing: () => (tries++, Promise.reject(new Error('away'))) } as unknown as RoomDirectory;
    const repair = new RoomRepair(fanout, hub, away);
    repair.onModuleInit();
    repair.onModuleDestroy();
    let gaps = 0;
    fanout.onGap(() => gaps++);
    hears(1);
    hears(3);
    await eventually(() => gaps === 1);

    expect(tries).toBe(0);
  });

  it('and that is gone is told to be, and no more', async () => {
    let asked = false;
    repairing(() => ((asked = true), Promise.resolve(null)));
    hears(1);
    hears(3, { ended: true });
    await eventually(() => asked && done.includes('end'));

    expect(done).toEqual(['hear 1', 'hear 3', 'end']);
  });
});
