import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Clock } from '../../src/platform/database/index.js';
import { aCast, type Cast, feedOf, gist } from '../builders/casts.js';
import { anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let elsewhere: TestApp;
let cast: Cast;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp({ DATABASE_POOL_SIZE: '30' }); // for many at once who wait for one row
  elsewhere = await app.another();
  cast = await aCast(app);
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const as = (userId: string) => cast.client.master.as(userId);
const memberCount = async (roomId: string): Promise<number> =>
  Number((await cast.client.master.get(`/rooms/${roomId}`)).body.memberCount);

describe('joining', () => {
  it('is for channels, by their id alone', async () => {
    const roomId = await cast.room({ type: 'channel' });
    await cast.owner.api.post('/messages', { roomId, content: 'Before' });

    const first = await cast.outsider.api.post(`/rooms/${roomId}/join`);
    const again = await cast.outsider.api.post(`/rooms/${roomId}/join`);

    expect(first).toMatchObject({ status: 201, body: { userId: 'otto', role: 'member' } });
    expect(again).toMatchObject({ status: 200, body: first.body });
    const { body } = await cast.outsider.api.get('/rooms');
    expect(body.data[0]).toMatchObject({ id: roomId, role: 'member', unreadCount: 0, memberCount: 4 });
  });

  it.each(['support', 'group', 'direct'])('a %s room is as if there were none, but for those inside', async (type) => {
    const { body: room } = await cast.owner.api.post('/rooms', { type, members: ['mia'] });

    expect(gist(await cast.outsider.api.post(`/rooms/${room.id}/join`))).toBe('404 not_found');
    expect(gist(await cast.member.api.post(`/rooms/${room.id}/join`))).toBe('200');
    expect(gist(await as('otto').post(`/rooms/${room.id}/join`))).toBe('403 forbidden');
  });

  it('is within the client: another one’s user of the same name finds nothing', async () => {
    const theirs = await aCast(app);
    const roomId = await cast.room({ type: 'channel', name: 'Lobby' });
    await theirs.room({ type: 'channel', name: 'Lobby' });

    const foreign = await theirs.member.api.post(`/rooms/${roomId}/join`);
    const random = await theirs.member.api.post(`/rooms/${randomUUID()}/join`);

    expect([gist(foreign), gist(random)]).toEqual(['404 not_found', '404 not_found']);
    expect(await memberCount(roomId)).toBe(3);
  });

  it('needs a user', async () => {
    const roomId = await cast.room({ type: 'channel' });

    expect(gist(await cast.client.master.post(`/rooms/${roomId}/join`))).toBe('400 user_required');
  });

  it('lets in as many as there are places, of fifty who come at once over two nodes', async () => {
    const roomId = await cast.room({ type: 'channel', maxMembers: 20 });
    const masters = [cast.client.master, elsewhere.api(cast.client.masterKey)];
    const join = (n: number) => masters[n % 2]!.as(`guest-${n}`).post(`/rooms/${roomId}/join`);

    const gists = (await Promise.all(Array.from({ length: 50 }, (_, n) => join(n)))).map(gist);

    expect(gists.filter((one) => one === '201')).toHaveLength(17);
    expect(gists.filter((one) => one === '409 room_full')).toHaveLength(33);
    expect(await memberCount(roomId)).toBe(20);
    expect((await cast.owner.api.get(`/rooms/${roomId}/members?limit=100`)).body.data).toHaveLength(20);
    expect(await feedOf(cast.owner.api, roomId)).toHaveLength(18);
  });

  it('counts once, of one user who joins, leaves and is added all at once', async () => {
    const roomId = await cast.room({ type: 'channel' });
    const acts = [
      () => as('flip').post(`/rooms/${roomId}/join`),
      () => as('flip').post(`/rooms/${roomId}/leave`),
      () => cast.owner.api.post(`/rooms/${roomId}/members`, { userId: 'flip' }),
      () => cast.owner.api.delete(`/rooms/${roomId}/members/flip`),
    ];

    const replies = await Promise.all(Array.from({ length: 40 }, (_, n) => acts[n % acts.length]!()));

    expect(replies.every(({ status }) => status < 300 || status === 404)).toBe(true);
    const { body } = await cast.owner.api.get(`/rooms/${roomId}/members`);
    expect(await memberCount(roomId)).toBe(body.data.length);
    await feedOf(cast.owner.api, roomId);
  });
});

describe.each(TRANSPORTS)('sockets over %s', (transport) => {
  it('hear a channel from the moment of joining to that of leaving, on every node', async () => {
    const roomId = await cast.room({ type: 'channel' });
    const his = await sockets.open(transport, elsewhere.url, cast.outsider.apiKey);
    const hers = await sockets.open(transport, app.url, cast.owner.apiKey);
    const say = (content: string) => cast.owner.api.post('/messages', { roomId, content });

    await say('Before');
    await cast.outsider.api.post(`/rooms/${roomId}/join`);
    await his.hears('member.joined');
    await say('Between');
    await his.hears('message.created');
    await cast.outsider.api.post(`/rooms/${roomId}/leave`);
    await his.hears('member.left');
    await say('After');
    await hers.hears('message.created', 3);

    expect(his.durable.filter((push) => push.roomId === roomId)).toMatchObject([
      { ev: 'member.joined', offset: 3, data: { userId: 'otto', role: 'member' } },
      { ev: 'message.created', offset: 4, data: { content: 'Between' } },
      { ev: 'member.left', offset: 5, data: { userId: 'otto' } },
    ]);
  });

  it('of a banned member hear that, and nothing after', async () => {
    const roomId = await cast.room();
    const his = await sockets.open(transport, elsewhere.url, cast.member.apiKey);
    const hers = await sockets.open(transport, app.url, cast.owner.apiKey);

    await cast.admin.api.post(`/rooms/${roomId}/bans`, { userId: 'mia' });
    await his.hears('member.removed');
    await cast.owner.api.post('/messages', { roomId, content: 'Without her' });
    await hers.hears('message.created');

    expect(his.durable.filter((push) => push.roomId === roomId)).toMatchObject([
      { ev: 'member.removed', offset: 2, data: { userId: 'mia' } },
    ]);
    expect((await his.command('message.send', { roomId, content: 'Me too' })).error.code).toBe('not_found');
  });
});

describe('a ban', () => {
  it('takes the member out and keeps them out', async () => {
    const roomId = await cast.room({ type: 'channel' });

    const ban = await cast.admin.api.post(`/rooms/${roomId}/bans`, { userId: 'mia', reason: 'Spam' });

    expect(ban).toMatchObject({
      status: 201,
      body: { userId: 'mia', until: null, reason: 'Spam', bannedBy: 'adam', createdAt: expect.any(String) },
    });
    expect(gist(await cast.member.api.get(`/rooms/${roomId}`))).toBe('404 not_found');
    expect(gist(await cast.member.api.get(`/rooms/${roomId}/events`))).toBe('404 not_found');
    expect(gist(await cast.member.api.post('/messages', { roomId, content: 'Hi' }))).toBe('404 not_found');
    expect(gist(await cast.member.api.post(`/rooms/${roomId}/join`))).toBe('403 banned');
    expect(gist(await cast.owner.api.post(`/rooms/${roomId}/members`, { userId: 'mia' }))).toBe('409 banned');
    expect(gist(await cast.client.master.post(`/rooms/${roomId}/members`, { userId: 'mia' }))).toBe('409 banned');
    expect(await memberCount(roomId)).toBe(2);
    expect((await feedOf(cast.owner.api, roomId)).at(-1)).toMatchObject({
      ev: 'member.removed',
      data: { userId: 'mia' },
    });
  });

  it('may come before its user, and is lifted', async () => {
    const roomId = await cast.room({ type: 'channel' });
    await cast.owner.api.post(`/rooms/${roomId}/bans`, { userId: 'otto' });
    const join = async () => gist(await cast.outsider.api.post(`/rooms/${roomId}/join`));

    const banned = await join();
    const lifted = gist(await cast.owner.api.delete(`/rooms/${roomId}/bans/otto`));
    const again = gist(await cast.owner.api.delete(`/rooms/${roomId}/bans/otto`));

    expect([banned, lifted, again, await join()]).toEqual(['403 banned', '204', '404 not_found', '201']);
  });

  it('lapses at its time, by the database’s clock', async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const roomId = await cast.room({ type: 'channel' });
    const { body } = await cast.owner.api.post(`/rooms/${roomId}/bans`, { userId: 'mia', until });
    const bans = async () => (await cast.owner.api.get(`/rooms/${roomId}/bans`)).body.data as { userId: string }[];

    expect(body.until).toBe(until);
    expect(await bans()).toEqual([body]);
    app.part(Clock).advance(3_601);
    try {
      expect(await bans()).toEqual([]);
      expect(gist(await cast.owner.api.delete(`/rooms/${roomId}/bans/mia`))).toBe('404 not_found');
      expect(gist(await cast.member.api.post(`/rooms/${roomId}/join`))).toBe('201');
    } finally {
      app.part(Clock).advance(-3_601);
    }
  });

  it('takes the place of an earlier one', async () => {
    const roomId = await cast.room();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await cast.owner.api.post(`/rooms/${roomId}/bans`, { userId: 'mallory', until, reason: 'First' });

    await cast.admin.api.post(`/rooms/${roomId}/bans`, { userId: 'mallory' });

    const { body } = await cast.owner.api.get(`/rooms/${roomId}/bans`);
    expect(body.data).toMatchObject([{ userId: 'mallory', until: null, reason: null, bannedBy: 'adam' }]);
  });

  it('is refused when it is over already, is of oneself or of the owner', async () => {
    const roomId = await cast.room();
    const ban = async (userId: string, until?: string) =>
      gist(await cast.admin.api.post(`/rooms/${roomId}/bans`, { userId, until }));

    expect(await ban('mia', '2020-01-01T00:00:00.000Z')).toBe('400 validation_failed');
    expect(await ban('adam')).toBe('403 forbidden');
    expect(await ban('olga')).toBe('403 forbidden');
    expect(gist(await cast.member.api.get(`/rooms/${roomId}`))).toBe('200');
    expect(gist(await cast.owner.api.post(`/rooms/${roomId}/bans`, { userId: 'olga' }))).toBe('403 forbidden');
  });

  it('is listed page by page', async () => {
    const roomId = await cast.room();
    for (const userId of ['c', 'a', 'b']) await cast.owner.api.post(`/rooms/${roomId}/bans`, { userId });

    const first = await cast.owner.api.get(`/rooms/${roomId}/bans?limit=2`);
    const second = await cast.owner.api.get(`/rooms/${roomId}/bans?limit=2&cursor=${first.body.nextCursor}`);

    const ids = [first, second].map(({ body }) => body.data.map(({ userId }: { userId: string }) => userId));
    expect(ids).toEqual([['a', 'b'], ['c']]);
    expect(second.body.nextCursor).toBeNull();
  });

  it('holds in its client only', async () => {
    const theirs = await aCast(app);
    const [here, there] = [await cast.room({ type: 'channel' }), await theirs.room({ type: 'channel' })];

    await cast.owner.api.post(`/rooms/${here}/bans`, { userId: 'otto' });

    expect(gist(await theirs.outsider.api.post(`/rooms/${there}/join`))).toBe('201');
    expect(gist(await theirs.owner.api.post(`/rooms/${here}/bans`, { userId: 'mia' }))).toBe('404 not_found');
    expect(gist(await theirs.owner.api.get(`/rooms/${here}/bans`))).toBe('404 not_found');
    expect(gist(await theirs.client.master.delete(`/rooms/${here}/bans/otto`))).toBe('404 not_found');
  });
});

