import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Redis as Connection } from 'ioredis';
import { type ClientId, newId } from '../../platform/database/index.js';
import { Fanout, type Push } from '../../platform/realtime/index.js';
import { Redis } from '../../platform/redis/index.js';
import { MESSAGE_EVENTS } from './messages.events.js';

/** Messages a node remembers: a few minutes of a busy one, days of a quiet one. */
const REMEMBERED = 50_000;
/** How long the other nodes have to answer. */
const PATIENCE_MS = 250;

/** A node wrote a message to some of its sockets. */
export interface FanoutNote {
  readonly at: Date;
  readonly sockets: number;
}

interface Question {
  readonly ask: string;
  readonly clientId: ClientId;
  readonly messageId: string;
}
interface Report {
  readonly answer: string;
  readonly at: string;
  readonly sockets: number;
}

/**
 * When each node wrote recent messages to its sockets. Kept in memory only: writing it down would double the cost of
 * every message for a question that is asked of few. The nodes are asked over Redis.
 */
@Injectable()
export class FanoutMemory implements OnModuleInit {
  private readonly notes = new Map<string, FanoutNote>();
  private readonly asked = new Map<string, FanoutNote[]>();
  private connection?: Connection;

  constructor(
    private readonly fanout: Fanout,
    private readonly redis: Redis,
  ) {}

  onModuleInit(): void {
    this.fanout.onTaken(MESSAGE_EVENTS.created, (push, sockets) => this.note(push, sockets));
    this.connection = this.redis.subscriber('trace');
    this.connection.on('message', (_channel: string, text: string) =>
      this.receive(JSON.parse(text) as Question | Report),
    );
    this.connection.subscribe(this.channel).catch(() => undefined);
  }

  /** Of every node that remembers it. */
  async recall(clientId: ClientId, messageId: string): Promise<FanoutNote[]> {
    const own = this.notes.get(keyOf(clientId, messageId));
    if (!this.redis.isUp) return own ? [own] : [];
    const ask = newId();
    const found: FanoutNote[] = [];
    this.asked.set(ask, found);
    try {
      await this.redis.commands.publish(this.channel, JSON.stringify({ ask, clientId, messageId } satisfies Question));
      await delay(PATIENCE_MS);
    } catch {
      if (own) found.push(own);
    } finally {
      this.asked.delete(ask);
    }
    return found;
  }

  private get channel(): string {
    return this.redis.key('trace');
  }

  private note({ clientId, data }: Push, sockets: number): void {
    const { id } = data as { id: string };
    this.notes.set(keyOf(clientId, id), { at: new Date(), sockets });
    if (this.notes.size > REMEMBERED) this.notes.delete(this.notes.keys().next().value ?? '');
  }

  private receive(text: Question | Report): void {
    if ('answer' in text) {
      this.asked.get(text.answer)?.push({ at: new Date(text.at), sockets: text.sockets });
      return;
    }
    const note = this.notes.get(keyOf(text.clientId, text.messageId));
    if (!note) return;
    const report: Report = { answer: text.ask, at: note.at.toISOString(), sockets: note.sockets };
    this.redis.commands.publish(this.channel, JSON.stringify(report)).catch(() => undefined);
  }
}

const keyOf = (clientId: ClientId, messageId: string): string => `${clientId}/${messageId}`;
