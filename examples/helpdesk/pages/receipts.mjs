/** How far everybody has got in one conversation: what this page says of itself, and what it hears of the others. */
export class Receipts {
  /** By user: `{ deliveredSeq, readSeq }`. */
  others = new Map();

  constructor(conversation) {
    this.conversation = conversation;
    this.readSeq = conversation.room.lastReadSeq ?? 0;
    this.deliveredSeq = this.readSeq;
  }

  /** @returns 'Read', 'Delivered' or 'Sent' */
  stateOf({ seq }) {
    const pointers = [...this.others.values()];
    if (pointers.some(({ readSeq }) => readSeq >= seq)) return 'Read';
    return pointers.some(({ deliveredSeq }) => deliveredSeq >= seq) ? 'Delivered' : 'Sent';
  }

  /** Receipts are of the moment: nobody repeats those that came while this page was away. */
  async ask() {
    const { inOrder, me, backend } = this.conversation;
    const last = inOrder.findLast(({ senderId }) => senderId === me);
    if (!last) return;
    for (const { userId, deliveredAt, readAt } of await backend.get(`/messages/${last.id}/receipts`))
      this.#move(userId, { deliveredSeq: deliveredAt ? last.seq : 0, readSeq: readAt ? last.seq : 0 });
  }

  hear({ userId, deliveredSeq, readSeq }) {
    if (userId === this.conversation.me)
      this.readSeq = Math.max(this.readSeq, readSeq); // in another window
    else this.#move(userId, { deliveredSeq, readSeq });
  }

  /** Who sends has read. */
  sent(seq) {
    this.readSeq = Math.max(this.readSeq, seq);
    this.deliveredSeq = Math.max(this.deliveredSeq, seq);
  }

  /**
   * Tells what has arrived, and what was read while the conversation is open before somebody's eyes. Pointers only move
   * forward, so the last one is enough.
   */
  async tell() {
    if (this.isTelling) return;
    this.isTelling = true;
    const { id, connection, onChange } = this.conversation;
    try {
      for (let next; (next = this.#next()); onChange()) {
        await connection.command(next.name, { roomId: id, seq: next.seq });
        this.deliveredSeq = Math.max(this.deliveredSeq, next.seq);
        if (next.name === 'receipt.read') this.readSeq = Math.max(this.readSeq, next.seq);
      }
    } catch {
      return; // with the next message, or the next `ready`
    } finally {
      this.isTelling = false;
    }
  }

  #next() {
    const { isOpen, room } = this.conversation;
    const isSeen = isOpen && document.visibilityState === 'visible';
    if (isSeen && room.lastSeq > this.readSeq) return { name: 'receipt.read', seq: room.lastSeq };
    return room.lastSeq > this.deliveredSeq ? { name: 'receipt.delivered', seq: room.lastSeq } : undefined;
  }

  #move(userId, { deliveredSeq, readSeq }) {
    const known = this.others.get(userId) ?? { deliveredSeq: 0, readSeq: 0 };
    this.others.set(userId, {
      deliveredSeq: Math.max(known.deliveredSeq, deliveredSeq),
      readSeq: Math.max(known.readSeq, readSeq),
    });
  }
}
