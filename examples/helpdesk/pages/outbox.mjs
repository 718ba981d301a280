import { CommandRefused } from './connection.mjs';

const AGAIN_MS = 1_000;

/**
 * What was written into a room and is not stored there yet. It outlives a reload of the page, and is sent until there is
 * an answer, always under the same `clientMessageId`: so nothing is lost, and nothing is said twice.
 */
export class Outbox {
  constructor(roomId, connection, { onSent, onChange }) {
    Object.assign(this, { roomId, connection, onSent, onChange });
    this.place = `outbox of ${roomId}`;
    this.pending = JSON.parse(sessionStorage.getItem(this.place) ?? '[]');
  }

  add(content) {
    this.#keep([...this.pending, { clientMessageId: crypto.randomUUID(), content }]);
    void this.flush();
  }

  /** It is stored, as an answer or an event says. */
  settle(clientMessageId) {
    if (this.pending.some((one) => one.clientMessageId === clientMessageId))
      this.#keep(this.pending.filter((one) => one.clientMessageId !== clientMessageId));
  }

  /** A person wants a refused one to be tried again. */
  retry(clientMessageId) {
    this.#keep(this.pending.map((one) => (one.clientMessageId === clientMessageId ? { ...one, refused: null } : one)));
    void this.flush();
  }

  /** One after the other, so that they are stored in the order they were written in. */
  async flush() {
    if (this.isFlushing) return;
    this.isFlushing = true;
    try {
      for (let next; this.connection.isUp && (next = this.pending.find(({ refused }) => !refused));)
        await this.#send(next);
    } finally {
      this.isFlushing = false;
    }
  }

  async #send({ clientMessageId, content }) {
    const wish = { roomId: this.roomId, content, clientMessageId };
    try {
      const { message } = await this.connection.command('message.send', wish);
      this.onSent(message);
      this.settle(clientMessageId);
    } catch (error) {
      const isRefused = error instanceof CommandRefused && !error.temporary;
      if (isRefused)
        this.#keep(
          this.pending.map((one) =>
            one.clientMessageId === clientMessageId ? { ...one, refused: error.message } : one,
          ),
        );
      else await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? AGAIN_MS));
    }
  }

  #keep(pending) {
    this.pending = pending;
    sessionStorage.setItem(this.place, JSON.stringify(pending));
    this.onChange();
  }
}
