import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Redis as Connection } from 'ioredis';
import { type ClientId, newId, type UserId } from '../database/index.js';
import { Redis } from '../redis/index.js';
import { Hub, topicOf } from './hub.js';
import type { Push } from './push.js';
import type { RoomRef } from './room-directory.js';
import { RoomOrder } from './room-order.js';

interface Membership {
  readonly clientId: ClientId;
  readonly roomId: string;
  readonly userIds: readonly UserId[];
  readonly joined: boolean;
}

type News = { readonly push: Push } | { readonly membership: Membership } | { readonly ended: RoomRef };
/** What travels between nodes: news of one client, in the order its node told it. */
interface Letter {
  readonly from: string;
  readonly news: readonly News[];
}
type Taken = (push: Push, sockets: number) => void;

interface Heard {
  readonly order: RoomOrder;
  readonly subscribed: Promise<unknown>;
}

/** How long a new socket waits for Redis; after that it hears of other nodes a little later. */
const SUBSCRIBE_PATIENCE_MS = 500;

/**
 * Tells sockets, on every node, what was committed. News goes to this node's sockets at once and to the others through
 * Redis, on one channel per client, which a node subscribes to while it has sockets of that client. Redis carries
 * wake-ups only: who misses one sees a gap, or a `room.head`, and fetches from PostgreSQL.
 */
@Injectable()
export class Fanout implements OnModuleInit {
  private readonly log = new Logger(Fanout.name);
  private readonly node = newId();
  /** How this node's own letters begin: it knows what they say. */
  private readonly own = `{"from":"${this.node}"`;
  private readonly unsent = new Map<ClientId, News[]>();
  private readonly takenHandlers = new Map<string, Taken[]>();
  /** The clients that have sockets here. */
  private readonly heard = new Map<ClientId, Heard>();
  private subscriber?: Connection;

  constructor(
    private readonly redis: Redis,
    private readonly hub: Hub,
  ) {}

  onModuleInit(): void {
    this.subscriber = this.redis.subscriber('fanout');
    this.subscriber.on('message', (_channel: string, text: string) => this.receive(text));
  }

  /** After the commit, and never awaited. */
  publish(push: Push): void {
    this.local(push);
    this.send(push.clientId, { push });
  }

  /** The users' sockets hear the room from now on. */
  join(clientId: ClientId, roomId: string, userIds: readonly UserId[]): void {
    this.membership({ clientId, roomId, userIds, joined: true });
  }

  leave(clientId: ClientId, roomId: string, userIds: readonly UserId[]): void {
    this.membership({ clientId, roomId, userIds, joined: false });
  }

  /** The room is gone: nobody hears it from now on. */
  endRoom(clientId: ClientId, roomId: string): void {
    this.hub.endRoom(clientId, roomId);
    this.send(clientId, { ended: { clientId, roomId } });
  }

  /** Hears, on each node, of pushes of an event that live sockets of that node took. */
  onTaken(ev: string, handler: Taken): void {
    this.takenHandlers.set(ev, [...(this.takenHandlers.get(ev) ?? []), handler]);
  }

  /** The newest offset of a room that this node has heard of. */
  headOf(clientId: ClientId, roomId: string): number {
    return this.heard.get(clientId)?.order.headOf(topicOf(clientId, { kind: 'room', id: roomId })) ?? 0;
  }

  /** Resolves when news of the client reaches this node; at once when Redis is away, and the news follows when it is back. */
  async listen(clientId: ClientId): Promise<void> {
    const { subscribed } = this.heard.get(clientId) ?? this.begin(clientId);
    if (this.redis.isUp) await Promise.race([subscribed, delay(SUBSCRIBE_PATIENCE_MS, undefined, { ref: false })]);
  }

  /** Stops listening once the node has no sockets of the client. */
  unlistenIfIdle(clientId: ClientId): void {
    if (this.hub.has(clientId) || !this.heard.delete(clientId)) return;
    this.subscriber?.unsubscribe(this.channel(clientId)).catch(() => undefined);
  }

  private begin(clientId: ClientId): Heard {
    const subscribed = Promise.resolve(this.subscriber?.subscribe(this.channel(clientId))).catch((error: unknown) =>
      this.log.warn(`News of other nodes cannot be heard: ${String(error)}`),
    );
    const heard = { order: new RoomOrder((push) => this.write(push)), subscribed };
    this.heard.set(clientId, heard);
    return heard;
  }

  private channel(clientId: ClientId): string {
    return this.redis.key('news', clientId);
  }

  private membership(membership: Membership): void {
    this.hub.membership(membership.clientId, membership.roomId, membership.userIds, membership.joined);
    this.send(membership.clientId, { membership });
  }

  /** The news of one turn of the event loop travels together: that of a group commit, above all. */
  private send(clientId: ClientId, news: News): void {
    if (!this.redis.isUp) return;
    const unsent = this.unsent.get(clientId);
    if (unsent) return void unsent.push(news);
    this.unsent.set(clientId, [news]);
    setImmediate(() => this.post(clientId));
  }

  private post(clientId: ClientId): void {
    const letter: Letter = { from: this.node, news: this.unsent.get(clientId) ?? [] };
    this.unsent.delete(clientId);
    this.redis.commands
      .publish(this.channel(clientId), JSON.stringify(letter))
      .catch((error: unknown) => this.log.debug(`News was not published: ${String(error)}`));
  }

  private receive(text: string): void {
    if (text.startsWith(this.own)) return;
    for (const news of (JSON.parse(text) as Letter).news) this.take(news);
  }

  private take(news: News): void {
    if ('push' in news) this.local(news.push);
    else if ('ended' in news) this.hub.endRoom(news.ended.clientId, news.ended.roomId);
    else
      this.hub.membership(
        news.membership.clientId,
        news.membership.roomId,
        news.membership.userIds,
        news.membership.joined,
      );
  }

  private local(push: Push): void {
    const heard = this.heard.get(push.clientId);
    if (!heard) return;
    const { offset } = push;
    if (offset === undefined) this.write(push);
    else heard.order.accept(topicOf(push.clientId, push.audience), { ...push, offset });
  }

  private write(push: Push): void {
    const sockets = this.hub.deliver(push);
    if (sockets > 0) for (const handler of this.takenHandlers.get(push.ev) ?? []) handler(push, sockets);
  }
}
