import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ClientId } from '../database/index.js';
import type { EventName } from './event.js';
import { Hub, topicOf } from './hub.js';
import { NewsPost } from './news-post.js';
import type { Hearing, News, Push } from './push.js';
import type { RoomPosition, RoomRef } from './room-directory.js';
import { RoomOrder } from './room-order.js';

type PushHandler = (push: Push, sockets: number) => void;

/**
 * Tells sockets, on every node, what was committed. News goes to this node's sockets at once and to the others through
 * Redis, which a node listens to for the clients that have sockets there. Redis carries wake-ups only: who misses one sees
 * a gap, a `room.head` or a `sync.required`, and fetches from PostgreSQL.
 */
@Injectable()
export class Fanout implements OnModuleInit {
  private readonly pushHandlers = new Map<EventName, PushHandler[]>();
  private readonly gapHandlers: ((room: RoomRef) => void)[] = [];
  /** The clients that have sockets here. */
  private readonly heard = new Map<ClientId, RoomOrder>();

  constructor(
    private readonly post: NewsPost,
    private readonly hub: Hub,
  ) {}

  onModuleInit(): void {
    this.post.onNews((news) => this.take(news));
  }

  /** After the commit, and never awaited. */
  publish(push: Push, hearing?: Hearing): void {
    const news = { push, ...(hearing && { hearing }) };
    this.take(news);
    this.post.send(push.clientId, news);
  }

  /** Hears, on each node that listens to the client, of an event's pushes: after its sockets, and how many took it. */
  onPush(ev: EventName, handler: PushHandler): void {
    this.pushHandlers.set(ev, [...(this.pushHandlers.get(ev) ?? []), handler]);
  }

  /** Hears, on each node, of pushes of an event that live sockets of that node took. */
  onTaken(ev: EventName, handler: PushHandler): void {
    this.onPush(ev, (push, sockets) => {
      if (sockets > 0) handler(push, sockets);
    });
  }

  /** Positions with what this node has heard since: an event may be committed and told after they were read. */
  upToDate(clientId: ClientId, positions: readonly RoomPosition[]): RoomPosition[] {
    const order = this.heard.get(clientId);
    return positions.map((at) => {
      const heard = order?.headOf(topicOf(clientId, { kind: 'room', id: at.roomId })) ?? 0;
      return { ...at, head: Math.max(at.head, heard) };
    });
  }

  /** What a socket was told of a room when it came in: older events are in that, and the next one is known by its offset. */
  know(clientId: ClientId, roomId: string, head: number): void {
    this.heard.get(clientId)?.know(topicOf(clientId, { kind: 'room', id: roomId }), head);
  }

  /** Resolves when news of the client reaches this node, or will once Redis is back. */
  async listen(clientId: ClientId): Promise<void> {
    if (!this.heard.has(clientId)) this.heard.set(clientId, this.ordered(clientId));
    await this.post.subscribe(clientId);
  }

  /** Stops listening once the node has no sockets of the client. */
  unlistenIfIdle(clientId: ClientId): void {
    if (!this.hub.has(clientId) && this.heard.delete(clientId)) this.post.unsubscribe(clientId);
  }

  /** Hears of a room of which an event has not come in time: nobody is told more of it until it is {@link repaired}. */
  onGap(handler: (room: RoomRef) => void): void {
    this.gapHandlers.push(handler);
  }

  /** Who hears the room is as it was at this head; null when the room is gone. */
  repaired({ clientId, roomId }: RoomRef, head: number | null): void {
    const topic = topicOf(clientId, { kind: 'room', id: roomId });
    if (head === null) this.heard.get(clientId)?.gone(topic);
    else this.heard.get(clientId)?.repaired(topic, head);
  }

  private ordered(clientId: ClientId): RoomOrder {
    return new RoomOrder({
      deliver: (news) => this.write(news),
      onGap: ({ push: { roomId = '' } }) => this.gapHandlers.forEach((hear) => hear({ clientId, roomId })),
    });
  }

  private take(news: News): void {
    const { clientId, offset, audience } = news.push;
    const order = this.heard.get(clientId);
    if (!order) return;
    if (offset === undefined || audience.kind === 'rooms') this.write(news);
    else order.accept(topicOf(clientId, audience), offset, news);
  }

  private write({ push, hearing = {} }: News): void {
    const { clientId, roomId = '' } = push;
    if (hearing.joined) this.hub.membership(clientId, roomId, hearing.joined, true);
    const sockets = this.hub.deliver(push);
    if (hearing.left) this.hub.membership(clientId, roomId, hearing.left, false);
    if (hearing.ended) this.hub.endRoom(clientId, roomId);
    for (const handler of this.pushHandlers.get(push.ev) ?? []) handler(push, sockets);
  }
}
