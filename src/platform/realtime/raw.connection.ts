import { WebSocket } from 'ws';
import type { Principal } from '../security/index.js';
import { CLOSE, type Close } from './close.js';
import { Connection, type Reply } from './connection.js';
import type { Beating } from './heartbeat.js';
import type { PreparedPush } from './prepared-push.js';

const AS_TEXT = { binary: false, fin: true } as const;
const PING = Buffer.from('{}');
/** How long a peer has to answer a close before its socket is cut. */
const CLOSE_GRACE_MS = 2_000;

export class RawConnection extends Connection implements Beating {
  lastHeardAt = Date.now();
  pingedAt = 0;

  constructor(
    private readonly ws: WebSocket,
    principal: Principal,
  ) {
    super(principal);
  }

  push(push: PreparedPush): void {
    this.send(push.rawText);
  }

  reply(id: number | undefined, reply: Reply): void {
    if (id !== undefined) this.send(Buffer.from(JSON.stringify({ id, ...reply })));
  }

  ping(): void {
    this.send(PING);
  }

  /** Notes a sign of life. @returns whether we had asked for one */
  heard(): boolean {
    const asked = this.pingedAt > 0;
    this.lastHeardAt = Date.now();
    this.pingedAt = 0;
    return asked;
  }

  lost(): void {
    this.close(CLOSE.noPong);
  }

  close({ code, reason }: Close): void {
    this.ws.close(code, reason);
    setTimeout(() => this.ws.terminate(), CLOSE_GRACE_MS).unref();
  }

  private send(text: Buffer): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(text, AS_TEXT);
  }
}
