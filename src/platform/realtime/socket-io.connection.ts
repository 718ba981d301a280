import type { Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import type { Principal } from '../security/index.js';
import type { Close } from './close.js';
import { Connection, type Reply } from './connection.js';
import type { PreparedPush } from './prepared-push.js';
import { SLOW_CLOSE_GRACE_MS } from './raw.connection.js';
import { TickCork } from './tick-cork.js';

/** What Engine.IO tells of each packet before it is written, and of all it hands to the transport. */
interface EnginePacket {
  readonly data?: string;
  readonly options?: { readonly wsPreEncodedFrame?: readonly Buffer[] };
}

export class SocketIoConnection extends Connection {
  private readonly ws: WebSocket;
  /** Bytes that Engine.IO holds back until the transport has drained. */
  private heldBack = 0;

  constructor(
    private readonly socket: Socket,
    principal: Principal,
  ) {
    super(principal);
    // The transport is always WebSocket; Engine.IO keeps its socket to itself.
    this.ws = (socket.conn.transport as unknown as { socket: WebSocket }).socket;
    socket.conn.on('packetCreate', (packet: EnginePacket) => (this.heldBack += sizeOf(packet)));
    const cork = TickCork.below(this.ws);
    socket.conn.on('flush', () => {
      this.heldBack = 0;
      cork.hold();
    });
  }

  get buffered(): number {
    return this.heldBack + this.ws.bufferedAmount;
  }

  reply(acknowledge: ((reply: Reply) => void) | undefined, reply: Reply): void {
    if (acknowledge && this.takes(false)) acknowledge(reply);
  }

  /** Past Socket.IO's own encoder, with the packet that is serialised already: what its adapter does for a broadcast. */
  protected write(push: PreparedPush): void {
    if (!this.socket.connected) return;
    this.socket.conn.send(push.socketIoPacket, { wsPreEncodedFrame: push.socketIoFrame } as object);
  }

  protected end({ code, reason }: Close): void {
    this.socket.emit('server.close', { code, reason });
    this.socket.disconnect(true);
    setTimeout(() => this.ws.terminate(), SLOW_CLOSE_GRACE_MS).unref();
  }
}

function sizeOf({ data, options }: EnginePacket): number {
  const frame = options?.wsPreEncodedFrame;
  if (frame) return frame.reduce((bytes, part) => bytes + part.length, 0);
  return data === undefined ? 0 : Buffer.byteLength(data);
}
