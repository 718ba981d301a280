import { type BeforeApplicationShutdown, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { asDomainError } from '../http/index.js';
import type { Principal } from '../security/index.js';
import { addressOf } from './address.js';
import { CLOSE } from './close.js';
import { CommandDispatcher, refusal } from './command-dispatcher.js';
import type { Reply } from './connection.js';
import { closeFor, Doorkeeper } from './doorkeeper.js';
import { Drain } from './drain.js';
import { PING_EVERY_SECONDS, PONG_WITHIN_SECONDS } from './heartbeat.js';
import { FRAME_BYTES } from './limits.js';
import { Sessions } from './sessions.js';
import { SocketIoConnection } from './socket-io.connection.js';

export const SOCKET_IO_PATH = '/sockets';
const CONNECT_WITHIN_MS = 5_000;
/** Over FRAME_BYTES a packet is refused with `server.close` 4004; only far over it the library cuts it off itself. */
const LIBRARY_FRAME_BYTES = 1024 * 1024;

interface SocketData {
  principal: Principal;
}
type ChatSocket = Socket<
  Record<string, never>,
  Record<string, (...args: unknown[]) => void>,
  Record<string, never>,
  SocketData
>;

/**
 * Socket.IO on `/sockets`. WebSocket only, so that no sticky sessions are needed; connection state recovery is off,
 * because `sync` repairs on both transports. The one place where Nest's own gateway decorator is used: commands are
 * found by `@ChatGateway`.
 */
@WebSocketGateway({
  path: SOCKET_IO_PATH,
  serveClient: false,
  transports: ['websocket'],
  perMessageDeflate: false,
  httpCompression: false,
  destroyUpgrade: false,
  maxHttpBufferSize: LIBRARY_FRAME_BYTES,
  connectTimeout: CONNECT_WITHIN_MS,
  pingInterval: PING_EVERY_SECONDS * 1_000,
  pingTimeout: PONG_WITHIN_SECONDS * 1_000,
})
export class SocketIoTransport implements OnGatewayInit, OnGatewayConnection, BeforeApplicationShutdown {
  private readonly log = new Logger(SocketIoTransport.name);
  private server?: Server;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly door: Doorkeeper,
    private readonly drain: Drain,
    private readonly sessions: Sessions,
    private readonly commands: CommandDispatcher,
  ) {}

  afterInit(server: Server): void {
    this.server = server;
    // Its close would close HTTP's server, too: before the process has lingered, and waiting for readers without a limit.
    Object.assign(server, { httpServer: undefined });
    server.use((socket, next) => {
      this.authenticate(socket as unknown as ChatSocket).then(
        () => next(),
        (thrown: unknown) => next(connectError(thrown)),
      );
    });
  }

  handleConnection(socket: ChatSocket): void {
    const connection = new SocketIoConnection(socket, socket.data.principal);
    forgetHandshake(socket);
    socket.conn.on('packet', ({ type, data }: { type: string; data?: unknown }) => {
      if (type === 'message' && (typeof data !== 'string' || Buffer.byteLength(data) > FRAME_BYTES))
        connection.close(CLOSE.badFrame);
    });
    socket.onAny((name: string, ...args: unknown[]) => this.receive(connection, name, args));
    socket.on('disconnect' as never, () => connection.gone());
    this.sessions.open(connection).catch((error: unknown) => {
      this.log.warn(`A socket could not be opened: ${String(error)}`);
      socket.disconnect(true);
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.drain.finished;
    await this.server?.close();
  }

  private async authenticate(socket: ChatSocket): Promise<void> {
    this.door.assertOpen();
    const { apiKey, ticket } = socket.handshake.auth as { apiKey?: unknown; ticket?: unknown };
    const { authorization, origin, 'x-api-key': header } = socket.handshake.headers;
    const key =
      typeof apiKey === 'string' ? apiKey : typeof header === 'string' ? header : authorization?.split(' ')[1];
    socket.data.principal = await this.door.admit({
      address: addressOf(socket.request, this.host),
      ...(key !== undefined && { key }),
      ...(key === undefined && typeof ticket === 'string' && { ticket }),
      ...(origin !== undefined && { origin }),
    });
  }

  private receive(connection: SocketIoConnection, name: string, args: unknown[]): void {
    const last = args.at(-1);
    const acknowledge = typeof last === 'function' ? (last as (reply: Reply) => void) : undefined;
    const input = typeof args[0] === 'function' ? undefined : args[0];
    void this.commands.dispatch(connection, name, input).then((reply) => connection.reply(acknowledge, reply));
  }
}

/**
 * The key and the request's headers have done their work: a tenth of what an idle socket holds, and a secret.
 * @see https://socket.io/docs/v4/memory-usage/#potential-issues
 */
function forgetHandshake(socket: ChatSocket): void {
  Object.assign(socket.conn, { request: null });
  Object.assign(socket, { handshake: null });
}

/** What `connect_error` hears: https://socket.io/docs/v4/middlewares/#handling-middleware-error */
function connectError(thrown: unknown): Error {
  const error = asDomainError(thrown);
  const reply = refusal(error);
  return Object.assign(new Error(error.message), {
    data: { ...('error' in reply && reply.error), ...(!error.temporary && { close: closeFor(error).code }) },
  });
}
