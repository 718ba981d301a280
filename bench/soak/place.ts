import type { Api, Reply } from '../../test/support/api.js';
import { query } from '../bench.js';
import type { Person } from './member.js';
import { type DurableEvent, type Entry, entryOf } from './room-log.js';
import type { Said } from './verdict.js';

const ROOMS_AT_ONCE = 4;
const PAGE = 100;

/** Who is in which room: everybody in two of so many members, one with their neighbours and one with people from all over. */
export function groupsOf(users: readonly string[], size: number): string[][] {
  const count = Math.ceil(users.length / size);
  const numbers = Array.from({ length: count }, (_, n) => n);
  const neighbours = numbers.map((n) => users.slice(n * size, (n + 1) * size));
  const strangers = numbers.map((n) => users.filter((_user, at) => at % count === n));
  return [...neighbours, ...strangers];
}

/** The members of the rooms, half of them on each transport; `keys` are those of `user-0`, `user-1` and so on. */
export function peopleOf(keys: readonly string[], rooms: ReadonlyMap<string, readonly string[]>): Person[] {
  const roomsOf = new Map<string, string[]>(keys.map((_key, n) => [`user-${n}`, []]));
  for (const [roomId, members] of rooms) for (const userId of members) roomsOf.get(userId)?.push(roomId);
  return [...roomsOf].map(([userId, own], n) => {
    // Two by two, so that each node has both.
    const transport = n % 4 < 2 ? 'raw' : 'socket.io';
    return { userId, key: keys[n]!, transport, rooms: own };
  });
}

/** Makes the rooms. @returns their members, by the ids they got */
export async function roomsOf(
  groups: readonly string[][],
  make: (members: readonly string[]) => Promise<string>,
): Promise<Map<string, readonly string[]>> {
  const rooms = new Map<string, readonly string[]>();
  await inTurns(groups, async (members) => void rooms.set(await make(members), members));
  return rooms;
}

/** Every message that there is. */
export function storedIn(databaseUrl: string): Promise<Said[]> {
  return query<Said>(
    databaseUrl,
    `SELECT client_message_id AS "clientMessageId", room_id AS "roomId", id, seq::integer AS seq, "offset"::integer AS "offset"
       FROM messages`,
  );
}

/** What REST says happened in each room, from its beginning. */
export async function feedsOf(master: Api, roomIds: readonly string[]): Promise<Map<string, Entry[]>> {
  const feeds = new Map<string, Entry[]>();
  await inTurns(roomIds, async (roomId) => void feeds.set(roomId, await feedOf(master, roomId)));
  return feeds;
}

async function feedOf(master: Api, roomId: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let place: string | null = 'after=0'; place !== null;) {
    const reply: Reply = await master.get(`/rooms/${roomId}/events?limit=${PAGE}&${place}`);
    if (reply.status !== 200) throw new Error(`No feed of ${roomId}: ${reply.status}`);
    const page = reply.body as { data: DurableEvent[]; nextCursor: string | null };
    entries.push(...page.data.map(entryOf));
    place = page.nextCursor === null ? null : `cursor=${page.nextCursor}`;
  }
  return entries;
}

async function inTurns<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const next = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await each(item);
  };
  await Promise.all(Array.from({ length: ROOMS_AT_ONCE }, next));
}
