import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import type { Api } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';

let app: TestApp;
let client: TestClient;
let ann: Api;
let bob: Api;
let roomId: string;

beforeAll(async () => {
  app = await anApp();
  client = await aClient(app, { settings: { limits: { requestsPerSecond: 10_000, requestsPerMinute: 100_000 } } });
  [ann, bob] = (await Promise.all(['ann', 'bob'].map((userId) => client.login(userId)))).map(({ api }) => api) as [
    Api,
    Api,
  ];
}, 60_000);

beforeEach(async () => {
  roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
});

afterAll(() => app.close());

const upTo = (count: number, first = 1): number[] => Array.from({ length: count }, (_, n) => n + first);
const send = (wish: object, api = ann) => api.post('/messages', { roomId, content: 'Hello', ...wish });
const talk = async (count: number) => {
  for (const n of upTo(count)) await send({ content: `${n}` });
};
const seqs = (body: { data: { seq: number }[] }) => body.data.map(({ seq }) => seq);

describe('sending', () => {
  it('answers with the message as it is stored', async () => {
    const wish = {
      content: 'Where is my parcel? 📦',
      contentType: 'text/markdown',
      attachments: [{ url: 'https://files.example/a.pdf', name: 'a.pdf', size: 52_311, mimeType: 'application/pdf' }],
      mentions: ['bob'],
      metadata: { order: 4711, nested: { list: [1, null, 'x'] } },
      clientMessageId: 'a1b2c3',
    };

    const { status, body } = await send(wish);

    expect(status).toBe(201);
    expect(body).toEqual({
      ...{ id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/), roomId, seq: 1, offset: 2, senderId: 'ann' },
      ...{ type: 'user', ...wish, replyTo: null, reactions: [], pinnedAt: null, editedAt: null, deletedAt: null },
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect((await bob.get(`/messages/${body.id}`)).body).toEqual(body);
    expect((await bob.get(`/messages?roomId=${roomId}`)).body).toEqual({ data: [body], nextCursor: null });
    const { body: room } = await ann.get(`/rooms/${roomId}`);
    expect(room).toMatchObject({ lastSeq: 1, head: 2, lastMessageAt: body.createdAt });
  });

  it.each([
    ['1 character', 'x'],
    ['20,000 characters', 'x'.repeat(20_000)],
    ['white space', ' \n\t '],
    ['any language', 'Привет 你好 مرحبا 👩‍👩‍👧‍👦 \u202e'],
    ['what looks like code', `'; DROP TABLE messages; -- <script>alert("\\u0041")</script> \${x} %s`],
  ])('takes %s, and gives it back unchanged', async (_what, content) => {
    const { status, body } = await send({ content });

    expect([status, body.content === content]).toEqual([201, true]);
    expect((await ann.get(`/messages/${body.id}`)).body.content === content).toBe(true);
  });

  it('takes attachments without content', async () => {
    const attachments = [{ url: 'https://files.example/a.pdf', name: 'a.pdf', size: 0, mimeType: 'application/pdf' }];

    expect((await send({ content: undefined, attachments })).body).toMatchObject({ content: null, attachments });
  });

  it.each([
    [{ content: undefined }, '/content'],
    [{ content: undefined, attachments: [] }, '/content'],
    [{ content: '' }, '/content'],
    [{ content: 'x'.repeat(20_001) }, '/content'],
    [{ content: { html: 'x' } }, '/content'],
    [{ content: null }, '/content'],
    [{ roomId: 'lobby' }, '/roomId'],
    [{ roomId: undefined }, '/roomId'],
    [{ contentType: '' }, '/contentType'],
    [{ attachments: [{ url: 'javascript:alert(1)', name: 'x', size: 1, mimeType: 'a/b' }] }, '/attachments/0/url'],
    [{ attachments: [{ url: 'https://a.example', name: 'x', size: -1, mimeType: 'a/b' }] }, '/attachments/0/size'],
    [{ attachments: [{ url: 'https://a.example', name: 'x', size: 1, mimeType: 'none' }] }, '/attachments/0/mimeType'],
    [{ attachments: [null] }, '/attachments/0'],
    [{ mentions: [7] }, '/mentions'],
    [{ metadata: { text: 'x'.repeat(17_000) } }, '/metadata'],
    [{ clientMessageId: '' }, '/clientMessageId'],
    [{ clientMessageId: 'x'.repeat(129) }, '/clientMessageId'],
    [{ replyTo: 'first' }, '/replyTo'],
    [{ type: 'shout' }, '/type'],
    [{ senderId: 'bob' }, '/senderId'],
    [{ seq: 1 }, '/seq'],
  ])('is refused for %j', async (wish, pointer) => {
    const { status, body } = await send(wish);

    expect([status, body.code]).toEqual([400, 'validation_failed']);
    expect(body.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer);
    expect((await ann.get(`/rooms/${roomId}`)).body.head).toBe(1);
  });

  it('lists every fault at once', async () => {
    const { body } = await send({ content: '', contentType: 7, colour: 'red', attachments: [{ url: 'x' }] });

    expect(new Set(body.errors.map((fault: { pointer: string }) => fault.pointer))).toEqual(
      new Set([
        ...['/content', '/contentType', '/colour', '/attachments/0/url', '/attachments/0/name'],
        ...['/attachments/0/size', '/attachments/0/mimeType'],
      ]),
    );
  });

  it('as a reply needs a message of the same room', async () => {
    const first = (await send({})).body;
    const elsewhere = await aRoom(client, { type: 'group', members: ['ann'] });
    const foreign = (await ann.post('/messages', { roomId: elsewhere, content: 'x' })).body;

    expect((await send({ replyTo: first.id })).body).toMatchObject({ replyTo: first.id, seq: 2 });
    expect((await send({ replyTo: foreign.id })).status).toBe(404);
    expect((await send({ replyTo: randomUUID() })).status).toBe(404);
  });

  it('with a master key needs a user, who need not be a member', async () => {
    expect((await send({}, client.master)).body).toMatchObject({ status: 400, code: 'user_required' });
    expect((await send({}, client.master.as('support desk'))).body).toMatchObject({ senderId: 'support desk', seq: 1 });
  });

  it('a system message is the master key’s, and nobody’s', async () => {
    const system = { type: 'system', content: 'Ann joined' };

    expect((await send(system)).body).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await send(system, client.master)).body).toMatchObject({ type: 'system', senderId: null, seq: 1 });
    expect((await send(system, client.master.as('ann'))).body).toMatchObject({
      type: 'system',
      senderId: null,
      seq: 2,
    });
  });

  it('in a channel is for owner and admins, unless posting is open', async () => {
    const members = [{ userId: 'ann', role: 'admin' }, 'bob'];
    const channel = await aRoom(client, { type: 'channel', members });
    const open = await aRoom(client, { type: 'channel', members, settings: { openPosting: true } });
    const status = async (api: Api, room: string) =>
      (await api.post('/messages', { roomId: room, content: 'x' })).status;

    expect(await status(ann, channel)).toBe(201);
    expect(await status(bob, channel)).toBe(403);
    expect(await status(bob, open)).toBe(201);
    expect(await status(client.master.as('anyone'), channel)).toBe(201);
  });
});

