import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aCast, type Cast, feedOf, gist } from '../builders/casts.js';
import type { Api, Reply } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
let cast: Cast;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  cast = await aCast(app);
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

type Who = 'owner' | 'admin' | 'member' | 'outsider' | 'master';
const WHO: readonly Who[] = ['owner', 'admin', 'member', 'outsider', 'master'];
const apiOf = (who: Who): Api => (who === 'master' ? cast.client.master : cast[who].api);

/** Each act on REST, and who may; `bea` is a second member, `ada` a second admin. */
const ACTS: Readonly<Record<string, { act: (api: Api, room: string) => Promise<Reply>; may: readonly Who[] }>> = {
  'reads the room': { act: (api, room) => api.get(`/rooms/${room}`), may: ['owner', 'admin', 'member', 'master'] },
  'reads the members': {
    act: (api, room) => api.get(`/rooms/${room}/members`),
    may: ['owner', 'admin', 'member', 'master'],
  },
  'reads the events': {
    act: (api, room) => api.get(`/rooms/${room}/events`),
    may: ['owner', 'admin', 'member', 'master'],
  },
  'adds a member': {
    act: (api, room) => api.post(`/rooms/${room}/members`, { userId: 'new' }),
    may: ['owner', 'admin', 'master'],
  },
  'adds an admin': {
    act: (api, room) => api.post(`/rooms/${room}/members`, { userId: 'new', role: 'admin' }),
    may: ['owner', 'admin', 'master'],
  },
  'changes the room': {
    act: (api, room) => api.patch(`/rooms/${room}`, { name: 'New' }),
    may: ['owner', 'admin', 'master'],
  },
  'makes a member an admin': {
    act: (api, room) => api.patch(`/rooms/${room}/members/bea`, { role: 'admin' }),
    may: ['owner', 'admin', 'master'],
  },
  'makes an admin a member': {
    act: (api, room) => api.patch(`/rooms/${room}/members/ada`, { role: 'member' }),
    may: ['owner', 'master'],
  },
  'hands the room over': {
    act: (api, room) => api.patch(`/rooms/${room}/members/bea`, { role: 'owner' }),
    may: ['owner', 'master'],
  },
  'removes a member': {
    act: (api, room) => api.delete(`/rooms/${room}/members/bea`),
    may: ['owner', 'admin', 'master'],
  },
  'removes an admin': { act: (api, room) => api.delete(`/rooms/${room}/members/ada`), may: ['owner', 'master'] },
  'bans a member': {
    act: (api, room) => api.post(`/rooms/${room}/bans`, { userId: 'bea' }),
    may: ['owner', 'admin', 'master'],
  },
  'bans an admin': {
    act: (api, room) => api.post(`/rooms/${room}/bans`, { userId: 'ada' }),
    may: ['owner', 'master'],
  },
  'bans one who is outside': {
    act: (api, room) => api.post(`/rooms/${room}/bans`, { userId: 'mallory' }),
    may: ['owner', 'admin', 'master'],
  },
  'sees the bans': { act: (api, room) => api.get(`/rooms/${room}/bans`), may: ['owner', 'admin', 'master'] },
  'lifts a ban': {
    act: (api, room) => api.delete(`/rooms/${room}/bans/banned`),
    may: ['owner', 'admin', 'master'],
  },
  'closes the room': { act: (api, room) => api.post(`/rooms/${room}/deactivate`), may: ['owner', 'admin', 'master'] },
  'opens the room': { act: (api, room) => api.post(`/rooms/${room}/activate`), may: ['owner', 'admin', 'master'] },
  'deletes the room': { act: (api, room) => api.delete(`/rooms/${room}`), may: ['owner', 'master'] },
};

const OTHERS = [{ userId: 'bea' }, { userId: 'ada', role: 'admin' }];

describe.each(Object.entries(ACTS))('who %s', (_act, { act, may }) => {
  it.each(WHO)('%s', async (who) => {
    const roomId = await cast.room({}, OTHERS);
    await cast.client.master.post(`/rooms/${roomId}/bans`, { userId: 'banned' });

    const { status } = await act(apiOf(who), roomId);

    const refused = who === 'outsider' ? 404 : 403;
    expect(status < 300 ? 'may' : status).toBe(may.includes(who) ? 'may' : refused);
  });
});

