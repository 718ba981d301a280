import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ClientId, UserId } from '../database/index.js';
import type { EventName } from './event.js';
import { Hub, topicOf } from './hub.js';
import { type Membership, type News, NewsPost } from './news-post.js';
import type { Push } from './push.js';
import type { RoomPosition } from './room-directory.js';
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
  publish(push: Push): void {
    this.tell(push.clientId, { push });
  }

  /** The users' sockets hear the room from now on. */
  join(clientId: ClientId, roomId: string, userIds: readonly UserId[]): void {
    this.tell(clientId, { membership: { clientId, roomId, userIds, joined: true } });
  }

  leave(clientId: ClientId, roomId: string, userIds: readonly UserId[]): void {
    this.tell(clientId, { membership: { clientId, roomId, userIds, joined: false } });
  }

  /** The room is gone: nobody hears it from now on. */
  endRoom(clientId: ClientId, roomId: string): void {
    this.tell(clientId, { ended: { clientId, roomId } });
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
    if (!this.heard.has(clientId)) this.heard.set(clientId, new RoomOrder((push) => this.write(push)));
    await this.post.subscribe(clientId);
  }

  /** Stops listening once the node has no sockets of the client. */
  unlistenIfIdle(clientId: ClientId): void {
    if (!this.hub.has(clientId) && this.heard.delete(clientId)) this.post.unsubscribe(clientId);
  }

  private tell(clientId: ClientId, news: News): void {
    this.take(news);
    this.post.send(clientId, news);
  }

  private take(news: News): void {
    if ('push' in news) this.local(news.push);
    else if ('ended' in news) this.hub.endRoom(news.ended.clientId, news.ended.roomId);
    else this.membership(news.membership);
  }

  private membership({ clientId, roomId, userIds, joined }: Membership): void {
    this.hub.membership(clientId, roomId, userIds, joined);
  }

  private local(push: Push): void {
    const order = this.heard.get(push.clientId);
    if (!order) return;
    const { offset, audience } = push;
    if (offset === undefined || audience.kind === 'rooms') this.write(push);
    else order.accept(topicOf(push.clientId, audience), { ...push, offset });
  }

  private write(push: Push): void {
    const sockets = this.hub.deliver(push);
    for (const handler of this.pushHandlers.get(push.ev) ?? []) handler(push, sockets);
  }
}