describe('a clientMessageId', () => {
  it('makes a retry the same message for ever: 200, replayed, with no number spent', async () => {
    const first = await send({ clientMessageId: 'c1' });
    await send({ content: 'In between' });
    await client.master.post(`/rooms/${roomId}/deactivate`);
    const again = await send({ clientMessageId: 'c1' });

    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await ann.get(`/rooms/${roomId}`)).body.lastSeq).toBe(2);
  });

  it.each([
    [{ content: 'Other' }],
    [{ contentType: 'text/markdown' }],
    [{ mentions: ['bob'] }],
    [{ metadata: { a: 1 } }],
    [{ attachments: [{ url: 'https://a.example', name: 'x', size: 1, mimeType: 'a/b' }] }],
  ])('with other content is 422: %j', async (change) => {
    await send({ clientMessageId: 'c1' });

    const { status, body } = await send({ clientMessageId: 'c1', ...change });

    expect([status, body.code]).toEqual([422, 'idempotency_mismatch']);
  });

  it('is the sender’s own, and the room’s', async () => {
    const other = await aRoom(client, { type: 'group', members: ['ann'] });
    const all = [
      await send({ clientMessageId: 'c1' }),
      await send({ clientMessageId: 'c1', content: 'Mine' }, bob),
      await send({ clientMessageId: 'c1', roomId: other, content: 'There' }),
    ];

    expect(all.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(all.map(({ body }) => body.id)).size).toBe(3);
  });

  it('of a system message, which has no sender, holds too', async () => {
    const system = { type: 'system', clientMessageId: 'migration-1' };

    const first = await send(system, client.master);
    const again = await send(system, client.master);
    const other = await send({ ...system, content: 'Other' }, client.master);

    expect([first.status, again.status, other.status]).toEqual([201, 200, 422]);
    expect(again.body).toEqual(first.body);
  });
});

