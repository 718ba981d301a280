import { io } from '/socket.io-client.mjs';

const PATIENCE_MS = 10_000;
const COME_BACK_MS = 1_000;
const COME_BACK_AT_MOST_MS = 30_000;
/** Bad frame, too many connections, client suspended: no new ticket helps. docs/realtime.md has all codes. */
const FOR_GOOD = [4004, 4005, 4006];

/** A command that the service refused; `temporary` when it is worth asking again. */
export class CommandRefused extends Error {
  constructor({ code, message, temporary, retryAfterMs }) {
    super(message);
    Object.assign(this, { code, temporary, retryAfterMs });
  }
}

/** One socket that comes back by itself, each time with a new ticket. */
export class Connection {
  isUp = false;
  failures = 0;

  /**
   * @param hears `ready(data)`, `push({ ev, data, roomId?, offset? })`, and `state(name)`: 'up', 'down' (it will come back)
   *   or 'over' (it will not)
   */
  constructor(url, backend, hears) {
    this.hears = hears;
    this.socket = io(url, {
      path: '/sockets',
      transports: ['websocket'],
      reconnectionDelay: 250,
      reconnectionDelayMax: 10_000,
      auth: (give) => void this.#bringTicket(backend, give),
    });
    this.socket.onAny((ev, data, envelope) => this.#hear(ev, data, envelope));
    this.socket.on('connect_error', ({ data }) => this.#isDown(data?.close, data?.retryAfterMs));
    this.socket.on('disconnect', () => this.#isDown(this.closed?.code));
  }

  /** @returns what is in `ok` @throws CommandRefused; another error when it is not known whether it was done */
  async command(name, data) {
    if (!this.isUp) throw new Error('There is no connection.');
    const { ok, error } = await this.socket.timeout(PATIENCE_MS).emitWithAck(name, data);
    if (error) throw new CommandRefused(error);
    return ok;
  }

  async #bringTicket(backend, give) {
    try {
      give({ ticket: await backend.ticket() });
    } catch (error) {
      if (error.status === 401) this.#end();
      else this.#comeBack();
    }
  }

  #hear(ev, data, envelope) {
    if (ev === 'server.close') this.closed = data;
    else if (ev === 'ready') {
      this.isUp = true;
      this.failures = 0;
      this.hears.state('up');
      this.hears.ready(data);
    } else this.hears.push({ ev, data, ...envelope });
  }

  /** What breaks by itself the library mends, what the server ended it does not: `active` tells which. */
  #isDown(code, retryAfterMs) {
    this.isUp = false;
    this.closed = undefined;
    if (FOR_GOOD.includes(code)) return this.#end();
    this.hears.state('down');
    if (!this.socket.active) this.#comeBack(retryAfterMs);
  }

  #comeBack(afterMs = Math.min(COME_BACK_MS * 2 ** this.failures++, COME_BACK_AT_MOST_MS)) {
    this.socket.disconnect();
    setTimeout(() => this.socket.connect(), afterMs * (1 + Math.random()));
  }

  #end() {
    this.socket.disconnect();
    this.hears.state('over');
  }
}
