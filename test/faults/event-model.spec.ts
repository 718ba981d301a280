import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { aClient, type TestClient, type TestUser } from '../builders/clients.js';
import type { Api } from '../support/api.js';
import { anApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { applied, type Picture, pictureOf } from '../support/room-picture.js';
import { aSocket, type Heard, type TestSocket, TRANSPORTS } from '../support/sockets.js';

jest.setTimeout(180_000);

const USERS = ['ann', 'bob', 'cleo'] as const;
type Name = (typeof USERS)[number];

const KINDS = ['send', 'edit', 'delete', 'react', 'unreact', 'pin', 'unpin', 'cut', 'invite', 'remove'] as const;

/** What people do to a room. Targets are picked by number among what is there at that moment. */
interface Act {
  readonly kind: (typeof KINDS)[number];
  readonly by: Name;
  readonly node: number;
  readonly pick: number;
}

const acts = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS, 'send' as const, 'send' as const),
    by: fc.constantFrom(...USERS),
    node: fc.nat(1),
    pick: fc.nat(20),
  }),
  { minLength: 10, maxLength: 50 },
);

let nodes: TestApp[];
let client: TestClient;
let users: ReadonlyMap<Name, TestUser>;

beforeAll(async () => {
  const first = await anApp();
  nodes = [first, await first.another()];
  client = await aClient(first, { settings: { limits: { requestsPerSecond: 100_000, requestsPerMinute: 1_000_000 } } });
  users = new Map(await Promise.all(USERS.map(async (name) => [name, await client.login(name)] as const)));
}, 60_000);

afterAll(() => nodes[0]?.close());

const nodeAt = (n: number): TestApp => nodes[n % nodes.length] ?? (nodes[0] as TestApp);
const userOf = (name: Name): TestUser => users.get(name) as TestUser;

/** One user's app: a picture of the room, kept true by events and by `sync` after each gap or cut. */
class Watcher {
  picture: Picture | null = null;
  readonly seen: Heard[] = [];
  private socket?: TestSocket;
  private taken = 0;

  constructor(
    private readonly name: Name,
    private readonly roomId: string,
  ) {}

  async connect(n: number): Promise<void> {
    this.socket?.close();
    this.taken = 0;
    this.socket = await aSocket(TRANSPORTS[n % 2] ?? 'raw', nodeAt(n).url, userOf(this.name).apiKey);
    await this.catchUp();
  }

  /** Applies what was heard; on a gap asks for what is missing, however often. */
  async catchUp(): Promise<void> {
    const heard = this.socket?.heard.slice(this.taken) ?? [];
    this.taken += heard.length;
    for (const push of heard) if (push.roomId === this.roomId && push.offset !== undefined) this.seen.push(push);
    if (!this.picture) return;
    for (const push of heard) {
      if (push.roomId === this.roomId && push.offset === this.picture.offset + 1)
        this.picture = applied(this.picture, push);
    }
    const answer = await this.socket?.command('sync', {
      rooms: [{ roomId: this.roomId, offset: this.picture.offset }],
    });
    const [room] = (answer?.ok?.rooms ?? []) as { recovered: boolean; events: Heard[] }[];
    if (!room?.recovered)
      this.picture = null; // no longer a member
    else for (const event of room.events) this.picture = applied(this.picture, event);
  }

  close(): void {
    this.socket?.close();
  }
}

async function perform(act: Act, roomId: string, watchers: ReadonlyMap<Name, Watcher>): Promise<void> {
  const { kind, by, node, pick } = act;
  const app = nodeAt(node);
  const api: Api = app.api(userOf(by).apiKey);
  if (kind === 'cut') return watchers.get(by)?.connect(pick);
  const other = USERS[pick % USERS.length] ?? 'bob';
  const known = await targetOf(app, roomId, pick);
  const message = `/messages/${known}`;
  await {
    send: () => api.post('/messages', { roomId, content: `${by} ${pick}` }),
    invite: () => api.post(`/rooms/${roomId}/members`, { userId: other }),
    remove: () => (other === 'ann' ? undefined : api.delete(`/rooms/${roomId}/members/${other}`)),
    edit: () => api.patch(message, { content: `${by} changed it ${pick}` }),
    delete: () => api.delete(message),
    react: () => api.put(`${message}/reactions/e${pick % 2}`, undefined),
    unreact: () => api.delete(`${message}/reactions/e${pick % 2}`),
    pin: () => api.post(`${message}/pin`),
    unpin: () => api.delete(`${message}/pin`),
  }[kind]();
}

