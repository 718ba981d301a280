// A client of the raw WebSocket transport: one JSON object a frame.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Broken } from './check.mjs';
import { Heard } from './heard.mjs';

export class RawSocket {
  /** Connects and waits for `ready`. The key goes into the header; a browser sends it as its first frame, `connect`. */
  static async open(who, url, apiKey) {
    const socket = new RawSocket(who, url, apiKey);
    await Promise.race([socket.heard.next('ready'), socket.failed]);
    return socket;
  }

  constructor(who, url, apiKey) {
    this.heard = new Heard(who);
    this.answers = new Map();
    this.lastId = 0;
    this.ws = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/websocket/open`, {
      headers: { Authorization: `Bearer ${apiKey}` },
    });
    this.failed = once(this.ws, 'error').then(([error]) => {
      throw new Broken(`The ${who} could not connect: ${error.message}.`);
    });
    this.failed.catch(() => undefined);
    this.ws.on('message', (text) => this.receive(JSON.parse(text)));
  }

  /** @returns what is in `ok` @throws Broken with the refusal */
  async command(cmd, data) {
    const id = ++this.lastId;
    const answered = new Promise((resolve) => this.answers.set(id, resolve));
    this.ws.send(JSON.stringify({ id, cmd, data }));
    const { ok, error } = await answered;
    if (error) throw new Broken(`${cmd} was refused: ${error.message}`);
    return ok;
  }

  /** As a tunnel does to a phone: the connection is gone, and nobody says goodbye. */
  async cut() {
    this.ws.terminate();
    await once(this.ws, 'close');
  }

  async close() {
    this.ws.close();
    await once(this.ws, 'close');
  }

  receive(frame) {
    if (frame.ev) this.heard.add(frame);
    else if (frame.id !== undefined) this.answers.get(frame.id)?.(frame);
    else this.ws.send('{}'); // an empty object asks whether we are alive, and is the answer too
  }
}