describe('muting', () => {
  it('shows in the user’s own list, and nowhere else', async () => {
    const roomId = await cast.room();
    const muted = async (who: 'member' | 'admin') => {
      const { body } = await cast[who].api.get('/rooms');
      return body.data.find(({ id }: { id: string }) => id === roomId).muted as boolean;
    };

    const before = await muted('member');
    expect(gist(await cast.member.api.post(`/rooms/${roomId}/mute`))).toBe('204');
    expect(gist(await cast.member.api.post(`/rooms/${roomId}/mute`))).toBe('204');
    const during = [await muted('member'), await muted('admin')];
    expect(gist(await cast.member.api.post(`/rooms/${roomId}/unmute`))).toBe('204');

    expect([before, ...during, await muted('member')]).toEqual([false, true, false, false]);
    expect(await feedOf(cast.member.api, roomId)).toHaveLength(1);
  });

  it('is for those inside', async () => {
    const roomId = await cast.room({ type: 'channel' });

    expect(gist(await cast.outsider.api.post(`/rooms/${roomId}/mute`))).toBe('404 not_found');
    expect(gist(await cast.outsider.api.post(`/rooms/${roomId}/unmute`))).toBe('404 not_found');
    expect(gist(await cast.client.master.post(`/rooms/${roomId}/mute`))).toBe('400 user_required');
  });
});

it('repeats the first answer for a join under the same Idempotency-Key', async () => {
  const roomId = await cast.room({ type: 'channel' });
  const join = () =>
    cast.outsider.api.post(`/rooms/${roomId}/join`, undefined, { 'Idempotency-Key': `join-${roomId}` });

  const [first, second] = [await join(), await join()];

  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.headers.get('idempotency-replayed')).toBe('true');
});
