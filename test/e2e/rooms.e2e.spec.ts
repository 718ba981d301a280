import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import type { Api } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';

let app: TestApp;
let client: TestClient;
let ann: Api;
let bob: Api;

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app, { settings: { limits: { requestsPerSecond: 10_000, requestsPerMinute: 100_000 } } });
  [ann, bob] = (await Promise.all(['ann', 'bob'].map((userId) => client.login(userId)))).map(({ api }) => api) as [
    Api,
    Api,
  ];
}, 60_000);

afterAll(() => app.close());

const pointers = (body: { errors: { pointer: string }[] }) => body.errors.map(({ pointer }) => pointer);
const membersOf = async (roomId: string, api = client.master) =>
  Object.fromEntries(
    (await api.get(`/rooms/${roomId}/members`)).body.data.map(({ userId, role }: Record<string, string>) => [
      userId,
      role,
    ]),
  ) as Record<string, string>;

describe('making a room', () => {
  it.each(['support', 'group', 'channel'])('of type %s: who makes it owns it', async (type) => {
    const wish = { type, name: 'Order 4711', description: 'Parcel', metadata: { order: 4711 }, maxMembers: 10 };

    const { status, body } = await ann.post('/rooms', {
      ...wish,
      members: ['bob', { userId: 'carol', role: 'admin' }],
      settings: { openPosting: true },
    });

    expect(status).toBe(201);
    expect(body).toEqual({
      ...{ id: expect.stringMatching(/^[0-9a-f-]{36}$/), ...wish, status: 'active', deactivatedReason: null },
      ...{ deactivatedAt: null, lastMessageAt: null, lastSeq: 0, head: 1, memberCount: 3, createdBy: 'ann' },
      ...{ settings: { openPosting: true }, createdAt: expect.any(String), updatedAt: expect.any(String) },
    });
    expect(await membersOf(body.id, ann)).toEqual({ ann: 'owner', bob: 'member', carol: 'admin' });
    const { data } = (await ann.get(`/rooms/${body.id}/events`)).body;
    expect(data).toMatchObject([{ ev: 'room.created', offset: 1, data: body }]);
  });

  it('by a master key: without an owner, unless the members name one', async () => {
    const nobodys = (await client.master.post('/rooms', { type: 'group' })).body;
    const bobs = (await client.master.post('/rooms', { type: 'group', members: [{ userId: 'bob', role: 'owner' }] }))
      .body;
    const acted = (await client.master.as('ann').post('/rooms', { type: 'group' })).body;

    expect([nobodys.createdBy, nobodys.memberCount]).toEqual([null, 0]);
    expect([bobs.createdBy, bobs.memberCount]).toEqual(['bob', 1]);
    expect([acted.createdBy, acted.memberCount]).toEqual(['ann', 1]);
  });

  it('directly: once per pair, whoever asks, and with exactly two', async () => {
    const first = await ann.post('/rooms', { type: 'direct', members: ['dora'] });
    const again = await ann.post('/rooms', { type: 'direct', members: [{ userId: 'dora' }], name: 'Other' });
    const byMaster = await client.master.post('/rooms', { type: 'direct', members: ['dora', 'ann'] });
    const wrong = await Promise.all(
      [[], ['ann'], ['bob', 'carol']].map((members) => ann.post('/rooms', { type: 'direct', members })),
    );

    expect([first.status, again.status, byMaster.status]).toEqual([201, 200, 200]);
    expect([again.body, byMaster.body]).toEqual([first.body, first.body]);
    expect(first.body).toMatchObject({ memberCount: 2, maxMembers: 2 });
    expect(wrong.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect((await ann.post(`/rooms/${first.body.id}/members`, { userId: 'third' })).body.code).toMatch(
      /^(room_full|forbidden)$/,
    );
  });

  it.each([
    [{}, '/type'],
    [{ type: 'party' }, '/type'],
    [{ type: 'group', name: 'x'.repeat(201) }, '/name'],
    [{ type: 'group', members: 'bob' }, '/members'],
    [{ type: 'group', members: [''] }, '/members/0/userId'],
    [{ type: 'group', members: [{ userId: 'bob', role: 'king' }] }, '/members/0/role'],
    [{ type: 'group', members: [{ userId: 'bob', name: 'Bob' }] }, '/members/0/name'],
    [{ type: 'group', members: ['bob', 'bob'] }, '/members/1'],
    [{ type: 'group', members: [null] }, '/members'],
    [{ type: 'group', members: [7] }, '/members'],
    [{ type: 'group', members: [['bob']] }, '/members'],
    [{ type: 'group', maxMembers: 0 }, '/maxMembers'],
    [{ type: 'group', maxMembers: 1.5 }, '/maxMembers'],
    [{ type: 'group', settings: { openPosting: 'yes' } }, '/settings/openPosting'],
    [{ type: 'group', settings: { colour: 'red' } }, '/settings/colour'],
    [{ type: 'group', settings: [] }, '/settings'],
    [{ type: 'group', metadata: 'x' }, '/metadata'],
    [{ type: 'group', id: randomUUID() }, '/id'],
  ])('is refused for %j', async (wish, pointer) => {
    const { status, body } = await ann.post('/rooms', wish);

    expect([status, body.code]).toEqual([400, 'validation_failed']);
    expect(pointers(body).join(' ')).toContain(pointer);
  });

  it('with more members than it may have is 409 room_full', async () => {
    const { status, body } = await ann.post('/rooms', { type: 'group', members: ['bob', 'carol'], maxMembers: 2 });

    expect([status, body.code, body.maxMembers]).toEqual([409, 'room_full', 2]);
  });
});

describe('members', () => {
  it('are added by owner and admins, by members where they may, and by the master key', async () => {
    const closed = await aRoom(client, { type: 'group', members: [{ userId: 'ann', role: 'owner' }, 'bob'] });
    const open = await aRoom(client, { type: 'group', members: ['bob'], settings: { membersCanInvite: true } });
    const add = (api: Api, roomId: string, userId: string, role?: string) =>
      api.post(`/rooms/${roomId}/members`, { userId, role });

    const byOwner = await add(ann, closed, 'carol', 'admin');
    const again = await add(ann, closed, 'carol');
    const answers = [
      await add(bob, closed, 'mallory'),
      await add(bob, open, 'dave'),
      await add(bob, open, 'eve', 'admin'),
      await add(client.master, closed, 'fay'),
      await add(ann, open, 'mallory'),
      await add(client.master.as('bob'), open, 'gus', 'admin'),
    ];

    expect([byOwner.status, byOwner.body]).toEqual([
      201,
      { userId: 'carol', role: 'admin', joinedAt: expect.any(String) },
    ]);
    expect([again.status, again.body]).toEqual([200, byOwner.body]);
    expect(answers.map(({ status }) => status)).toEqual([403, 201, 403, 201, 404, 201]);
    expect(await membersOf(closed)).toEqual({ ann: 'owner', bob: 'member', carol: 'admin', fay: 'member' });
  });

  it('never become more than the room may have, under a race', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann'], maxMembers: 5 });

    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) => client.master.post(`/rooms/${roomId}/members`, { userId: `racer${n}` })),
    );

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(4);
    expect(answers.filter(({ status, body }) => status === 409 && body.code === 'room_full')).toHaveLength(26);
    expect((await client.master.get(`/rooms/${roomId}`)).body).toMatchObject({ memberCount: 5, head: 5 });
  });

  it('are removed by who may: an admin acts on members, the owner on all, everybody on themselves', async () => {
    const roomId = await aRoom(client, {
      type: 'group',
      members: [
        { userId: 'ann', role: 'owner' },
        { userId: 'bob', role: 'admin' },
        { userId: 'second', role: 'admin' },
        'carol',
        'dave',
      ],
    });
    const remove = async (api: Api, userId: string) => (await api.delete(`/rooms/${roomId}/members/${userId}`)).status;
    const dave = (await client.login('dave')).api;

    expect(await remove(dave, 'carol')).toBe(403);
    expect(await remove(bob, 'second')).toBe(403);
    expect(await remove(bob, 'ann')).toBe(403);
    expect(await remove(bob, 'carol')).toBe(204);
    expect(await remove(bob, 'carol')).toBe(404);
    expect(await remove(ann, 'second')).toBe(204);
    expect(await remove(dave, 'dave')).toBe(204);
    expect(await remove(dave, 'dave')).toBe(404);
    expect(await membersOf(roomId)).toEqual({ ann: 'owner', bob: 'admin' });
  });

  it('inherit the room from an owner who leaves: the longest-standing admin, else member', async () => {
    const roomId = await aRoom(client, { type: 'group', members: [{ userId: 'ann', role: 'owner' }] });
    await ann.post(`/rooms/${roomId}/members`, { userId: 'carol' });
    await ann.post(`/rooms/${roomId}/members`, { userId: 'bob', role: 'admin' });
    await ann.post(`/rooms/${roomId}/members`, { userId: 'dave', role: 'admin' });

    await ann.delete(`/rooms/${roomId}/members/ann`);
    const afterAnn = await membersOf(roomId);
    await client.master.delete(`/rooms/${roomId}/members/bob`);
    await client.master.delete(`/rooms/${roomId}/members/dave`);
    const afterAdmins = await membersOf(roomId);
    await client.master.delete(`/rooms/${roomId}/members/carol`);

    expect(afterAnn).toEqual({ carol: 'member', bob: 'owner', dave: 'admin' });
    expect(afterAdmins).toEqual({ carol: 'owner' });
    expect(await membersOf(roomId)).toEqual({});
    const { data } = (await client.master.get(`/rooms/${roomId}/events`)).body;
    expect(data.map(({ offset }: { offset: number }) => offset)).toEqual(data.map((_: unknown, n: number) => n + 1));
    expect(data.slice(4, 6)).toMatchObject([
      { ev: 'member.left', data: { userId: 'ann' } },
      { ev: 'member.updated', data: { userId: 'bob', role: 'owner' } },
    ]);
  });
});