/** One of the last messages; before there is any, one that does not exist. */
async function targetOf(app: TestApp, roomId: string, pick: number): Promise<string> {
  const { body } = await app.api(client.masterKey).get(`/messages?roomId=${roomId}&limit=2`);
  const messages = body.data as { id: string }[];
  return messages[pick % Math.max(1, messages.length)]?.id ?? roomId;
}

/** In lanes that run at once: whatever order the service puts them in must be one order for all. */
async function performAll(list: readonly Act[], roomId: string, watchers: ReadonlyMap<Name, Watcher>): Promise<void> {
  const lanes = USERS.map((name) => list.filter(({ by }) => by === name));
  await Promise.all(
    lanes.map(async (lane) => {
      for (const act of lane) await perform(act, roomId, watchers);
    }),
  );
}

it('a picture at any offset and the events after it make the picture of now, on every node and for every member', async () => {
  await fc.assert(
    fc.asyncProperty(acts, acts, async (before, after) => {
      const { body: room } = await client.master.post('/rooms', {
        type: 'group',
        members: [{ userId: 'ann', role: 'owner' }, { userId: 'bob', role: 'admin' }, 'cleo'],
      });
      const roomId = room.id as string;
      const watchers = new Map(USERS.map((name) => [name, new Watcher(name, roomId)] as const));
      await Promise.all([...watchers.values()].map((watcher, n) => watcher.connect(n)));

      await performAll(before, roomId, watchers);
      const members = await client.master.get(`/rooms/${roomId}/members`);
      for (const { userId } of members.body.data as { userId: Name }[]) {
        const watcher = watchers.get(userId);
        if (watcher) watcher.picture = await pictureOf(userOf(userId).api, roomId);
      }
      const early = await pictureOf(client.master, roomId);
      await performAll(after, roomId, watchers);

      const now = await pictureOf(client.master, roomId);
      const { body: feed } = await client.master.get(`/rooms/${roomId}/events?after=${early.offset}&limit=100`);
      expect((feed.data as Heard[]).map(({ offset }) => offset)).toEqual(
        Array.from({ length: now.offset - early.offset }, (_, n) => early.offset + 1 + n),
      );
      expect((feed.data as Heard[]).reduce(applied, early)).toEqual(now);
      for (const watcher of watchers.values()) {
        await eventually(async () => {
          await watcher.catchUp();
          expect([null, now]).toContainEqual(watcher.picture);
          return true;
        });
        watcher.close();
      }
      expectOnlyWhileMember(watchers, await feedOf(roomId));
    }),
    { numRuns: 12, endOnFailure: true },
  );
});

async function feedOf(roomId: string): Promise<Heard[]> {
  const all: Heard[] = [];
  for (let after = 0; ;) {
    const { body } = await client.master.get(`/rooms/${roomId}/events?after=${after}&limit=100`);
    all.push(...(body.data as Heard[]));
    if (body.nextCursor === null) return all;
    after = all.at(-1)?.offset ?? after;
  }
}

/** Nobody hears of a room after the event that took them out, and before the one that let them in. */
function expectOnlyWhileMember(watchers: ReadonlyMap<Name, Watcher>, feed: readonly Heard[]): void {
  for (const [name, watcher] of watchers) {
    let inside = true;
    const allowed = new Set<number>([1]);
    for (const { ev, offset = 0, data } of feed) {
      if (data.userId === name && ev === 'member.joined') inside = true;
      if (inside) allowed.add(offset);
      if (data.userId === name && (ev === 'member.left' || ev === 'member.removed')) inside = false;
    }
    for (const { offset = 0 } of watcher.seen) expect(allowed).toContain(offset);
  }
}