describe('posting', () => {
  const post = async (who: Who, roomId: string) => gist(await apiOf(who).post('/messages', { roomId, content: 'Hi' }));

  it.each(['support', 'group'])('is for every member of a %s room', async (type) => {
    const roomId = await cast.room({ type });

    expect([await post('owner', roomId), await post('member', roomId)]).toEqual(['201', '201']);
  });

  it('is for the owner and admins of a channel, and for all while posting is open', async () => {
    const roomId = await cast.room({ type: 'channel' });

    const closed = [await post('owner', roomId), await post('admin', roomId), await post('member', roomId)];
    await cast.owner.api.patch(`/rooms/${roomId}`, { settings: { openPosting: true } });
    const open = await post('member', roomId);
    await cast.owner.api.patch(`/rooms/${roomId}`, { settings: { openPosting: null } });

    expect(closed).toEqual(['201', '201', '403 forbidden']);
    expect(open).toBe('201');
    expect(await post('member', roomId)).toBe('403 forbidden');
  });
});

it('lets members add members, but no admins, where members invite', async () => {
  const roomId = await cast.room({ settings: { membersCanInvite: true } });
  const add = async (wish: object) => gist(await cast.member.api.post(`/rooms/${roomId}/members`, wish));

  expect([await add({ userId: 'x' }), await add({ userId: 'y', role: 'admin' })]).toEqual(['201', '403 forbidden']);
});

describe('roles', () => {
  it.each(TRANSPORTS)('are handed over with both events, on %s', async (transport) => {
    const roomId = await cast.room();
    const socket = await sockets.open(transport, app.url, cast.member.apiKey);

    const { body } = await cast.owner.api.patch(`/rooms/${roomId}/members/mia`, { role: 'owner' });

    expect(body).toMatchObject({ userId: 'mia', role: 'owner' });
    await socket.hears('member.updated', 2);
    const updates = [
      { ev: 'member.updated', offset: 2, data: { userId: 'olga', role: 'admin' } },
      { ev: 'member.updated', offset: 3, data: { userId: 'mia', role: 'owner' } },
    ];
    expect(socket.of('member.updated')).toMatchObject(updates);
    expect((await feedOf(cast.member.api, roomId)).slice(1)).toMatchObject(updates);
    expect(gist(await cast.owner.api.delete(`/rooms/${roomId}`))).toBe('403 forbidden');
  });

  it('are laid down by oneself, but the owner’s, and never raised', async () => {
    const roomId = await cast.room();
    const change = async (who: 'owner' | 'admin' | 'member', userId: string, role: string) =>
      gist(await cast[who].api.patch(`/rooms/${roomId}/members/${userId}`, { role }));

    expect(await change('member', 'mia', 'admin')).toBe('403 forbidden');
    expect(await change('admin', 'adam', 'owner')).toBe('403 forbidden');
    expect(await change('admin', 'olga', 'member')).toBe('403 forbidden');
    expect(await change('owner', 'olga', 'member')).toBe('409 owner_stays');
    expect(await change('admin', 'adam', 'member')).toBe('200');
    expect(await change('admin', 'adam', 'admin')).toBe('403 forbidden');
    expect(await change('owner', 'stranger', 'admin')).toBe('404 not_found');
  });

  it('that stay as they are tell nobody', async () => {
    const roomId = await cast.room();

    const { body } = await cast.owner.api.patch(`/rooms/${roomId}/members/adam`, { role: 'admin' });

    expect(body.role).toBe('admin');
    expect(await feedOf(cast.owner.api, roomId)).toHaveLength(1);
  });

  it('of owner are given by a master key where there is none', async () => {
    const { body: room } = await cast.client.master.post('/rooms', { type: 'group', members: ['mia', 'adam'] });
    const make = (userId: string) => cast.client.master.patch(`/rooms/${room.id}/members/${userId}`, { role: 'owner' });

    await make('mia');
    await make('adam');

    const { body } = await cast.client.master.get(`/rooms/${room.id}/members`);
    expect(body.data).toMatchObject([
      { userId: 'adam', role: 'owner' },
      { userId: 'mia', role: 'admin' },
    ]);
  });

  it('of owner go to one only when two hand over at once', async () => {
    const roomId = await cast.room({}, OTHERS);
    const make = (userId: string) => cast.owner.api.patch(`/rooms/${roomId}/members/${userId}`, { role: 'owner' });

    const gists = (await Promise.all(['bea', 'ada', 'mia', 'adam'].map(make))).map(gist);

    const { body } = await cast.client.master.get(`/rooms/${roomId}/members`);
    expect(body.data.filter(({ role }: { role: string }) => role === 'owner')).toHaveLength(1);
    expect(gists.sort()).toEqual(['200', '403 forbidden', '403 forbidden', '403 forbidden']);
  });
});

