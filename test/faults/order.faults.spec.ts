import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aClient, aRoom, type TestClient } from '../builders/clients.js';
import type { Api } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { OpenSockets } from '../support/open-sockets.js';
import { rows } from '../support/rows.js';
import { TRANSPORTS } from '../support/sockets.js';

let app: TestApp;
/** A second node on the same Redis. */
let elsewhere: TestApp;
let client: TestClient;
/** Users who can send, with their keys. */
const senders = Array.from({ length: 20 }, (_, n) => `sender${n}`);
let keys: string[];
const sockets = new OpenSockets();

beforeAll(async () => {
  app = await anApp();
  elsewhere = await app.another();
  client = await aClient(app, { settings: { limits: { requestsPerSecond: 10_000, requestsPerMinute: 100_000 } } });
  const keyOf = async (userId: string) => {
    const wish = { name: userId, type: 'scoped', userId, scopes: ['messages:read', 'messages:write'] };
    return String((await client.master.post('/clients/me/keys', wish)).body.key);
  };
  keys = await Promise.all(senders.map(keyOf));
}, 60_000);

afterEach(() => sockets.closeAll());
afterAll(() => app.close());

const upTo = (count: number, first = 1): number[] => Array.from({ length: count }, (_, n) => n + first);
const nodes = () => [app.api(client.masterKey), elsewhere.api(client.masterKey)];

/** Every item of a list, page by page; `first` is asked of the first page only. */
async function allPages(
  api: Api,
  path: string,
  { first = '', between = () => Promise.resolve() }: { first?: string; between?: () => Promise<unknown> } = {},
) {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- items of any list
  const items: any[] = [];
  for (let cursor: string | null = ''; cursor !== null; await between()) {
    const { status, body } = await api.get(path + (cursor ? `&cursor=${cursor}` : first));
    expect(status).toBe(200);
    items.push(...body.data);
    cursor = body.nextCursor;
  }
  return items;
}

describe.each(TRANSPORTS)('every message has its number, over %s', (transport) => {
  it('gapless and in one order for every member, with 20 senders on two nodes', async () => {
    const roomId = await aRoom(client, { type: 'group', members: [...senders, 'reader'] });
    const reader = await client.login('reader');
    const ears = [
      await sockets.open(transport, app.url, reader.apiKey),
      await sockets.open(transport, elsewhere.url, reader.apiKey),
    ];
    const mouths = await Promise.all(keys.map((key, n) => sockets.open(transport, (n % 2 ? app : elsewhere).url, key)));

    const answers = await Promise.all(
      mouths.flatMap((mouth, who) =>
        upTo(10).map((n) => mouth.command('message.send', { roomId, content: `${who}/${n}` })),
      ),
    );
    await Promise.all([...ears, ...mouths].map((socket) => socket.hears('message.created', 200)));

    expect(answers.filter(({ ok }) => ok?.duplicate !== false)).toEqual([]);
    expect(answers.map(({ ok }) => Number(ok.message.seq)).sort((a, b) => a - b)).toEqual(upTo(200));
    const [first] = ears;
    expect(first?.of('message.created').map(({ data }) => data.seq)).toEqual(upTo(200));
    expect(first?.of('message.created').map(({ offset }) => offset)).toEqual(upTo(200, 2));
    for (const socket of [...ears, ...mouths]) {
      expect(socket.of('message.created').map(({ data }) => data.id)).toEqual(
        first?.of('message.created').map(({ data }) => data.id),
      );
    }
    // Each sender's own messages keep the order they were sent in.
    for (const who of senders.keys()) {
      const own = first?.of('message.created').filter(({ data }) => data.content.startsWith(`${who}/`));
      expect(own?.map(({ data }) => data.content)).toEqual(upTo(10).map((n) => `${who}/${n}`));
    }
  }, 40_000);

  it('and the two nodes on one Redis deliver to each other’s sockets', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann', 'bob'] });
    const [ann, bob] = await Promise.all([client.login('ann'), client.login('bob')]);
    const here = await sockets.open(transport, app.url, ann.apiKey);
    const there = await sockets.open(transport, elsewhere.url, bob.apiKey);

    const fromHere = await here.command('message.send', { roomId, content: 'From here' });
    const fromThere = await there.command('message.send', { roomId, content: 'From there' });

    expect((await there.hears('message.created', 1)).data).toEqual(fromHere.ok.message);
    expect((await here.hears('message.created', 2)).data).toEqual(fromThere.ok.message);
  });
});

