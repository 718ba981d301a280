import { RoomFeed } from '/room-feed.mjs';
import { Outbox } from './outbox.mjs';
import { Receipts } from './receipts.mjs';

const PAGE = 50;
const TYPING_AGAIN_MS = 3_000;
const MESSAGE = /^message\.(created|updated|deleted)$/;
const ROOM = /^room\.(updated|deactivated|reactivated)$/;

/** One room as this page knows it: a page of its history, and every event since, once and in order. */
export class Conversation {
  /** By id. An event and a page may bring the same message: it is put in the same place. */
  messages = new Map();
  members = new Set();
  typing = new Set();
  isOpen = false;
  isGone = false;
  hasEarlier = false;
  typedAt = 0;

  /** @param room as `GET /rooms` shows it: `head` is the offset that this copy begins with */
  constructor(room, { me, backend, connection, onChange }) {
    Object.assign(this, { room, me, backend, connection, onChange });
    this.id = room.id;
    this.receipts = new Receipts(this);
    this.#beginAt(room.head);
    this.outbox = new Outbox(room.id, connection, { onSent: (message) => this.#put(message), onChange });
  }

  get isClosed() {
    return this.isGone || this.room.deactivatedReason === 'manual';
  }

  get unread() {
    return this.room.lastSeq - this.receipts.readSeq;
  }

  get inOrder() {
    return [...this.messages.values()].sort((a, b) => a.seq - b.seq);
  }

  /** The newest message, of those that are here or, at first, of the list of rooms. */
  get last() {
    return this.inOrder.at(-1) ?? this.room.lastMessage;
  }

  /** Loads the newest page. The events since `head` come by themselves; what is in both does no harm. */
  async load() {
    this.#show(await this.#newestPage());
    await this.receipts.ask();
    this.onChange();
  }

  async loadEarlier() {
    const [first] = this.inOrder;
    const { data, nextCursor } = await this.backend.get(
      `/messages?roomId=${this.id}&limit=${PAGE}&before=${first.seq}`,
    );
    data.forEach((message) => this.#put(message));
    this.hasEarlier = nextCursor !== null;
    this.onChange();
  }

  hear(push) {
    const { ev, data, offset } = push;
    if (offset !== undefined) {
      if (this.feed.apply(push) === 'gap') void this.catchUp(offset);
      void this.receipts.tell();
    } else if (ev === 'room.head') this.stands(data.head);
    else if (ev === 'typing.started' && data.userId !== this.me) this.typing.add(data.userId);
    else if (ev === 'typing.stopped') this.typing.delete(data.userId);
    else if (ev === 'receipt.updated') this.receipts.hear(data);
    this.onChange();
  }

  /** The room has come so far, as the service says now and then. */
  stands(head) {
    if (head > this.feed.last) void this.catchUp(head);
  }

  /** Asks for what is missing, once at a time. When the connection breaks, the next `ready` begins it again. */
  async catchUp(head = this.head) {
    this.head = Math.max(this.head, head);
    if (this.isCatchingUp) return;
    this.isCatchingUp = true;
    try {
      do {
        const { reason, head: newest } = await this.feed.sync(this.connection);
        if (reason === 'too_many') await this.#beginAnew(newest);
        this.isGone = reason === 'not_found';
      } while (!this.isGone && this.feed.last < this.head);
    } catch {
      return;
    } finally {
      this.isCatchingUp = false;
      this.onChange();
    }
    void this.receipts.tell();
  }

  say(content) {
    this.typedAt = 0;
    this.outbox.add(content);
  }

  /** Repeated while it goes on; a message ends it by itself. */
  type(text) {
    if (text === '') {
      if (this.typedAt > 0) this.#whisper('typing.stop', { roomId: this.id });
      this.typedAt = 0;
    } else if (Date.now() - this.typedAt > TYPING_AGAIN_MS) {
      this.typedAt = Date.now();
      this.#whisper('typing.start', { roomId: this.id });
    }
  }

  #beginAt(head) {
    this.head = Math.max(this.head ?? 0, head);
    this.feed = new RoomFeed(this.id, (event) => this.#apply(event), head);
  }

  /** After a long absence the newest page is what a person wants; the rest is there when they ask for it. */
  async #beginAnew(head) {
    const page = await this.#newestPage();
    this.#beginAt(head);
    this.messages.clear();
    this.#show(page);
  }

  async #newestPage() {
    const [messages, members] = await Promise.all([
      this.backend.get(`/messages?roomId=${this.id}&limit=${PAGE}`),
      this.backend.get(`/rooms/${this.id}/members?limit=100`),
    ]);
    return { messages, members };
  }

  #show({ messages, members }) {
    messages.data.forEach((message) => this.#put(message));
    this.hasEarlier = messages.nextCursor !== null;
    members.data.forEach(({ userId }) => this.members.add(userId));
  }

  #apply({ ev, data }) {
    if (MESSAGE.test(ev)) this.#put(data);
    else if (ROOM.test(ev)) this.room = { ...this.room, ...data };
    else if (ev === 'room.deleted') this.isGone = true;
    else if (ev === 'member.joined') this.members.add(data.userId);
    else if (ev === 'member.left' || ev === 'member.removed') this.#lose(data.userId);
  }

  #lose(userId) {
    this.members.delete(userId);
    if (userId === this.me) this.isGone = true;
  }

  #put(message) {
    this.messages.set(message.id, message);
    if (message.seq > this.room.lastSeq) {
      this.room.lastSeq = message.seq;
      this.room.lastMessageAt = message.createdAt;
    }
    this.typing.delete(message.senderId);
    if (message.senderId !== this.me) return;
    this.receipts.sent(message.seq);
    this.outbox.settle(message.clientMessageId);
  }

  #whisper(name, data) {
    this.connection.command(name, data).catch(() => undefined);
  }
}