describe('when the owner leaves', () => {
  const joinLater = async (roomId: string, ...users: { userId: string; role?: string }[]) => {
    for (const user of users) await cast.client.master.post(`/rooms/${roomId}/members`, user);
  };
  const ownerOf = async (roomId: string) => {
    const { body } = await cast.client.master.get(`/rooms/${roomId}/members`);
    return body.data.find(({ role }: { role: string }) => role === 'owner')?.userId as string | undefined;
  };

  it('the longest-standing admin follows, then the longest-standing member, then nobody', async () => {
    const { body: room } = await cast.owner.api.post('/rooms', { type: 'group' });
    await joinLater(
      room.id,
      { userId: 'zoe' },
      { userId: 'bea' },
      { userId: 'yan', role: 'admin' },
      { userId: 'ada', role: 'admin' },
    );
    const leave = async (userId: string) => gist(await cast.client.master.as(userId).post(`/rooms/${room.id}/leave`));
    const owners: (string | undefined)[] = [];

    for (const userId of ['olga', 'yan', 'ada', 'zoe', 'bea']) {
      expect(await leave(userId)).toBe('204');
      owners.push(await ownerOf(room.id));
    }

    expect(owners).toEqual(['yan', 'ada', 'zoe', 'bea', undefined]);
    expect((await cast.client.master.get(`/rooms/${room.id}`)).body.memberCount).toBe(0);
    const events = (await feedOf(cast.client.master, room.id)).slice(5);
    expect(events.map(({ ev, data }) => `${ev} ${(data as { userId: string }).userId}`)).toEqual([
      ...['member.left olga', 'member.updated yan', 'member.left yan', 'member.updated ada', 'member.left ada'],
      ...['member.updated zoe', 'member.left zoe', 'member.updated bea', 'member.left bea'],
    ]);
  });

  it('by being removed or banned with a master key, another follows as well', async () => {
    const [removed, banned] = [await cast.room(), await cast.room()];

    await cast.client.master.delete(`/rooms/${removed}/members/olga`);
    await cast.client.master.post(`/rooms/${banned}/bans`, { userId: 'olga' });

    expect([await ownerOf(removed), await ownerOf(banned)]).toEqual(['adam', 'adam']);
  });
});

describe('a direct room', () => {
  it('keeps its two members and their roles, whoever asks', async () => {
    const { body: room } = await cast.owner.api.post('/rooms', { type: 'direct', members: ['mia'] });
    const asks = async (api: Api) => [
      gist(await api.post(`/rooms/${room.id}/members`, { userId: 'otto' })),
      gist(await api.patch(`/rooms/${room.id}/members/mia`, { role: 'admin' })),
      gist(await api.patch(`/rooms/${room.id}/members/mia`, { role: 'owner' })),
      gist(await api.delete(`/rooms/${room.id}/members/mia`)),
      gist(await api.post(`/rooms/${room.id}/bans`, { userId: 'mia' })),
    ];
    const refused = ['409 room_full', ...Array<string>(4).fill('409 direct_room')];

    expect(await asks(cast.owner.api)).toEqual(refused);
    expect(await asks(cast.client.master)).toEqual(refused);
    expect(gist(await cast.member.api.post(`/rooms/${room.id}/leave`))).toBe('409 direct_room');
    expect(gist(await cast.outsider.api.post(`/rooms/${room.id}/join`))).toBe('404 not_found');
    expect(await feedOf(cast.owner.api, room.id)).toHaveLength(1);
  });
});
