import { setTimeout as pause } from 'node:timers/promises';
import { CONTENT } from '../content.js';
import type { Push, Transport } from './dialects.js';
import { Line, Refused } from './line.js';
import { type DurableEvent, entryOf, RoomLog } from './room-log.js';
import type { Tally } from './tally.js';

export interface Person {
  readonly userId: string;
  readonly key: string;
  readonly transport: Transport;
  readonly rooms: readonly string[];
}

interface Position {
  readonly roomId: string;
  readonly head: number;
}
type Recovered = Position & { readonly recovered: boolean; readonly events?: readonly DurableEvent[] };
interface Sent {
  readonly message: { readonly id: string; readonly seq: number; readonly offset: number };
  readonly duplicate: boolean;
}

/** How long one waits before coming back, at most and at first; longer after each try that fails, as client libraries do. */
const COME_BACK_MS = 500;
const COME_BACK_MAX_MS = 5_000;
const LOOK_MS = 20;

/**
 * A client that keeps docs/realtime.md: it applies events in order, asks with `sync` for what is missing, sends again under the
 * same id what was not acknowledged, and comes back to the other node whenever it is cut off.
 */
export class Member {
  readonly logs: ReadonlyMap<string, RoomLog>;
  private line?: Line;
  private mending?: Promise<void>;
  private lostAt: number | null = null;
  private tries: number;
  private isQuiet = false;
  private isOver = false;

  /** @param nodes may change while it lives */
  constructor(
    readonly person: Person,
    private readonly nodes: readonly string[],
    private readonly tally: Tally,
    first: number,
  ) {
    this.logs = new Map(person.rooms.map((roomId) => [roomId, new RoomLog(roomId)]));
    this.tries = first;
  }

  /** There, and with all that it knows of. */
  get isWell(): boolean {
    return this.line !== undefined && this.mending === undefined && this.behind().length === 0;
  }

  /** Keeps a connection until {@link leave}. @param withinMs the first one */
  async stay(withinMs: number): Promise<void> {
    for (let wait = withinMs; !this.isOver;) {
      await pause(Math.random() * wait); // at random, so that a node's clients do not come all at once
      wait = await this.beThere().then(
        () => COME_BACK_MS,
        () => Math.min(2 * wait, COME_BACK_MAX_MS),
      );
    }
  }

  /** Says something so often, one after the other, each until it is acknowledged; until {@link hush}. */
  async talk(everyMs: number): Promise<void> {
    const { rooms, userId } = this.person;
    await pause(Math.random() * everyMs);
    for (let n = 1; !this.isQuiet; n++) {
      const begun = performance.now();
      await this.say(rooms[n % rooms.length]!, `${userId} ${n}`);
      await pause(Math.max(0, begun + everyMs - performance.now()));
    }
  }

  hush(): void {
    this.isQuiet = true;
  }

  leave(): void {
    this.isOver = true;
    this.cut();
  }

  cut(): void {
    this.line?.cut();
  }

  /** Its node is about to be killed: from here on it counts how long it is away. @returns whether it is there */
  willLose(url: string): boolean {
    if (this.line?.url !== url) return false;
    this.lostAt = performance.now();
    return true;
  }

  /** Asks for all its rooms, whether it knows of anything missing or not. @returns how many events only this brought */
  check(): Promise<number> {
    return this.sync([...this.logs.values()]);
  }

  private async beThere(): Promise<void> {
    const { transport, key } = this.person;
    const url = this.nodes[this.tries++ % this.nodes.length]!;
    const line = await Line.open({ transport, url, key, heard: (push) => this.hear(push) }).catch((error: unknown) => {
      this.tally.failed++;
      throw error;
    });
    this.line = line;
    this.tally.connections++;
    try {
      await this.mend();
      if (this.lostAt !== null) this.tally.recoveredMs.push(performance.now() - this.lostAt);
      this.lostAt = null;
      if (this.isOver) return;
      await line.ended;
    } finally {
      line.cut();
      this.line = undefined;
    }
  }

