import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { UserId } from '../database/index.js';
import { NotFound } from '../errors/index.js';
import { asUser } from '../security/index.js';
import type { Connection } from './connection.js';
import type { EventName } from './event.js';
import { Fanout } from './fanout.js';
import { Hub, topicOf } from './hub.js';
import type { Push } from './push.js';

/** Without a new `typing.start` somebody has stopped after this. */
export const TYPING_MS = 12_000;
/** A repeat within this is not told again. */
const REPEAT_MS = 3_000;

interface Typist {
  readonly started: Push;
  readonly timer: NodeJS.Timeout;
}

/**
 * Who is typing in the rooms that somebody hears here. Every node keeps its own time by what it is told, and ends it for
 * its own sockets, so that nobody types for ever because a node died.
 */
@Injectable()
export class Typing implements OnModuleInit, OnApplicationShutdown {
  private readonly typists = new Map<string, Typist>();
  /** When sockets of this node last said so, by typist. */
  private readonly toldAt = new Map<string, number>();
  private readonly startedBy = new WeakMap<Connection, Set<string>>();

  constructor(
    private readonly hub: Hub,
    private readonly fanout: Fanout,
  ) {}

  onModuleInit(): void {
    this.fanout.onPush('typing.started', (push) => this.note(push));
    this.fanout.onPush('typing.stopped', (push) => this.forget(typistOf(push)));
    this.fanout.onPush('message.created', (push) => this.sent(push));
  }

  onApplicationShutdown(): void {
    for (const { timer } of this.typists.values()) clearTimeout(timer);
  }

  /** @throws UserRequired, NotFound */
  start(connection: Connection, roomId: string): void {
    const push = this.pushOf(connection, roomId, 'typing.started');
    const typist = typistOf(push);
    const now = Date.now();
    if (now - (this.toldAt.get(typist) ?? 0) < REPEAT_MS) return;
    this.typingsOf(connection).add(typist);
    this.toldAt.set(typist, now);
    this.fanout.publish(push);
  }

  /** @throws UserRequired, NotFound */
  stop(connection: Connection, roomId: string): void {
    this.end(typistOf(this.pushOf(connection, roomId, 'typing.stopped')));
  }

  /** They end with the socket. */
  private typingsOf(connection: Connection): Set<string> {
    const known = this.startedBy.get(connection);
    if (known) return known;
    const typings = new Set<string>();
    this.startedBy.set(connection, typings);
    connection.onGone(() => typings.forEach((typist) => this.end(typist)));
    return typings;
  }

  private end(typist: string): void {
    const known = this.typists.get(typist);
    if (known) this.fanout.publish(stopped(known.started));
  }

  /** Their message says it all: each node that knows of the typing ends it by itself. */
  private sent(push: Push): void {
    if (this.typists.size === 0) return;
    const { senderId } = push.data as { senderId: UserId | null };
    if (senderId !== null) this.expire(typistIn(push, senderId));
  }

  private note(started: Push): void {
    const typist = typistOf(started);
    clearTimeout(this.typists.get(typist)?.timer);
    const timer = setTimeout(() => this.expire(typist), TYPING_MS).unref();
    this.typists.set(typist, { started, timer });
  }

  private expire(typist: string): void {
    const known = this.typists.get(typist);
    if (!known) return;
    this.forget(typist);
    this.hub.deliver(stopped(known.started));
  }

  private forget(typist: string): void {
    clearTimeout(this.typists.get(typist)?.timer);
    this.typists.delete(typist);
    this.toldAt.delete(typist);
  }

  private pushOf(connection: Connection, roomId: string, ev: EventName): Push {
    const { clientId, userId } = asUser(connection.principal);
    if (!this.hub.hears(connection, roomId)) throw new NotFound();
    const audience = { kind: 'room', id: roomId } as const;
    return { clientId, audience, ev, roomId, ts: new Date().toISOString(), data: { userId }, exceptUser: userId };
  }
}

const typistIn = ({ clientId, roomId = '' }: Push, userId: UserId): string =>
  `${topicOf(clientId, { kind: 'room', id: roomId })}/${userId}`;
const typistOf = (push: Push): string => typistIn(push, (push.data as { userId: UserId }).userId);
const stopped = (started: Push): Push => ({ ...started, ev: 'typing.stopped', ts: new Date().toISOString() });
