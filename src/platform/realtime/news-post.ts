import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Redis as Connection } from 'ioredis';
import { type ClientId, newId } from '../database/index.js';
import { Redis } from '../redis/index.js';
import type { News } from './push.js';

/** What travels between nodes: news of one client, in the order its node told it; or that some was lost on the way. */
interface Letter {
  readonly from: string;
  readonly news: readonly News[];
  readonly lostOf?: ClientId;
}

/** How long a new socket waits for Redis; after that it hears of other nodes a little later. */
const SUBSCRIBE_PATIENCE_MS = 500;
const CONFESS_AFTER_MS = 1_000;

/** News between nodes, through Redis: one channel per client. It may be lost; then that it was lost is told. */
@Injectable()
export class NewsPost implements OnModuleInit {
  private readonly log = new Logger(NewsPost.name);
  private readonly node = newId();
  /** How this node's own letters begin: it knows what they say. */
  private readonly own = `{"from":"${this.node}"`;
  private readonly outgoing = new Map<ClientId, News[]>();
  /** The clients whose news could not leave this node. */
  private readonly lost = new Set<ClientId>();
  private readonly subscribed = new Map<ClientId, Promise<unknown>>();
  private readonly newsHandlers: ((news: News) => void)[] = [];
  private readonly gapHandlers: ((clientId: ClientId) => void)[] = [];
  private retry?: NodeJS.Timeout | undefined;
  private mayHaveMissed = false;
  private subscriber?: Connection;

  constructor(private readonly redis: Redis) {}

  onModuleInit(): void {
    this.subscriber = this.redis.subscriber('fanout');
    this.subscriber.on('message', (_channel: string, text: string) => this.receive(text));
    this.subscriber.on('close', () => (this.mayHaveMissed = true));
    this.subscriber.on('ready', () => void this.catchUp());
    this.redis.commands.on('ready', () => this.confess());
  }

  /** Hears what other nodes send. */
  onNews(handler: (news: News) => void): void {
    this.newsHandlers.push(handler);
  }

  /** Hears when news of a client may have passed this node by. */
  onGap(handler: (clientId: ClientId) => void): void {
    this.gapHandlers.push(handler);
  }

  /** The news of one commit travels together, and at once: the next commit of its room may be another node's. */
  send(clientId: ClientId, news: News): void {
    if (!this.redis.isUp) return void this.lost.add(clientId);
    const outgoing = this.outgoing.get(clientId);
    if (outgoing) return void outgoing.push(news);
    this.outgoing.set(clientId, [news]);
    queueMicrotask(() => {
      const letter = { from: this.node, news: this.outgoing.get(clientId) ?? [] };
      this.outgoing.delete(clientId);
      this.post(clientId, letter);
    });
  }

  /** Resolves when news of the client reaches this node; at once when Redis is away, and the news follows when it is back. */
  async subscribe(clientId: ClientId): Promise<void> {
    const subscribed = this.subscribed.get(clientId) ?? this.begin(clientId);
    if (this.redis.isUp) await Promise.race([subscribed, delay(SUBSCRIBE_PATIENCE_MS, undefined, { ref: false })]);
  }

  unsubscribe(clientId: ClientId): void {
    this.subscribed.delete(clientId);
    this.subscriber?.unsubscribe(this.channel(clientId)).catch(() => undefined);
  }

  private begin(clientId: ClientId): Promise<unknown> {
    const subscribed = Promise.resolve(this.subscriber?.subscribe(this.channel(clientId))).catch((error: unknown) =>
      this.log.warn(`News of other nodes cannot be heard: ${String(error)}`),
    );
    this.subscribed.set(clientId, subscribed);
    return subscribed;
  }

  private post(clientId: ClientId, letter: Letter): void {
    this.redis.commands.publish(this.channel(clientId), JSON.stringify(letter)).catch((error: unknown) => {
      this.lost.add(clientId);
      // A command may time out without its connection ending; then nothing says that Redis is back.
      this.retry ??= setTimeout(() => this.confess(), CONFESS_AFTER_MS).unref();
      this.log.debug(`News was not published: ${String(error)}`);
    });
  }

  /** Redis is back: the other nodes are told whose news they did not get. */
  private confess(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
    const clientIds = [...this.lost];
    this.lost.clear();
    for (const clientId of clientIds) this.post(clientId, { from: this.node, news: [], lostOf: clientId });
  }

  /** The subscriptions stand again: what was told meanwhile is lost to this node. */
  private async catchUp(): Promise<void> {
    if (!this.mayHaveMissed) return;
    const clientIds = [...this.subscribed.keys()];
    try {
      if (clientIds.length > 0)
        await this.subscriber?.subscribe(...clientIds.map((clientId) => this.channel(clientId)));
      this.mayHaveMissed = false;
      clientIds.forEach((clientId) => this.tellGap(clientId));
    } catch (error) {
      this.log.debug(`Redis went away again: ${String(error)}`);
    }
  }

  private receive(text: string): void {
    if (text.startsWith(this.own)) return;
    const { news, lostOf } = JSON.parse(text) as Letter;
    for (const one of news) this.newsHandlers.forEach((handler) => handler(one));
    if (lostOf !== undefined) this.tellGap(lostOf);
  }

  private tellGap(clientId: ClientId): void {
    for (const handler of this.gapHandlers) handler(clientId);
  }

  private channel(clientId: ClientId): string {
    return this.redis.key('news', clientId);
  }
}
