import { Injectable } from '@nestjs/common';
import { Metrics } from '../observability/index.js';
import { asUser } from '../security/index.js';
import { CLOSE } from './close.js';
import type { Connection } from './connection.js';
import { Doorkeeper } from './doorkeeper.js';
import { hearsRooms } from './event-scopes.js';
import { Fanout } from './fanout.js';
import { Hub } from './hub.js';
import { KeyWatch } from './key-watch.js';
import { socketLimits } from './limits.js';
import { PreparedPush } from './prepared-push.js';
import { Presence } from './presence/presence.js';
import { RoomDirectory, type RoomPosition } from './room-directory.js';

/** The life of a socket, alike for both transports: from a checked key to `ready`, and to its end. */
@Injectable()
export class Sessions {
  private readonly closes;

  constructor(
    private readonly hub: Hub,
    private readonly fanout: Fanout,
    private readonly rooms: RoomDirectory,
    private readonly keys: KeyWatch,
    private readonly presence: Presence,
    private readonly door: Doorkeeper,
    metrics: Metrics,
  ) {
    metrics.gauge('sockets', 'Open sockets of this process, both transports', [], (gauge) => gauge.set(this.hub.size));
    this.closes = metrics.counter('socket_closes_total', 'Sockets that ended, by who ended them and why', ['reason']);
  }

  /** Lets a socket in: it hears its rooms from here on, and is told `ready`. */
  async open(connection: Connection): Promise<void> {
    const { principal } = connection;
    this.hub.add(connection);
    connection.onGone(() => this.left(connection));
    if (this.door.isClosed) return connection.close(CLOSE.draining);
    const [isIn] = await Promise.all([
      this.presence.enter(connection),
      this.fanout.listen(principal.clientId),
      this.keys.watch(connection),
    ]);
    if (!isIn) return connection.close(CLOSE.tooManyConnections);
    const positions = principal.userId === null ? [] : await this.rooms.positions(asUser(principal));
    if (!this.hub.isOpen(connection)) return; // it went away meanwhile
    for (const { roomId, head } of positions) {
      this.fanout.know(principal.clientId, roomId, head);
      this.hub.hear(connection, roomId);
    }
    connection.deferred?.forEach((apply) => apply());
    connection.deferred = null;
    connection.push(this.ready(connection, positions));
  }

  private left(connection: Connection): void {
    this.closes.inc({ reason: connection.closedFor?.reason ?? 'peer' });
    this.hub.remove(connection);
    this.fanout.unlistenIfIdle(connection.principal.clientId);
  }

  private ready({ id, principal }: Connection, positions: readonly RoomPosition[]): PreparedPush {
    const { clientId, userId, limits } = principal;
    const data = {
      connectionId: id,
      userId,
      clientId,
      rooms: hearsRooms(principal) ? this.fanout.upToDate(clientId, positions) : [],
      limits: socketLimits(limits),
    };
    return PreparedPush.toOne(principal, 'ready', data);
  }
}
