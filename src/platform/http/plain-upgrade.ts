import { IncomingMessage } from 'node:http';

/**
 * A call that asks for another protocol than WebSocket's is an ordinary one, as RFC 9110 7.8 allows: Java's client and
 * `curl --http2` ask for `h2c` in each first call. Node takes every call with `Upgrade` out of its hands once somebody
 * listens for upgrades; this says of those that they are none.
 */
export class PlainUpgrade extends IncomingMessage {
  /** Set by Node before the fields of this class are. */
  declare private asked?: boolean;

  get upgrade(): boolean {
    return this.asked === true && (this.method === 'CONNECT' || /\bwebsocket\b/i.test(this.headers.upgrade ?? ''));
  }

  set upgrade(asked: boolean | null) {
    this.asked = asked === true;
  }
}