describe('the read pointer', () => {
  it('moves forward only, never past the last message, and counts what is unread', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    for (const content of ['1', '2', '3', '4']) await bob.post('/messages', { roomId, content });
    const read = async (seq: number) => (await ann.post(`/rooms/${roomId}/read`, { seq })).body;
    const unread = async (api: Api) =>
      (await api.get('/rooms')).body.data.find(({ id }: { id: string }) => id === roomId).unreadCount;

    expect([await unread(ann), await unread(bob)]).toEqual([4, 0]);
    expect(await read(2)).toEqual({ roomId, lastReadSeq: 2, unreadCount: 2 });
    expect(await read(1)).toEqual({ roomId, lastReadSeq: 2, unreadCount: 2 });
    expect(await read(99)).toEqual({ roomId, lastReadSeq: 4, unreadCount: 0 });
    await bob.post('/messages', { roomId, content: '5' });
    expect(await unread(ann)).toBe(1);
    await ann.post('/messages', { roomId, content: '6' });
    expect([await unread(ann), await unread(bob)]).toEqual([0, 1]);
  });

  it('starts at the last message for who is added later', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['bob'] });
    await bob.post('/messages', { roomId, content: 'Before you came' });

    await client.master.post(`/rooms/${roomId}/members`, { userId: 'ann' });

    const [first] = (await ann.get('/rooms?limit=100')).body.data.filter(({ id }: { id: string }) => id === roomId);
    expect(first).toMatchObject({ role: 'member', unreadCount: 0, lastReadSeq: 1 });
  });

  it.each([[{}], [{ seq: -1 }], [{ seq: 1.5 }], [{ seq: '1' }], [{ seq: 2 ** 60 }]])(
    'is refused for %j',
    async (wish) => {
      const roomId = await aRoom(client, { type: 'group', members: ['ann'] });

      const { status, body } = await ann.post(`/rooms/${roomId}/read`, wish);

      expect([status, pointers(body)]).toEqual([400, expect.arrayContaining(['/seq'])]);
    },
  );

  it('is a user’s', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });

    const { body } = await client.master.post(`/rooms/${roomId}/read`, { seq: 1 });

    expect(body).toMatchObject({ status: 400, code: 'user_required' });
  });
});

