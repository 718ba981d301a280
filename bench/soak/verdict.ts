import type { Entry } from './room-log.js';

/** A message as it was acknowledged, or as it is stored. */
export interface Said {
  readonly clientMessageId: string;
  readonly roomId: string;
  readonly id: string;
  readonly seq: number;
  readonly offset: number;
}

export interface Log {
  readonly userId: string;
  readonly roomId: string;
  readonly entries: readonly Entry[];
}

export interface Evidence {
  readonly acknowledged: readonly Said[];
  /** Every row of the database. */
  readonly stored: readonly Said[];
  /** By room, as `GET /rooms/{id}/events` shows it. */
  readonly feeds: ReadonlyMap<string, readonly Entry[]>;
  readonly logs: readonly Log[];
}

/** What must not be, each fault in words. */
export interface Verdict {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly disordered: readonly string[];
}

/**
 * Whether every acknowledged message is stored once, as it was acknowledged; whether each room's feed has each of its messages
 * once, without gaps and in its sender's order; and whether each member's log is the feed.
 */
export function verdictOn({ acknowledged, stored, feeds, logs }: Evidence): Verdict {
  const found = new Findings();
  found.storage(acknowledged, stored);
  const byRoom = groupedBy(stored, ({ roomId }) => roomId);
  for (const roomId of new Set([...byRoom.keys(), ...feeds.keys()])) {
    const feed = feeds.get(roomId) ?? [];
    const whose = `The feed of ${roomId}`;
    found.holding(whose, feed, byRoom.get(roomId) ?? []);
    found.numbers(roomId, byRoom.get(roomId) ?? []);
    found.sendersOrder(whose, feed);
  }
  for (const { userId, roomId, entries } of logs) {
    const whose = `${userId} in ${roomId}`;
    const feed = feeds.get(roomId) ?? [];
    found.holding(whose, entries, feed);
    found.difference(whose, entries, feed);
  }
  return found;
}

class Findings implements Verdict {
  readonly lost: string[] = [];
  readonly doubled: string[] = [];
  readonly disordered: string[] = [];

  storage(acknowledged: readonly Said[], stored: readonly Said[]): void {
    const rows = groupedBy(stored, ({ clientMessageId }) => clientMessageId);
    for (const said of acknowledged) {
      const [row] = rows.get(said.clientMessageId) ?? [];
      if (!row) this.lost.push(`${nameOf(said)} was acknowledged and is not stored.`);
      else if (!isSame(said, row))
        this.disordered.push(`${nameOf(said)} was acknowledged as ${placeOf(said)} and is stored as ${placeOf(row)}.`);
    }
    for (const [clientMessageId, { length }] of rows)
      if (length > 1) this.doubled.push(`${clientMessageId} is stored ${length} times.`);
  }

  numbers(roomId: string, stored: readonly Said[]): void {
    const inOrder = [...stored].sort((a, b) => a.offset - b.offset);
    const wrong = inOrder.findIndex(({ seq }, n) => seq !== n + 1);
    if (wrong !== -1) this.disordered.push(`${roomId} has ${placeOf(inOrder[wrong]!)} as its message ${wrong + 1}.`);
  }

  /** Everything that is expected once, under offsets without gaps. */
  holding(whose: string, entries: readonly Entry[], expected: readonly Pick<Entry, 'id' | 'clientMessageId'>[]): void {
    const times = new Map<string, number>();
    for (const { id } of entries) if (id !== null) times.set(id, (times.get(id) ?? 0) + 1);
    for (const message of expected)
      if (message.id !== null && !times.has(message.id)) this.lost.push(`${whose} lacks ${nameOf(message)}.`);
    for (const [id, count] of times) if (count > 1) this.doubled.push(`${whose} has ${id} ${count} times.`);
    const wrong = entries.findIndex(({ offset }, n) => offset !== n + 1);
    if (wrong !== -1) this.disordered.push(`${whose} has offset ${entries[wrong]!.offset} where ${wrong + 1} belongs.`);
  }

  /** A sender waits for each acknowledgement, and numbers what they send at the end of its id. */
  sendersOrder(whose: string, feed: readonly Entry[]): void {
    const last = new Map<string, number>();
    for (const { clientMessageId } of feed) {
      if (clientMessageId === null) continue;
      const space = clientMessageId.lastIndexOf(' ');
      const [sender, n] = [clientMessageId.slice(0, space), Number(clientMessageId.slice(space))];
      if (n <= (last.get(sender) ?? 0))
        this.disordered.push(`${whose} has ${clientMessageId} after ${last.get(sender)}.`);
      last.set(sender, n);
    }
  }

  difference(whose: string, entries: readonly Entry[], feed: readonly Entry[]): void {
    const length = Math.max(entries.length, feed.length);
    for (let n = 0; n < length; n++) {
      const [one, other] = [entries[n], feed[n]];
      if (one?.id === other?.id && one?.ev === other?.ev) continue;
      const [has, feedHas] = [one, other].map((entry) => (entry ? `${entry.ev} ${nameOf(entry)}` : 'nothing'));
      this.disordered.push(`${whose} has ${has} at ${n + 1}, the feed ${feedHas}.`);
      return;
    }
  }
}

const nameOf = ({ id, clientMessageId }: Pick<Entry, 'id' | 'clientMessageId'>): string =>
  `"${clientMessageId}" (${id})`;

const placeOf = ({ id, seq, offset }: Said): string => `${id}, seq ${seq}, offset ${offset}`;

const isSame = (a: Said, b: Said): boolean => a.roomId === b.roomId && placeOf(a) === placeOf(b);

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
