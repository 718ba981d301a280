import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient, type TestUser } from '../builders/clients.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { rows } from '../support/rows.js';
import { aSocket, TRANSPORTS, type TestSocket } from '../support/sockets.js';

let app: TestApp;
let client: TestClient;
let other: TestClient;
let ann: TestUser;
let bob: TestUser;

beforeAll(async () => {
  app = await anApp();
  [client, other] = await Promise.all([aClient(app), aClient(app)]);
  [ann, bob] = await Promise.all([client.login('ann'), client.login('bob')]);
}, 60_000);

afterAll(() => app.close());

const aRoomOfBoth = (): Promise<string> =>
  aRoom(client, { type: 'group', members: [{ userId: 'ann', role: 'owner' }, 'bob'] });

async function aMessage(user: TestUser, roomId: string, content: string, more: object = {}) {
  const { status, body } = await user.api.post('/messages', { roomId, content, ...more });
  expect(status).toBe(201);
  return body as { id: string; seq: number; offset: number };
}

async function feedOf(roomId: string) {
  const { body } = await client.master.get(`/rooms/${roomId}/events?after=0&limit=100`);
  return (body as { data: { ev: string; offset: number; data: Record<string, unknown> }[] }).data;
}

describe('editing', () => {
  it('keeps what was said before, and tells the room', async () => {
    const roomId = await aRoomOfBoth();
    const { id, seq, offset } = await aMessage(ann, roomId, 'Where is my parcl?');

    const edited = await ann.api.patch(`/messages/${id}`, { content: 'Where is my parcel?' });
    const again = await ann.api.patch(`/messages/${id}`, { content: 'Where is my parcel?' });
    const versions = await client.master.get(`/messages/${id}/versions`);

    expect(edited.body).toMatchObject({ id, seq, offset, content: 'Where is my parcel?' });
    expect(edited.body.editedAt).not.toBeNull();
    expect(again.body).toEqual(edited.body);
    expect(versions.body.data).toEqual([expect.objectContaining({ version: 1, content: 'Where is my parcl?' })]);
    expect(await feedOf(roomId)).toMatchObject([
      { ev: 'room.created', offset: 1 },
      { ev: 'message.created', offset: 2 },
      { ev: 'message.updated', offset: 3, data: edited.body },
    ]);
  });

  it('is the sender’s own, and a master key’s', async () => {
    const roomId = await aRoomOfBoth();
    const { id } = await aMessage(bob, roomId, 'Mine');

    expect(await ann.api.patch(`/messages/${id}`, { content: 'Hers' })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect((await client.master.patch(`/messages/${id}`, { content: 'Ours' })).status).toBe(200);
    expect((await client.master.get(`/messages/${id}`)).body.content).toBe('Ours');
    expect((await bob.api.get(`/messages/${id}/versions`)).status).toBe(403);
  });

  it('is done two hundred times at most, as all versions are kept', async () => {
    const roomId = await aRoomOfBoth();
    const { id } = await aMessage(ann, roomId, 'Never mind');
    await rows(
      app,
      `INSERT INTO message_versions (client_id, message_id, version, content, created_at)
       SELECT client_id, id, n, 'Before', now() FROM messages CROSS JOIN generate_series(1, 199) AS n WHERE id = $1`,
      [id],
    );
    const edit = (content: string) => ann.api.patch(`/messages/${id}`, { content });

    expect((await edit('The last')).status).toBe(200);
    expect(await edit('One more')).toMatchObject({ status: 409, body: { code: 'too_many_edits', limit: 200 } });
    expect((await client.master.get(`/messages/${id}`)).body.content).toBe('The last');
    const { data } = (await client.master.get(`/messages/${id}/versions`)).body;
    expect(data).toHaveLength(200);
    expect(data.at(-1)).toMatchObject({ version: 200, content: 'Never mind' });
  });

  it('is refused in a room closed by hand', async () => {
    const roomId = await aRoomOfBoth();
    const { id } = await aMessage(ann, roomId, 'Open');
    await client.master.post(`/rooms/${roomId}/deactivate`);

    expect(await ann.api.patch(`/messages/${id}`, { content: 'Closed' })).toMatchObject({
      status: 409,
      body: { code: 'room_inactive' },
    });
  });
});

describe('deleting', () => {
  it('leaves a tombstone in its place, and nothing of it anywhere', async () => {
    const roomId = await aRoomOfBoth();
    const sent = { attachments: [{ url: 'https://a.example/x', name: 'x', size: 1, mimeType: 'a/b' }] };
    const { id, seq } = await aMessage(ann, roomId, 'Something xylophonic', { ...sent, mentions: ['bob'] });
    await bob.api.put(`/messages/${id}/reactions/${encodeURIComponent('👍')}`, undefined);
    await ann.api.patch(`/messages/${id}`, { content: 'Something xylophonical' });

    expect((await ann.api.delete(`/messages/${id}`)).status).toBe(204);
    expect((await ann.api.delete(`/messages/${id}`)).status).toBe(204);

    const { body } = await bob.api.get(`/messages/${id}`);
    expect(body).toMatchObject({ id, seq, content: null, attachments: [], mentions: [], reactions: [], metadata: {} });
    expect(body.deletedAt).not.toBeNull();
    const feed = await feedOf(roomId);
    expect(feed.map(({ ev }) => ev)).toEqual([
      'room.created',
      'message.created',
      'reaction.added',
      'message.updated',
      'message.deleted',
    ]);
    expect(JSON.stringify(feed)).not.toContain('xylophonic');
    expect((await client.master.get('/messages/search?q=xylophonic')).body.data).toEqual([]);
    expect(await ann.api.patch(`/messages/${id}`, { content: 'Back' })).toMatchObject({
      status: 409,
      body: { code: 'message_deleted' },
    });
  });

  it('answers the retry of a deleted message with its tombstone', async () => {
    const roomId = await aRoomOfBoth();
    const message = { roomId, content: 'Once', clientMessageId: 'c-1' };
    const { body } = await ann.api.post('/messages', message);
    await ann.api.delete(`/messages/${body.id}`);

    expect(await ann.api.post('/messages', message)).toMatchObject({
      status: 200,
      body: { id: body.id, content: null },
    });
  });

  it('is the sender’s, the room’s admins’ and a master key’s', async () => {
    const roomId = await aRoomOfBoth();
    const hers = await aMessage(ann, roomId, 'Hers');
    const his = await aMessage(bob, roomId, 'His');

    expect((await bob.api.delete(`/messages/${hers.id}`)).status).toBe(403);
    expect((await ann.api.delete(`/messages/${his.id}`)).status).toBe(204);
  });
});

describe('reactions', () => {
  it('are counted by emoji in the order they came, once per user', async () => {
    const roomId = await aRoomOfBoth();
    const { id } = await aMessage(ann, roomId, 'Good news');
    const heart = `/messages/${id}/reactions/${encodeURIComponent('❤️')}`;

    await bob.api.put(heart, undefined);
    await bob.api.put(heart, undefined);
    await ann.api.put(`/messages/${id}/reactions/tada`, undefined);
    const { body } = await ann.api.put(heart, undefined);

    const reactions = [
      { emoji: '❤️', count: 2, userIds: ['bob', 'ann'] },
      { emoji: 'tada', count: 1, userIds: ['ann'] },
    ];
    expect(body).toEqual({ messageId: id, emoji: '❤️', userId: 'ann', reactions });
    expect((await bob.api.get(`/messages/${id}`)).body.reactions).toEqual(reactions);
    expect((await bob.api.get(`/messages?roomId=${roomId}`)).body.data[0].reactions).toEqual(reactions);
    expect((await feedOf(roomId)).map(({ ev }) => ev)).toEqual([
      'room.created',
      'message.created',
      'reaction.added',
      'reaction.added',
      'reaction.added',
    ]);
  });

  it('are taken back by whoever gave them', async () => {
    const roomId = await aRoomOfBoth();
    const { id } = await aMessage(ann, roomId, 'Hm');
    await bob.api.put(`/messages/${id}/reactions/ok`, undefined);

    expect((await ann.api.delete(`/messages/${id}/reactions/ok`)).body.reactions).toHaveLength(1);
    expect((await bob.api.delete(`/messages/${id}/reactions/ok`)).body.reactions).toEqual([]);
    expect((await feedOf(roomId)).at(-1)).toMatchObject({
      ev: 'reaction.removed',
      data: { messageId: id, emoji: 'ok', userId: 'bob', reactions: [] },
    });
  });

  it('are fifty different ones at most', async () => {
    const roomId = await aRoomOfBoth();
    const { id } = await aMessage(ann, roomId, 'Popular');
    const react = (emoji: string) => ann.api.put(`/messages/${id}/reactions/${emoji}`, undefined);
    await Promise.all(Array.from({ length: 50 }, (_, n) => react(`e${n}`)));

    expect(await react('one-more')).toMatchObject({ status: 409, body: { code: 'too_many_reactions', limit: 50 } });
    expect((await react('e7')).status).toBe(200);
  });
});

describe('pins', () => {
  it('are set by admins and listed, the last pinned first', async () => {
    const roomId = await aRoomOfBoth();
    const first = await aMessage(ann, roomId, 'Rules');
    const second = await aMessage(bob, roomId, 'More rules');

    expect((await bob.api.post(`/messages/${first.id}/pin`)).status).toBe(403);
    await ann.api.post(`/messages/${first.id}/pin`);
    await ann.api.post(`/messages/${second.id}/pin`);
    const page = await bob.api.get(`/rooms/${roomId}/pins?limit=1`);
    const next = await bob.api.get(`/rooms/${roomId}/pins?cursor=${page.body.nextCursor}`);
    const unpinned = await ann.api.delete(`/messages/${first.id}/pin`);

    expect([...page.body.data, ...next.body.data].map(({ id }) => id as string)).toEqual([second.id, first.id]);
    expect(next.body.nextCursor).toBeNull();
    expect(unpinned.body.pinnedAt).toBeNull();
    expect((await feedOf(roomId)).slice(-3).map(({ ev }) => ev)).toEqual([
      'message.pinned',
      'message.pinned',
      'message.unpinned',
    ]);
  });
});

describe('replies', () => {
  it('are listed oldest first, and only to who is in the room', async () => {
    const roomId = await aRoomOfBoth();
    const { id } = await aMessage(ann, roomId, 'Who comes?');
    const replies = [];
    for (const content of ['I', 'Me too', 'And I']) replies.push(await aMessage(bob, roomId, content, { replyTo: id }));

    const page = await ann.api.get(`/messages/${id}/replies?limit=2`);
    const rest = await ann.api.get(`/messages/${id}/replies?cursor=${page.body.nextCursor}`);
    const eve = await client.login('eve');

    expect([...page.body.data, ...rest.body.data].map((reply) => reply.id)).toEqual(replies.map((reply) => reply.id));
    expect((await eve.api.get(`/messages/${id}/replies`)).status).toBe(404);
  });
});

describe('search', () => {
  it('finds words whatever their case and accents, in any script, in the rooms one is in', async () => {
    const roomId = await aRoomOfBoth();
    const elsewhere = await aRoom(client, { type: 'group', members: ['bob'] });
    const cafe = await aMessage(ann, roomId, 'Meet at the Café <Zürich>, Ångström street');
    const tokyo = await aMessage(ann, roomId, '東京で会いましょう');
    const hidden = await aMessage(bob, elsewhere, 'A secret cafe');

    const found = async (api: typeof ann.api, q: string) =>
      (await api.get(`/messages/search?q=${encodeURIComponent(q)}`)).body.data as { id: string; highlight: string }[];
    const ids = async (api: typeof ann.api, q: string) => (await found(api, q)).map(({ id }) => id);

    expect(await ids(ann.api, 'CAFE zurich')).toEqual([cafe.id]);
    expect(await ids(ann.api, 'ångs')).toEqual([cafe.id]);
    expect(await ids(ann.api, '東京')).toEqual([tokyo.id]);
    expect(await ids(bob.api, 'cafe')).toEqual([hidden.id, cafe.id]);
    expect(await ids(client.master, 'cafe')).toEqual([hidden.id, cafe.id]);
    expect(await ids(ann.api, 'cafe tokyo')).toEqual([]);
    expect(await ids(ann.api, "'; -- | & ! :*")).toEqual([]);
    expect((await found(ann.api, 'zurich'))[0]?.highlight).toBe(
      'Meet at the Café &lt;<mark>Zürich</mark>&gt;, Ångström street',
    );
    expect((await ann.api.get(`/messages/search?q=cafe&roomId=${elsewhere}`)).status).toBe(404);
    expect((await other.master.get('/messages/search?q=cafe')).body.data).toEqual([]);
  });

  it('pages, and follows edits', async () => {
    const roomId = await aRoomOfBoth();
    for (let n = 0; n < 5; n++) await aMessage(ann, roomId, `quokka ${n}`);
    const edited = await aMessage(ann, roomId, 'a wombat');
    await ann.api.patch(`/messages/${edited.id}`, { content: 'a quokka' });

    const contents: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await ann.api.get(`/messages/search?q=quokka&limit=2${cursor}`);
      contents.push(...body.data.map(({ content }: { content: string }) => content));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }

    expect(contents).toEqual(['a quokka', 'quokka 4', 'quokka 3', 'quokka 2', 'quokka 1', 'quokka 0']);
    expect((await ann.api.get('/messages/search?q=wombat')).body.data).toEqual([]);
  });
});

