import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Notices } from '../database/index.js';
import { Metrics } from '../observability/index.js';
import { Authenticator, type Principal, type Revocation, type UserPrincipal } from '../security/index.js';
import { CLOSE } from './close.js';
import { COMMANDS_PER_SECOND, MAX_IN_FLIGHT } from './command-dispatcher.js';
import type { Connection } from './connection.js';
import { Fanout } from './fanout.js';
import { Hub } from './hub.js';
import { PreparedPush } from './prepared-push.js';
import { RoomDirectory, type RoomPosition } from './room-directory.js';

export const CONNECTIONS_PER_USER = 20;
export const FRAME_BYTES = 64 * 1024;
/** A notice can be missed while its connection is away: what is open is checked again this often. */
const RECHECK_MS = 30_000;
/** `setTimeout` holds no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The life of a socket, alike for both transports: from a checked key to `ready`, and to its end. */
@Injectable()
export class Sessions implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger(Sessions.name);
  private readonly timer = setInterval(() => void this.recheck(), RECHECK_MS).unref();

  constructor(
    private readonly hub: Hub,
    private readonly fanout: Fanout,
    private readonly rooms: RoomDirectory,
    private readonly authenticator: Authenticator,
    private readonly notices: Notices,
    metrics: Metrics,
  ) {
    metrics.gauge('sockets', 'Open sockets of this process, both transports', [], (gauge) => gauge.set(this.hub.size));
  }

  onModuleInit(): void {
    this.authenticator.onRevoked((revocation) => this.end(revocation));
    this.notices.onGap(() => void this.recheck());
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Lets a socket in: it hears its rooms from here on, and is told `ready`. */
  async open(connection: Connection): Promise<void> {
    const { principal } = connection;
    if (this.isOneTooMany(principal)) return connection.close(CLOSE.tooManyConnections);
    this.hub.add(connection);
    if (principal.expiresAt) this.closeAt(connection, principal.expiresAt);
    // The key may have died between its check and this moment, from which on its death is heard of.
    if (!this.authenticator.isCurrent(principal)) await this.recheck([principal.keyId]);
    await this.fanout.listen(principal.clientId);
    const positions = principal.userId === null ? [] : await this.rooms.positions(principal as UserPrincipal);
    if (!this.hub.isOpen(connection)) return; // it went away meanwhile
    for (const { roomId } of positions) this.hub.hear(connection, roomId);
    connection.deferred?.forEach((apply) => apply());
    connection.deferred = null;
    connection.push(this.ready(connection, positions));
  }

  closed(connection: Connection): void {
    clearTimeout(connection.expiry);
    this.hub.remove(connection);
    this.fanout.unlistenIfIdle(connection.principal.clientId);
  }

  private isOneTooMany({ clientId, userId, limits }: Principal): boolean {
    if (this.hub.ofClient(clientId).size >= (limits.connections ?? Infinity)) return true;
    const perUser = limits.connectionsPerUser ?? CONNECTIONS_PER_USER;
    return userId !== null && this.hub.ofUser(clientId, userId).size >= perUser;
  }

  private ready({ id, principal }: Connection, positions: readonly RoomPosition[]): PreparedPush {
    const { clientId, userId, limits } = principal;
    // An event may have been committed after the positions were read and told before this socket heard the room.
    const rooms = positions.map((at) => ({ ...at, head: Math.max(at.head, this.fanout.headOf(clientId, at.roomId)) }));
    const data = {
      connectionId: id,
      userId,
      clientId,
      rooms,
      limits: {
        frameBytes: FRAME_BYTES,
        commandsInFlight: MAX_IN_FLIGHT,
        commandsPerSecond: limits.commandsPerSecond ?? COMMANDS_PER_SECOND,
      },
    };
    return new PreparedPush({
      clientId,
      audience: { kind: 'user', id: userId ?? '' },
      ev: 'ready',
      ts: new Date().toISOString(),
      data,
    });
  }

  private closeAt(connection: Connection, at: Date): void {
    const leftMs = at.getTime() - Date.now();
    if (leftMs > LONGEST_TIMER_MS) return; // the recheck will see it
    clearTimeout(connection.expiry);
    connection.expiry = setTimeout(() => connection.close(CLOSE.keyExpired), Math.max(0, leftMs)).unref();
  }

  private end(revocation: Revocation): void {
    const { keyId, at } = revocation;
    if (keyId === undefined || at === undefined) return this.hub.closeRevoked(revocation);
    for (const connection of this.hub.ofKey(keyId)) this.closeAt(connection, at);
  }

  private async recheck(keyIds = this.hub.keyIds): Promise<void> {
    if (keyIds.length === 0) return;
    try {
      for (const revocation of await this.authenticator.findDead(keyIds)) this.end(revocation);
    } catch (error) {
      this.log.debug(`Open keys were not rechecked: ${String(error)}`);
    }
  }
}
