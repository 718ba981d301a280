import { Connection } from './connection.mjs';
import { Conversation } from './conversation.mjs';

/** All conversations of the user, kept up to date over one connection. */
export class Conversations {
  all = new Map();
  /** 'online', 'offline', 'away' or 'busy', by user. */
  presence = new Map();
  state = 'down';

  /** @param onChange is called after everything that may show */
  constructor({ userId, service }, backend, onChange) {
    Object.assign(this, { me: userId, backend, onChange });
    this.connection = new Connection(service, backend, {
      ready: ({ rooms }) => void this.#resume(rooms),
      push: (push) => this.#hear(push),
      state: (state) => {
        this.state = state;
        onChange();
      },
    });
  }

  /**
   * Of one that is known the room says how far it has come: events of a room that is still on its way here find nobody,
   * so an answer may be all that tells of them.
   * @param room as the REST API shows it @returns {Conversation}
   */
  add(room) {
    const { me, backend, connection, onChange } = this;
    const known = this.all.get(room.id);
    known?.stands(room.head);
    const conversation = known ?? new Conversation(room, { me, backend, connection, onChange });
    this.all.set(room.id, conversation);
    return conversation;
  }

  /** Fetches the rooms that are not known yet, and how far the others have come. */
  async refresh() {
    let cursor = '';
    do {
      const { data, nextCursor } = await this.backend.get(`/rooms?limit=100${cursor}`);
      data.forEach((room) => this.add(room));
      cursor = nextCursor && `&cursor=${encodeURIComponent(nextCursor)}`;
    } while (cursor);
    await this.askPresence();
    this.onChange();
  }

  /** Who is there; changes come by themselves from then on. */
  async askPresence() {
    const known = [...this.all.values()].flatMap(({ room, members }) => [room.createdBy, ...members]);
    const userIds = [...new Set(known)].filter((userId) => userId && userId !== this.me).slice(0, 200);
    if (userIds.length === 0) return;
    const { users } = await this.connection.command('presence.get', { userIds });
    users.forEach(({ userId, status }) => this.presence.set(userId, status));
    this.onChange();
  }

  /** After every connect, and when the service asks for it: what was missed, and what was written meanwhile. */
  async #resume(rooms) {
    const heads = new Map(rooms.map(({ roomId, head }) => [roomId, head]));
    for (const conversation of this.all.values()) {
      conversation.typing.clear();
      if (heads.has(conversation.id)) conversation.stands(heads.get(conversation.id));
      else void conversation.catchUp(); // perhaps not ours any more
      void conversation.outbox.flush();
      void conversation.receipts.tell();
      if (conversation.isOpen) conversation.receipts.ask().then(this.onChange, () => undefined);
    }
    await this.refresh().catch(() => undefined);
  }

  #hear(push) {
    const { ev, data, roomId, offset } = push;
    if (ev === 'sync.required') return void this.#resume(data.rooms);
    if (ev === 'presence.changed') this.presence.set(data.userId, data.status);
    const conversation = this.all.get(roomId);
    if (conversation) conversation.hear(push);
    else if (offset !== undefined) this.refresh().catch(() => undefined);
    if (ev === 'member.joined') this.askPresence().catch(() => undefined);
    this.onChange();
  }
}