describe.each(TRANSPORTS)('changes over %s', (transport) => {
  let hers: TestSocket;
  let his: TestSocket;
  let roomId: string;

  beforeAll(async () => {
    roomId = await aRoomOfBoth();
    hers = await aSocket(transport, app.url, ann.apiKey);
    his = await aSocket(transport, app.url, bob.apiKey);
  });

  afterAll(() => {
    hers.close();
    his.close();
  });

  it('are answered, and told to the others as the REST view', async () => {
    const { ok: sent } = await hers.command('message.send', { roomId, content: 'A' });
    const messageId = sent.message.id;
    const edited = await hers.command('message.edit', { messageId, content: 'B' });
    const added = await his.command('reaction.add', { messageId, emoji: '👍' });
    const removed = await his.command('reaction.remove', { messageId, emoji: '👍' });
    const refused = await his.command('message.delete', { messageId });
    const deleted = await hers.command('message.delete', { messageId });

    expect(edited.ok.message).toMatchObject({ id: messageId, content: 'B' });
    expect(refused.error).toMatchObject({ code: 'forbidden', temporary: false });
    expect(await his.hears('message.updated')).toMatchObject({ roomId, data: edited.ok.message });
    expect(await hers.hears('reaction.added')).toMatchObject({ roomId, data: added.ok });
    expect(await hers.hears('reaction.removed')).toMatchObject({ roomId, data: removed.ok });
    expect(await his.hears('message.deleted')).toMatchObject({ roomId, data: deleted.ok.message });
    const offsets = his.heard.filter((push) => push.roomId === roomId).flatMap(({ offset }) => offset ?? []);
    expect(offsets).toEqual(offsets.map((_, n) => (offsets[0] ?? 0) + n));
  });
});

