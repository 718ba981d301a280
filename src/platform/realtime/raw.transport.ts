import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { DomainError } from '../errors/index.js';
import { asDomainError, problemOf } from '../http/index.js';
import { newId } from '../database/index.js';
import type { Principal } from '../security/index.js';
import { addressOf } from './address.js';
import { CLOSE } from './close.js';
import { CommandDispatcher, refusal } from './command-dispatcher.js';
import { closeFor, Doorkeeper, type Handshake } from './doorkeeper.js';
import { Drain } from './drain.js';
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
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIBRARY_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: true,
  });

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly door: Doorkeeper,
    private readonly drain: Drain,
    private readonly sessions: Sessions,
    private readonly commands: CommandDispatcher,
    private readonly heartbeat: Heartbeat,
  ) {}

  onApplicationBootstrap(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy()); // Node took its own listener off: without one the process would end
      const path = request.url?.split('?')[0];
      if (path === RAW_PATH) void this.upgrade(request, socket, head);
      else if (!path?.startsWith('/sockets/'))
        endWith(socket, 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.drain.finished;
    for (const socket of this.sockets.clients) socket.terminate();
    this.sockets.close();
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const handshake = handshakeOf(request, addressOf(request, this.host));
    try {
      this.door.assertOpen();
      const isKnown = handshake.key !== undefined || handshake.ticket !== undefined;
      const principal = isKnown ? await this.door.admit(handshake) : null;
      this.sockets.handleUpgrade(request, socket, head, (ws) =>
        principal ? this.open(ws, principal) : this.awaitConnect(ws, handshake),
      );
    } catch (thrown) {
      refuseUpgrade(socket, asDomainError(thrown));
    }
  }

  /** No key came with the handshake: the first frame has it, within 5 s. */
  private awaitConnect(ws: WebSocket, handshake: Handshake): void {
    const timer = setTimeout(() => ws.close(CLOSE.noConnect.code, CLOSE.noConnect.reason), CONNECT_WITHIN_MS);
    ws.on('error', () => ws.terminate());
    ws.once('close', () => clearTimeout(timer));
    ws.once('message', (data, isBinary) => {
      clearTimeout(timer);
      void this.connectHolding(ws, readFrame(data, isBinary), handshake);
    });
  }

  /** What a client sends right behind its key waits until the key is checked. */
  private async connectHolding(ws: WebSocket, frame: RawFrame | null, handshake: Handshake): Promise<void> {
    const early: [RawData, boolean][] = [];
    const hold = (data: RawData, isBinary: boolean) => void early.push([data, isBinary]);
    ws.on('message', hold);
    ws.pause(); // what has been read already still comes
    await this.connect(ws, frame, handshake);
    ws.off('message', hold);
    for (const [data, isBinary] of early) ws.emit('message', data, isBinary);
    ws.resume();
  }

  private async connect(ws: WebSocket, frame: RawFrame | null, handshake: Handshake): Promise<void> {
    const { apiKey } = (frame?.data ?? {}) as { apiKey?: unknown };
    if (frame?.cmd !== 'connect') return ws.close(CLOSE.badFrame.code, CLOSE.badFrame.reason);
    if (typeof apiKey !== 'string') return ws.close(CLOSE.badKey.code, CLOSE.badKey.reason);
    try {
      const principal = await this.door.admit({ ...handshake, key: apiKey });
      if (ws.readyState !== WebSocket.OPEN) return;
      ws.send(JSON.stringify({ id: frame.id, ok: {} }));
      this.open(ws, principal);
    } catch (thrown) {
      const error = asDomainError(thrown);
      ws.send(JSON.stringify({ id: frame.id, ...refusal(error) }));
      const close = closeFor(error);
      ws.close(close.code, close.reason);
    }
  }

  private open(ws: WebSocket, principal: Principal): void {
    const connection = new RawConnection(ws, principal);
    this.heartbeat.add(connection);
    ws.on('error', () => ws.terminate());
    ws.on('message', (data, isBinary) => {
      // Closing: what a flood still brings is not even looked at.
      if (connection.isOpen) this.receive(connection, readFrame(data, isBinary));
    });
    ws.once('close', () => {
      this.heartbeat.remove(connection);
      connection.gone();
    });
    this.sessions.open(connection).catch((error: unknown) => {
      this.log.warn(`A socket could not be opened: ${String(error)}`);
      ws.terminate();
    });
  }

  private receive(connection: RawConnection, frame: RawFrame | null): void {
    const wasPinged = connection.heard();
    if (frame === null) return connection.close(CLOSE.badFrame);
    if (frame.cmd === undefined) {
      if (!wasPinged && this.commands.admit(connection)) connection.ping();
      return;
    }
    const { id, cmd, data } = frame;
    void this.commands.dispatch(connection, cmd, data).then((reply) => connection.reply(id, reply));
  }
}

/** A key in the headers, or a ticket in the address; with neither the first frame brings a key. A key never stands in an address: proxies log those. */
function handshakeOf({ headers, url = '' }: IncomingMessage, address: string): Handshake {
  const { authorization, origin, 'x-api-key': apiKey } = headers;
  const [scheme, bearer] = authorization?.split(' ') ?? [];
  const key = typeof apiKey === 'string' ? apiKey : scheme?.toLowerCase() === 'bearer' && bearer ? bearer : undefined;
  const ticket = key === undefined ? new URLSearchParams(url.split('?')[1]).get('ticket') : null;
  return {
    address,
    ...(key !== undefined && { key }),
    ...(ticket !== null && { ticket }),
    ...(origin !== undefined && { origin }),
  };
}

function refuseUpgrade(socket: Duplex, error: DomainError): void {
  const body = JSON.stringify(problemOf(error, newId()));
  const retryAfter =
    error.details.retryAfterSeconds === undefined
      ? ''
      : `Retry-After: ${Math.ceil(error.details.retryAfterSeconds)}\r\n`;
  endWith(
    socket,
    `HTTP/1.1 ${error.status} Refused\r\nConnection: close\r\n${retryAfter}Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Whether its peer ends it or not: no time limit of the server is over it any more. */
function endWith(socket: Duplex, answer: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(answer);
}
