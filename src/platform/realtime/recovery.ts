import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { ClientId } from '../database/index.js';
import { asUser } from '../security/index.js';
import type { Connection } from './connection.js';
import { hearsRooms } from './event-scopes.js';
import { Fanout } from './fanout.js';
import { Hub } from './hub.js';
import { NewsPost } from './news-post.js';
import { PreparedPush } from './prepared-push.js';
import { RoomDirectory, type RoomHead, type RoomPosition } from './room-directory.js';

/** Users looked up at once: a whole node recovers without storming PostgreSQL. */
const AT_ONCE = 4;
const ROOMS_PER_QUERY = 1_000;

/**
 * News of a client may have passed this node by, when Redis was away. Its sockets are made to hear the rooms their users
 * are in now, and are told `sync.required` with where each room stands, so that a client fetches only what it missed.
 */
@Injectable()
export class Recovery implements OnModuleInit {
  private readonly log = new Logger(Recovery.name);
  private readonly underWay = new Map<ClientId, { again: boolean }>();

  constructor(
    private readonly hub: Hub,
    private readonly fanout: Fanout,
    private readonly post: NewsPost,
    private readonly rooms: RoomDirectory,
  ) {}

  onModuleInit(): void {
    this.post.onGap((clientId) => void this.recover(clientId));
  }

  /** A gap that shows during a recovery is recovered from after it. */
  async recover(clientId: ClientId): Promise<void> {
    const running = this.underWay.get(clientId);
    if (running) return void (running.again = true);
    const run = { again: true };
    this.underWay.set(clientId, run);
    try {
      while (run.again) {
        run.again = false;
        await this.recoverAll(clientId);
      }
    } catch (error) {
      this.log.warn(`Sockets could not be told what they missed: ${String(error)}`);
    } finally {
      this.underWay.delete(clientId);
    }
  }

  /** Heads are read first: what came until then sockets are told to fetch, what comes after it reaches those who are in by now. */
  private async recoverAll(clientId: ClientId): Promise<void> {
    const heads = await this.headsOf(clientId);
    const byUser = new Map<string, Connection[]>();
    for (const connection of this.hub.ofClient(clientId)) {
      if (connection.deferred !== null) continue; // it is being opened, and reads all of it anyway
      const { id, principal } = connection;
      const whose = principal.userId === null ? `socket ${id}` : `user ${principal.userId}`;
      byUser.set(whose, [...(byUser.get(whose) ?? []), connection]);
    }
    const waiting = [...byUser.values()];
    const work = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await this.recoverUser(next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    for (const room of heads) this.fanout.repaired(room, room.head);
  }

  private async headsOf(clientId: ClientId): Promise<RoomHead[]> {
    const heard = this.hub.roomsOfClient(clientId);
    const heads: RoomHead[] = [];
    for (let at = 0; at < heard.length; at += ROOMS_PER_QUERY)
      heads.push(...(await this.rooms.heads(heard.slice(at, at + ROOMS_PER_QUERY))));
    return heads;
  }

  /** All sockets of one user, or one of a master key. */
  private async recoverUser(connections: readonly Connection[]): Promise<void> {
    const [first] = connections;
    if (!first) return;
    for (const connection of connections) connection.deferred = [];
    try {
      const positions = await this.positions(first);
      for (const connection of connections) {
        if (this.hub.isOpen(connection)) this.refresh(connection, positions);
      }
    } finally {
      for (const connection of connections) {
        const changes = connection.deferred ?? [];
        connection.deferred = null;
        if (this.hub.isOpen(connection)) changes.forEach((apply) => apply());
      }
    }
  }

  private refresh(connection: Connection, positions: readonly Partial<RoomPosition>[]): void {
    const { principal } = connection;
    const stay = new Set(positions.map(({ roomId }) => roomId));
    for (const roomId of this.hub.roomsOf(connection)) if (!stay.has(roomId)) this.hub.unhear(connection, roomId);
    for (const roomId of stay) if (roomId !== undefined) this.hub.hear(connection, roomId);
    connection.push(PreparedPush.toOne(principal, 'sync.required', { rooms: hearsRooms(principal) ? positions : [] }));
  }

  /** Of a user, their rooms; of a master key's socket, those it subscribed to that are still there. */
  private async positions(connection: Connection): Promise<readonly Partial<RoomPosition>[]> {
    const { principal } = connection;
    const { clientId, userId } = principal;
    if (userId !== null) return this.fanout.upToDate(clientId, await this.rooms.positions(asUser(principal)));
    const heads = await this.rooms.heads(this.hub.roomsOf(connection).map((roomId) => ({ clientId, roomId })));
    return heads.map(({ roomId, head, lastSeq }) => ({ roomId, head, lastSeq }));
  }
}
