// A client of the Socket.IO transport: the same commands and events, as Socket.IO has them.
import { io } from 'socket.io-client';
import { Broken } from './check.mjs';
import { Heard } from './heard.mjs';

const PATIENCE_MS = 10_000;

export class SocketIo {
  /** Connects and waits for `ready`. */
  static async open(who, url, apiKey) {
    const socket = new SocketIo(who, url, apiKey);
    await Promise.race([socket.heard.next('ready'), socket.failed]);
    return socket;
  }

  constructor(who, url, apiKey) {
    this.heard = new Heard(who);
    this.socket = io(url, { path: '/sockets', transports: ['websocket'], auth: { apiKey }, reconnection: false });
    this.failed = new Promise((_resolve, reject) => {
      this.socket.on('connect_error', (error) => reject(new Broken(`The ${who} could not connect: ${error.message}`)));
    });
    this.failed.catch(() => undefined);
    // A push is the event's name, its data, and the envelope.
    this.socket.onAny((ev, data, envelope) => this.heard.add({ ev, data, ...envelope }));
  }

  /** A command is an event with an acknowledgement. @returns what is in `ok` @throws Broken with the refusal */
  async command(name, data) {
    const { ok, error } = await this.socket.timeout(PATIENCE_MS).emitWithAck(name, data);
    if (error) throw new Broken(`${name} was refused: ${error.message}`);
    return ok;
  }

  close() {
    this.socket.disconnect();
  }
}