describe('lists', () => {
  it('a user’s rooms, newest activity first, with role, unread count and last message', async () => {
    const zoe = (await client.login('zoe')).api;
    const [first, second, third] = [
      await aRoom(client, { type: 'group', members: ['zoe', 'bob'] }),
      await aRoom(client, { type: 'channel', members: [{ userId: 'zoe', role: 'admin' }] }),
      await aRoom(client, { type: 'support', members: ['zoe'] }),
    ];
    await bob.post('/messages', { roomId: first, content: 'Up again' });

    const { data } = (await zoe.get('/rooms')).body;

    expect(data.map(({ id }: { id: string }) => id)).toEqual([first, third, second]);
    expect(data[0]).toMatchObject({
      ...{ role: 'member', unreadCount: 1, lastReadSeq: 0, lastSeq: 1 },
      lastMessage: { content: 'Up again', senderId: 'bob', seq: 1 },
    });
    expect(data[2]).toMatchObject({ role: 'admin', unreadCount: 0, lastMessage: null });
  });

  it('all rooms of the client, by type, status, maker and member, alone and together', async () => {
    const shop = await aClient(app);
    const made = async (wish: object) => aRoom(shop, wish);
    const rooms = {
      support: await made({ type: 'support', members: [{ userId: 'ann', role: 'owner' }, 'bob'] }),
      group: await made({ type: 'group', members: [{ userId: 'bob', role: 'owner' }] }),
      channel: await made({ type: 'channel', members: ['ann'] }),
      closed: await made({ type: 'support', members: ['ann'] }),
    };
    await shop.master.post(`/rooms/${rooms.closed}/deactivate`);
    const all = async (query: string) => {
      const { body } = await shop.master.get(`/rooms/all?${query}`);
      const names = Object.entries(rooms);
      return body.data.map(({ id }: { id: string }) => names.find(([, room]) => room === id)?.[0]).sort();
    };

    expect(await all('')).toEqual(['channel', 'closed', 'group', 'support']);
    expect(await all('type=support')).toEqual(['closed', 'support']);
    expect(await all('status=inactive')).toEqual(['closed']);
    expect(await all('status=active&type=support')).toEqual(['support']);
    expect(await all('createdBy=bob')).toEqual(['group']);
    expect(await all('memberId=ann')).toEqual(['channel', 'closed', 'support']);
    expect(await all('memberId=bob&createdBy=ann')).toEqual(['support']);
    expect(await all('memberId=nobody')).toEqual([]);
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'limit=1.5', 'cursor=x', 'cursor=W10', 'colour=red', 'limit=1&limit=2'])(
    'are refused with ?%s',
    async (query) => {
      for (const path of ['/rooms', '/clients/me/keys']) {
        const { status, body } = await client.master.as('ann').get(`${path}?${query}`);
        expect([path, status, body.code]).toEqual([path, 400, 'validation_failed']);
      }
    },
  );

  it.each(['type=party', 'status=asleep', 'createdBy=', `memberId=${'x'.repeat(129)}`])(
    'of all rooms are refused with ?%s',
    async (query) => {
      expect((await client.master.get(`/rooms/all?${query}`)).body.code).toBe('validation_failed');
    },
  );
});

describe('closing and opening a room', () => {
  it('is for owner, admins and the master key', async () => {
    const roomId = await aRoom(client, { type: 'group', members: [{ userId: 'ann', role: 'owner' }, 'bob'] });
    const set = (api: Api, how: string) => api.post(`/rooms/${roomId}/${how}`);

    expect((await set(bob, 'deactivate')).body).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await set(ann, 'deactivate')).body).toMatchObject({
      ...{ status: 'inactive', deactivatedReason: 'manual', deactivatedAt: expect.any(String), head: 2 },
    });
    expect((await set(ann, 'deactivate')).body.head).toBe(2);
    expect((await set(bob, 'activate')).status).toBe(403);
    expect((await set(client.master, 'activate')).body).toMatchObject({
      ...{ status: 'active', deactivatedReason: null, deactivatedAt: null, head: 3 },
    });
  });
});
