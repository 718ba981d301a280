import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { OpenSockets } from '../support/open-sockets.js';
import { type TestSocket, TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
/** Another process of the installation. */
let elsewhere: TestApp;
let client: TestClient;
let keys: Record<'ann' | 'bob', string>;
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp({ ROOM_HEAD_SECONDS: '1' });
  elsewhere = await app.another();
  client = await aClient(app);
  const [ann, bob] = await Promise.all([client.login('ann'), client.login('bob')]);
  keys = { ann: ann.apiKey, bob: bob.apiKey };
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

/** What was heard of one room, but for the heads that come by themselves. */
const told = (socket: TestSocket, roomId: string) =>
  socket.heard
    .filter((push) => push.roomId === roomId && push.ev !== 'room.head')
    .map(({ ev, offset, data }) => [ev, offset, data.content ?? data.userId]);

describe.each(TRANSPORTS)('subscriptions follow membership, over %s', (transport) => {
  const everywhere = async (key: string) => [
    await sockets.open(transport, app.url, key),
    await sockets.open(transport, elsewhere.url, key),
  ];
  const say = (roomId: string, content: string) => client.master.as('bob').post('/messages', { roomId, content });

  it('a room made with a user is heard at once, from its first event, on every node', async () => {
    const anns = await everywhere(keys.ann);

    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    await say(roomId, 'Hello');

    for (const socket of anns) {
      await socket.hears('message.created');
      expect(told(socket, roomId)).toEqual([
        ['room.created', 1, undefined],
        ['message.created', 2, 'Hello'],
      ]);
    }
  });

  it('who is added hears from then on; who is removed, or leaves, hears that and no more', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['bob'] });
    const [anns, bobs] = [await everywhere(keys.ann), await everywhere(keys.bob)];

    await say(roomId, 'Before');
    await client.master.post(`/rooms/${roomId}/members`, { userId: 'ann' });
    await say(roomId, 'Between');
    await client.master.delete(`/rooms/${roomId}/members/ann`);
    await say(roomId, 'After');
    await client.master.post(`/rooms/${roomId}/members`, { userId: 'ann' });
    await app.api(keys.ann).delete(`/rooms/${roomId}/members/ann`);
    await say(roomId, 'At last');
    await Promise.all(bobs.map((socket) => socket.hears('message.created', 4)));
    await Promise.all(anns.map((socket) => socket.hears('member.left')));

    for (const socket of anns) {
      expect(told(socket, roomId)).toEqual([
        ['member.joined', 3, 'ann'],
        ['message.created', 4, 'Between'],
        ['member.removed', 5, 'ann'],
        ['member.joined', 7, 'ann'],
        ['member.left', 8, 'ann'],
      ]);
    }
    for (const socket of bobs)
      expect(told(socket, roomId).map(([, offset]) => offset)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('a member’s event has the member as REST shows them', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['bob'] });
    const bob = await sockets.open(transport, elsewhere.url, keys.bob);

    const { body } = await client.master.post(`/rooms/${roomId}/members`, { userId: 'ann', role: 'admin' });

    const push = await bob.hears('member.joined');
    expect(push).toMatchObject({ roomId, offset: 2, data: body });
    expect(Object.keys(push.data)).toEqual(['userId', 'role', 'joinedAt']);
  });

  it('who is removed cannot send, and is answered as a stranger', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    const [socket] = await everywhere(keys.ann);
    expect(await socket?.command('message.send', { roomId, content: 'In' })).toHaveProperty('ok');

    await client.master.delete(`/rooms/${roomId}/members/ann`);

    expect(await socket?.command('message.send', { roomId, content: 'Out' })).toMatchObject({
      error: { code: 'not_found' },
    });
  });
});

describe.each(TRANSPORTS)('receipts, over %s', (transport) => {
  it('receipt.read moves the pointer and tells the room, without an offset', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    const ann = await sockets.open(transport, app.url, keys.ann);
    const bob = await sockets.open(transport, elsewhere.url, keys.bob);
    for (const content of ['1', '2', '3']) await bob.command('message.send', { roomId, content });

    const read = await ann.command('receipt.read', { roomId, seq: 2 });
    const back = await ann.command('receipt.read', { roomId, seq: 1 });
    const beyond = await ann.command('receipt.read', { roomId, seq: 99 });

    expect(read).toMatchObject({ ok: { roomId, lastReadSeq: 2, unreadCount: 1 } });
    expect(back).toMatchObject({ ok: { roomId, lastReadSeq: 2, unreadCount: 1 } });
    expect(beyond).toMatchObject({ ok: { roomId, lastReadSeq: 3, unreadCount: 0 } });
    const push = await bob.hears('receipt.updated');
    expect(push).toMatchObject({ roomId, data: { userId: 'ann', readSeq: 2, deliveredSeq: expect.any(Number) } });
    expect(push.offset).toBeUndefined();
    expect((await client.master.get(`/rooms/${roomId}`)).body.head).toBe(4);
  });
});

describe.each(TRANSPORTS)('room.head, over %s', (transport) => {
  it('repeats where each room stands, so that a loss on a healthy socket shows', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    const socket = await sockets.open(transport, app.url, keys.ann);
    await client.master.as('bob').post('/messages', { roomId, content: 'x' });

    const heads = () => socket.of('room.head').filter((push) => push.roomId === roomId);
    const head = await eventually(() => heads().find(({ data }) => data.head === 2));

    expect(head).toMatchObject({ roomId, data: { head: 2, lastSeq: 1 } });
    expect(head.offset).toBeUndefined();
  });
});
