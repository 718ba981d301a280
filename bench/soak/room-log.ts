/** One durable event of a room, as somebody has it. */
export interface Entry {
  readonly offset: number;
  readonly ev: string;
  /** Of a message, else null; so is its client's own id for it. */
  readonly id: string | null;
  readonly clientMessageId: string | null;
}

/** A durable event as pushes, `sync` and the feed show it. */
export interface DurableEvent {
  readonly ev: string;
  readonly offset: number;
  readonly data: unknown;
}

export function entryOf({ ev, offset, data }: DurableEvent): Entry {
  if (!ev.startsWith('message.')) return { offset, ev, id: null, clientMessageId: null };
  const { id, clientMessageId } = data as { id: string; clientMessageId: string | null };
  return { offset, ev, id, clientMessageId };
}

/** A client's copy of a room, kept by the rules of docs/realtime.md: the next is applied, the known ignored, a gap is seen. */
export class RoomLog {
  readonly entries: Entry[] = [];
  private furthest = 0;

  constructor(readonly roomId: string) {}

  /** How far the room has come, by all that was heard of it. */
  get head(): number {
    return this.furthest;
  }

  /** The offset of the last event applied. */
  get last(): number {
    return this.entries.length;
  }

  get isBehind(): boolean {
    return this.furthest > this.last;
  }

  hearOf(head: number): void {
    this.furthest = Math.max(this.furthest, head);
  }

  /** @returns `another`, when what is already there at this offset is not this event */
  take(entry: Entry): 'applied' | 'known' | 'another' | 'gap' {
    this.hearOf(entry.offset);
    if (entry.offset > this.last + 1) return 'gap';
    if (entry.offset === this.last + 1) {
      this.entries.push(entry);
      return 'applied';
    }
    const there = this.entries[entry.offset - 1];
    return there?.ev === entry.ev && there.id === entry.id ? 'known' : 'another';
  }
}
