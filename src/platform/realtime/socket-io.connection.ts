import type { Socket } from 'socket.io';
import type { Principal } from '../security/index.js';
import type { Close } from './close.js';
import { Connection } from './connection.js';
import type { PreparedPush } from './prepared-push.js';

export class SocketIoConnection extends Connection {
  constructor(
    private readonly socket: Socket,
    principal: Principal,
  ) {
    super(principal);
  }

  /** Past Socket.IO's own encoder, with the packet that is serialised already: what its adapter does for a broadcast. */
  push(push: PreparedPush): void {
    if (!this.socket.connected) return;
    this.socket.conn.send(push.socketIoPacket, { wsPreEncodedFrame: push.socketIoFrame } as object);
  }

  close({ code, reason }: Close): void {
    this.socket.emit('server.close', { code, reason });
    this.socket.disconnect(true);
  }
}