  private hear({ ev, roomId = '', offset, data }: Push): void {
    if (ev === 'ready' || ev === 'sync.required')
      for (const room of (data as { rooms: Position[] }).rooms) this.logs.get(room.roomId)?.hearOf(room.head);
    if (ev === 'room.head') this.logs.get(roomId)?.hearOf((data as Position).head);
    if (offset !== undefined && this.take(roomId, { ev, offset, data })) this.tally.byPush++;
    // A line that ends meanwhile is mended when there is a new one.
    if (this.line && this.behind().length > 0) this.mend().catch(() => undefined);
  }

  /** @returns whether it was the next one */
  private take(roomId: string, event: DurableEvent): boolean {
    const taken = this.logs.get(roomId)?.take(entryOf(event));
    if (taken === 'another') this.odd(`heard two things at offset ${event.offset} of ${roomId}`);
    return taken === 'applied';
  }

  private odd(what: string): Error {
    const sentence = `${this.person.userId} ${what}.`;
    this.tally.oddities.push(sentence);
    return new Error(sentence);
  }

  private behind(): RoomLog[] {
    return [...this.logs.values()].filter((log) => log.isBehind);
  }

  /** Asks for what is missing until nothing is. */
  private mend(): Promise<void> {
    this.mending ??= this.fetchMissing().finally(() => (this.mending = undefined));
    return this.mending;
  }

  private async fetchMissing(): Promise<void> {
    for (let missing = this.behind(); missing.length > 0; missing = this.behind()) {
      const brought = await this.sync(missing); // first: the others count meanwhile
      this.tally.bySync += brought;
    }
  }

  /** @returns how many events were new */
  private async sync(logs: readonly RoomLog[]): Promise<number> {
    const asked = logs.map(({ roomId, last, head }) => ({ roomId, last, head }));
    const rooms = asked.map(({ roomId, last }) => ({ roomId, offset: last }));
    const answer = await this.ask<{ rooms: readonly Recovered[] }>('sync', { rooms });
    let brought = 0;
    for (const [n, { roomId, recovered, head, events = [] }] of answer.rooms.entries()) {
      // A soak is too short for the 300 events that a sync may bring.
      if (!recovered) throw this.odd(`was not given what it missed in ${roomId}`);
      if (head < asked[n]!.head) throw this.odd(`was told of ${asked[n]!.head} in ${roomId}, and sync of ${head}`);
      for (const event of events) if (this.take(roomId, event)) brought++;
      const last = this.logs.get(roomId)?.last ?? 0;
      if (last < head) throw this.odd(`has ${last} of ${head} events in ${roomId} after a sync`);
    }
    return brought;
  }

  /** Asks again, on whatever line there is by then, while the server says that it cannot just now. */
  private async ask<T>(name: string, data: object): Promise<T> {
    for (;;) {
      if (!this.line) throw new Error('There is no line.');
      try {
        return await this.line.command<T>(name, data);
      } catch (error) {
        if (!(error instanceof Refused && error.refusal.temporary)) throw error;
        await pause(error.refusal.retryAfterMs ?? Math.random() * COME_BACK_MS);
      }
    }
  }

  private async say(roomId: string, clientMessageId: string): Promise<void> {
    for (let tries = 1; !this.isOver; tries++) {
      while (!this.line && !this.isOver) await pause(LOOK_MS);
      try {
        const wish = { roomId, content: CONTENT, clientMessageId };
        const sent = await this.line?.command<Sent>('message.send', wish);
        if (!sent) continue;
        const { id, seq, offset } = sent.message;
        this.tally.acknowledged.push({ clientMessageId, roomId, id, seq, offset });
        if (sent.duplicate) this.tally.alreadyThere++;
        return;
      } catch (error) {
        this.tally.sentAgain++;
        if (error instanceof Refused && !error.refusal.temporary) throw error;
        await pause(Math.random() * COME_BACK_MS);
      }
    }
  }
}
