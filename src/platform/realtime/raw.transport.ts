import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WebSocket, WebSocketServer } from 'ws';
import { DomainError } from '../errors/index.js';
import { asDomainError, problemOf } from '../http/index.js';
import { newId } from '../database/index.js';
import { Authenticator, type Principal } from '../security/index.js';
import { addressOf } from './address.js';
import { CLOSE } from './close.js';
import { CommandDispatcher, refusal } from './command-dispatcher.js';
import { Heartbeat } from './heartbeat.js';
import { RawConnection } from './raw.connection.js';
import { RawFrame, readFrame } from './raw.frame.js';
import { Sessions } from './sessions.js';

export const RAW_PATH = '/api/v1/websocket/open';
const CONNECT_WITHIN_MS = 5_000;
/** Over FRAME_BYTES a frame is refused with 4004; only far over it the library cuts it off itself, with 1009. */
const LIBRARY_FRAME_BYTES = 1024 * 1024;

/** Raw WebSocket: one JSON object a text frame. The same commands, events and guarantees as over Socket.IO. */
@Injectable()
export class RawTransport implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(RawTransport.name);
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: LIBRARY_FRAME_BYTES, perMessageDeflate: false, clientTracking: true });

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly authenticator: Authenticator,
    private readonly sessions: Sessions,
    private readonly commands: CommandDispatcher,
    private readonly heartbeat: Heartbeat,
  ) {}

  onApplicationBootstrap(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const path = request.url?.split('?')[0];
      if (path === RAW_PATH) void this.upgrade(request, socket, head);
      else if (!path?.startsWith('/sockets')) socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
  }

  beforeApplicationShutdown(): void {
    for (const socket of this.sockets.clients) socket.terminate();
    this.sockets.close();
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const key = keyOf(request);
    try {
      const principal = key === null ? null : await this.authenticator.authenticate({ key, address: addressOf(request, this.host) });
      this.sockets.handleUpgrade(request, socket, head, (ws) => (principal ? this.open(ws, principal) : this.awaitConnect(ws, addressOf(request, this.host))));
    } catch (thrown) {
      refuseUpgrade(socket, asDomainError(thrown));
    }
  }

  /** No key came with the handshake: the first frame has it, within 5 s. */
  private awaitConnect(ws: WebSocket, address: string): void {
    const timer = setTimeout(() => ws.close(CLOSE.noConnect.code, CLOSE.noConnect.reason), CONNECT_WITHIN_MS);
    ws.on('error', () => ws.terminate());
    ws.once('close', () => clearTimeout(timer));
    ws.once('message', (data, isBinary) => {
      clearTimeout(timer);
      void this.connect(ws, readFrame(data, isBinary), address);
    });
  }

  private async connect(ws: WebSocket, frame: RawFrame | null, address: string): Promise<void> {
    const { apiKey } = (frame?.data ?? {}) as { apiKey?: unknown };
    if (frame?.cmd !== 'connect') return ws.close(CLOSE.badFrame.code, CLOSE.badFrame.reason);
    if (typeof apiKey !== 'string') return ws.close(CLOSE.badKey.code, CLOSE.badKey.reason);
    try {
      const principal = await this.authenticator.authenticate({ key: apiKey, address });
      if (ws.readyState !== WebSocket.OPEN) return;
      ws.send(JSON.stringify({ id: frame.id, ok: {} }));
      this.open(ws, principal);
    } catch (thrown) {
      const error = asDomainError(thrown);
      ws.send(JSON.stringify({ id: frame.id, ...refusal(error) }));
      const close = error.code === 'client_suspended' ? CLOSE.suspended : error.kind === 'rate_limited' || error.kind === 'unavailable' ? CLOSE.rateLimited : CLOSE.badKey;
      ws.close(close.code, close.reason);
    }
  }

  private open(ws: WebSocket, principal: Principal): void {
    const connection = new RawConnection(ws, principal);
    this.heartbeat.add(connection);
    ws.on('error', () => ws.terminate());
    ws.on('message', (data, isBinary) => this.receive(connection, readFrame(data, isBinary)));
    ws.once('close', () => {
      this.heartbeat.remove(connection);
      this.sessions.closed(connection);
    });
    this.sessions.open(connection).catch((error: unknown) => {
      this.log.warn(`A socket could not be opened: ${String(error)}`);
      ws.terminate();
    });
  }

  private receive(connection: RawConnection, frame: RawFrame | null): void {
    const wasPinged = connection.heard();
    if (frame === null) return connection.close(CLOSE.badFrame);
    if (frame.cmd === undefined) return wasPinged ? undefined : connection.ping();
    const { id, cmd, data } = frame;
    void this.commands.dispatch(connection, cmd, data).then((reply) => connection.reply(id, reply));
  }
}

/** A key in the headers; null when the first frame is to bring it. Never in the address: proxies log addresses. */
function keyOf({ headers }: IncomingMessage): string | null {
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string') return apiKey;
  const [scheme, key] = headers.authorization?.split(' ') ?? [];
  return scheme?.toLowerCase() === 'bearer' && key ? key : null;
}

function refuseUpgrade(socket: Duplex, error: DomainError): void {
  const body = JSON.stringify(problemOf(error, newId()));
  const retryAfter = error.details.retryAfterSeconds === undefined ? '' : `Retry-After: ${Math.ceil(error.details.retryAfterSeconds)}\r\n`;
  socket.end(
    `HTTP/1.1 ${error.status} Refused\r\nConnection: close\r\n${retryAfter}Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
