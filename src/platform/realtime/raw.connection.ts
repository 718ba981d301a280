import { WebSocket } from 'ws';
import type { Principal } from '../security/index.js';
import { CLOSE, type Close } from './close.js';
import { Connection, type Reply } from './connection.js';
import type { Beating } from './heartbeat.js';
import type { PreparedPush } from './prepared-push.js';
import { TickCork } from './tick-cork.js';

const AS_TEXT = { binary: false, fin: true } as const;
const PING = Buffer.from('{}');
/** How long a peer has to answer a close before its socket is cut; a slow one first has to read what is before it. */
const CLOSE_GRACE_MS = 2_000;
export const SLOW_CLOSE_GRACE_MS = 10_000;

export class RawConnection extends Connection implements Beating {
  lastHeardAt = Date.now();
  pingedAt = 0;
  private readonly cork: TickCork;

  constructor(
    private readonly ws: WebSocket,
    principal: Principal,
  ) {
    super(principal);
    this.cork = TickCork.below(ws);
  }

  get buffered(): number {
    return this.ws.bufferedAmount;
  }

  get isOpen(): boolean {
    return this.ws.readyState === WebSocket.OPEN;
  }

  reply(id: number | undefined, reply: Reply): void {
    if (id !== undefined && this.takes(false)) this.send(Buffer.from(JSON.stringify({ id, ...reply })));
  }

  ping(): void {
    if (this.takes(true)) this.send(PING);
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

  protected write(push: PreparedPush): void {
    this.send(push.rawText);
  }

  protected end(close: Close): void {
    this.ws.close(close.code, close.reason);
    const graceMs = close === CLOSE.slowConsumer ? SLOW_CLOSE_GRACE_MS : CLOSE_GRACE_MS;
    setTimeout(() => this.ws.terminate(), graceMs).unref();
  }

  private send(text: Buffer): void {
    if (!this.isOpen) return;
    this.cork.hold();
    this.ws.send(text, AS_TEXT);
  }
}