describe('history', () => {
  beforeEach(() => talk(10));
  const page = async (query: string) => (await bob.get(`/messages?roomId=${roomId}&${query}`)).body;

  it.each([
    ['', upTo(10).reverse()],
    ['limit=3', [10, 9, 8]],
    ['before=4', [3, 2, 1]],
    ['before=4&limit=2', [3, 2]],
    ['before=1', []],
    ['before=0', []],
    ['before=999', upTo(10).reverse()],
    ['after=0', upTo(10)],
    ['after=7', [8, 9, 10]],
    ['after=0&limit=4', [1, 2, 3, 4]],
    ['after=10', []],
    ['after=999', []],
    ['around=5&limit=4', [7, 6, 5, 4]],
    ['around=5&limit=1', [5]],
    ['around=1&limit=4', [3, 2, 1]],
    ['around=10&limit=4', [10, 9, 8, 7]],
    ['around=999&limit=4', [10, 9, 8, 7]],
  ])('?%s', async (query, expected) => {
    expect(seqs(await page(query))).toEqual(expected);
  });

  it('goes on by its cursor, both ways, while messages arrive', async () => {
    const older = await page('limit=4');
    await talk(2);
    const oldest = await page(`limit=4&cursor=${older.nextCursor}`);
    const last = await page(`limit=4&cursor=${oldest.nextCursor}`);
    const forward = await page('after=0&limit=6');
    const rest = await page(`limit=50&cursor=${forward.nextCursor}`);
    const around = await page('around=6&limit=4');

    expect([...seqs(older), ...seqs(oldest), ...seqs(last)]).toEqual(upTo(10).reverse());
    expect(last.nextCursor).toBeNull();
    expect([...seqs(forward), ...seqs(rest)]).toEqual(upTo(12));
    expect(rest.nextCursor).toBeNull();
    expect(seqs(await page(`limit=50&cursor=${around.nextCursor}`))).toEqual(upTo(4).reverse());
  });

  it.each([
    ['before=5&after=2', '/after'],
    ['before=5&around=2', '/around'],
    ['before=-1', '/before'],
    ['after=x', '/after'],
    ['after=1.5', '/after'],
    ['limit=0', '/limit'],
    ['limit=101', '/limit'],
    ['cursor=broken', '/cursor'],
    [`cursor=${Buffer.from('["sideways",3]').toString('base64url')}`, '/cursor'],
    [`cursor=${Buffer.from('["before","3"]').toString('base64url')}`, '/cursor'],
    [`cursor=${Buffer.from('["before",3]').toString('base64url')}&before=4`, '/cursor'],
    ['colour=red', '/colour'],
  ])('is refused for ?%s', async (query, pointer) => {
    const body = await page(query);

    expect([body.status, body.code]).toEqual([400, 'validation_failed']);
    expect(body.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer);
  });

  it('has a place for every event: the feed numbers messages and changes alike', async () => {
    await client.master.post(`/rooms/${roomId}/members`, { userId: 'carol' });
    await talk(1);
    const read = async (query: string) => (await bob.get(`/rooms/${roomId}/events?${query}`)).body;
    const first = await read('after=9&limit=3');
    const rest = await read(`limit=3&cursor=${first.nextCursor}`);

    expect(first.data.map(({ ev, offset }: { ev: string; offset: number }) => [offset, ev])).toEqual([
      ...[10, 11].map((offset) => [offset, 'message.created']),
      [12, 'member.joined'],
    ]);
    expect(rest.data).toMatchObject([{ ev: 'message.created', roomId, offset: 13, data: { seq: 11 } }]);
    expect(rest.nextCursor).toBeNull();
    expect((await read('after=-1')).code).toBe('validation_failed');
    expect((await read('after=999')).data).toEqual([]);
  });
});
