// A system of the client's own that ChatAPI calls: it believes only what is signed.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { Heard } from '../helpdesk/heard.mjs';

const BODY_MAX_BYTES = 1_000_000;

/** Keeps what it is told, each once: what is told again has the same `webhook-id`. */
export class Receiver {
  /**
   * Listens on a free port of this machine.
   * @param {(told: object) => Promise<void>} act what is done about it before it is answered
   */
  static async open(who, act = async () => {}) {
    const receiver = new Receiver(who, act);
    receiver.server.listen(0, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  constructor(who, act) {
    this.heard = new Heard(who);
    this.act = act;
    this.known = new Set();
    this.refused = 0;
    this.server = createServer((request, response) => {
      this.take(request).then(
        (status) => response.writeHead(status).end(),
        () => response.writeHead(500).end(), // the call is made again later
      );
    });
  }

  get url() {
    return `http://127.0.0.1:${this.server.address().port}/chatapi`;
  }

  /** From then on calls are verified with it; before that none is believed. */
  trust(secret) {
    this.verifier = new Webhook(secret);
  }

  /** @returns {Promise<number>} the status to answer */
  async take(request) {
    const told = this.verified(await bodyOf(request), request.headers);
    if (!told) return 401;
    const id = request.headers['webhook-id'];
    if (this.known.has(id)) return 204;
    await this.act(told);
    this.known.add(id); // only now: had it failed, it should come again
    this.heard.add({ ev: told.type, ...told, id });
    return 204;
  }

  /** On the bytes as they came: what was parsed and written again has another signature. */
  verified(bytes, headers) {
    try {
      return this.verifier.verify(bytes, headers);
    } catch {
      this.refused++;
      return null;
    }
  }

  async close() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

async function bodyOf(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > BODY_MAX_BYTES) throw new Error('Too long.');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