describe('a retry is one message, by its own id', () => {
  it('however many come at once, over REST of two nodes: one number, one row, the same answer', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    const body = { roomId, content: 'Once', clientMessageId: 'retry-1' };

    const answers = await Promise.all(upTo(40).map((n) => nodes()[n % 2]!.as('ann').post('/messages', body)));

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(39);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(39);
    expect((await client.master.get(`/rooms/${roomId}`)).body).toMatchObject({ lastSeq: 1, head: 2 });
  });
});

describe('two people have one direct room', () => {
  it('under a race of 50, from both sides, over two nodes', async () => {
    const wishes = upTo(50).map((n) => {
      const [actor, other] = n % 3 ? ['romeo', 'juliet'] : ['juliet', 'romeo'];
      return nodes()
        [n % 2]!.as(actor)
        .post('/rooms', { type: 'direct', members: [other] });
    });

    const answers = await Promise.all(wishes);

    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(49);
    expect((await client.master.get('/rooms/all?type=direct&memberId=romeo')).body.data).toHaveLength(1);
  });
});

describe('paging loses no ties', () => {
  it('of messages stored in the same millisecond', async () => {
    const roomId = await aRoom(client, { type: 'group', members: ['ann'] });
    await Promise.all(upTo(25).map((n) => client.master.as('ann').post('/messages', { roomId, content: `${n}` })));
    await rows(app, `UPDATE messages SET created_at = '2026-01-01' WHERE room_id = $1`, [roomId]);

    const newestFirst = await allPages(client.master, `/messages?roomId=${roomId}&limit=4`);
    const oldestFirst = await allPages(client.master, `/messages?roomId=${roomId}&limit=4`, { first: '&after=0' });

    expect(newestFirst.map(({ seq }) => seq)).toEqual(upTo(25).reverse());
    expect(oldestFirst.map(({ seq }) => seq)).toEqual(upTo(25));
  });

  it('of rooms used at the same moment, with rooms arriving meanwhile', async () => {
    const ids = await Promise.all(upTo(23).map(() => aRoom(client, { type: 'group', members: ['tess'] })));
    await rows(app, `UPDATE rooms SET last_activity_at = '2026-01-01' WHERE id = ANY ($1)`, [ids]);
    const arriving = () => aRoom(client, { type: 'group', members: ['tess'] });

    const own = await allPages(client.master.as('tess'), '/rooms?limit=5', { between: arriving });
    const all = await allPages(client.master, '/rooms/all?limit=5&memberId=tess', { between: arriving });

    expect(own.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const seen = all.map(({ id }) => id);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(ids));
  });

  it('of keys made in the same millisecond', async () => {
    const other = await aClient(app);
    await rows(
      app,
      `INSERT INTO api_keys (key_id, client_id, name, type, origin, hash, last_four, created_at)
       SELECT 't' || lpad(n::text, 11, '0'), $1, 'tie', 'scoped', 'manual', 'x', 'xxxx', '2026-01-01' FROM generate_series(1, 23) n`,
      [other.id],
    );

    const keys = await allPages(other.master, '/clients/me/keys?limit=5');

    expect(keys).toHaveLength(24);
    expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(24);
  });

  it('of members, whatever their names', async () => {
    const members = ['Ann', 'ann', 'änn', 'ANN', '安', 'a b', 'a/b', 'a%b', '-', '☃', ...upTo(20).map((n) => `u${n}`)];
    const roomId = await aRoom(client, { type: 'group', members });

    const found = await allPages(client.master, `/rooms/${roomId}/members?limit=3`);

    expect(found.map(({ userId }) => userId).sort()).toEqual([...members].sort());
  });
});