describe('another client', () => {
  it('finds nothing by any of these doors, as for a random id', async () => {
    const roomId = await aRoomOfBoth();
    const { id } = await aMessage(ann, roomId, 'Ours');
    const stranger = other.master.as('ann');
    const random = '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c99';
    const calls = (message: string) => [
      stranger.patch(`/messages/${message}`, { content: 'Theirs' }),
      stranger.delete(`/messages/${message}`),
      stranger.get(`/messages/${message}/versions`),
      stranger.get(`/messages/${message}/replies`),
      stranger.put(`/messages/${message}/reactions/x`, undefined),
      stranger.delete(`/messages/${message}/reactions/x`),
      stranger.post(`/messages/${message}/pin`),
      stranger.delete(`/messages/${message}/pin`),
      stranger.get(`/messages/${message}/receipts`),
      stranger.get(`/messages/${message}/trace`),
    ];
    const foreign = await Promise.all(calls(id));
    const unknown = await Promise.all(calls(random));

    const bare = ({ status, body }: { status: number; body: object }) => ({ status, body: { ...body, requestId: '' } });
    expect(foreign.map(({ status }) => status)).toEqual(foreign.map(() => 404));
    expect(foreign.map(bare)).toEqual(unknown.map(bare));
  });
});

describe('a trace', () => {
  it('tells how far a message has come', async () => {
    const roomId = await aRoomOfBoth();
    const his = await aSocket('raw', app.url, bob.apiKey);
    const { id, seq } = await aMessage(ann, roomId, 'Read me');
    await his.hears('message.created');
    await his.command('receipt.read', { roomId, seq });
    his.close();

    const steps = await eventually(async () => {
      const { body } = await client.master.get(`/messages/${id}/trace`);
      return body.steps.some(({ step }: { step: string }) => step === 'fanned_out') && body.steps;
    });
    expect(steps.slice(0, 2)).toMatchObject([{ step: 'stored' }, { step: 'fanned_out', sockets: 1 }]);
    const receipts = await ann.api.get(`/messages/${id}/receipts`);
    expect(receipts.body).toMatchObject([{ userId: 'bob' }]);
  });
});
