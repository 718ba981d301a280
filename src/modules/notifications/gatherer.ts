import { setImmediate as nextTick, setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { BatchItem, Outcome } from '../../extension/index.js';
import { anySignal } from '../../platform/signals/index.js';
import type { Beside } from '../../platform/work/index.js';
import { ProviderSender, type Route, type SendCall } from '../providers/index.js';
import { type DeliveryInHand, NotificationsRepository } from './notifications.repository.js';

/** Those who are on their way into a call are not waited for longer than this. */
const LONGEST_WAIT_MS = 2_000;
export interface Sent {
  readonly outcome: Outcome;
  /** Its call is another's too, which speaks for it. */
  readonly isShared: boolean;
}

const alone = (outcome: Outcome): Sent => ({ outcome, isShared: false });

/** Notifications of which it is known that their messages go one by one. */
const APART = { max: 10_000, ttl: 3_600_000 };
/** Deliveries that run beside others in this process: each holds its message. Past this, calls go out with fewer. */
const MOST_BESIDE = 8_000;

/** It was to go with others and must go by itself, for which it has no slot: it is to be begun anew. */
export class GoesByItself extends Error {
  override readonly name = 'GoesByItself';
}

/** A message that one call of its provider may take together with others. */
export interface Gathered {
  readonly route: Route;
  readonly delivery: DeliveryInHand;
  readonly message: object;
  readonly call: SendCall;
  /** It tries whether the provider is well again: the others wait for that. */
  readonly isAlone: boolean;
  readonly beside: Beside;
}

/**
 * Sends the messages of one notification together where their provider takes many in one call. The first to come has the
 * others begun that are due, in its own slot; they join, each by its own way, or end before they get here.
 */
@Injectable()
export class Gatherer {
  private readonly log = new Logger(Gatherer.name);
  private readonly open = new Map<string, Gathering>();
  private readonly apart = new LRUCache<string, true>(APART);
  private running = 0;

  constructor(
    private readonly sender: ProviderSender,
    private readonly notifications: NotificationsRepository,
  ) {}

  /** @throws GoesByItself */
  async send(one: Gathered): Promise<Sent> {
    const { route, delivery, message, call, isAlone } = one;
    const atMost = this.sender.batchMax(route);
    const key = `${delivery.clientId} ${delivery.notificationId} ${route.providerId}`;
    const goesByItself = isAlone || atMost < 2 || delivery.recipients < 2 || this.apart.has(key);
    if (goesByItself) return alone(await this.sender.send(route, message, call));
    const together = await this.gathering(key, one, atMost).join({ ...call, message });
    return together ?? alone(await this.sender.send(route, message, call));
  }

  private gathering(key: string, one: Gathered, atMost: number): Gathering {
    const known = this.open.get(key);
    if (known) return known;
    const closed = () => this.open.delete(key);
    const isApart = () => this.apart.set(key, true);
    const gathering = new Gathering(atMost, { closed, isApart });
    this.open.set(key, gathering);
    void this.complete(gathering, one);
    return gathering;
  }

  private async complete(gathering: Gathering, one: Gathered): Promise<void> {
    await nextTick(); // what was claimed together comes together
    await this.bringOthers(gathering, one).catch((error: unknown) =>
      this.log.debug(`Goes out with those who are there: ${String(error)}`),
    );
    await nextTick();
    await gathering.whenComplete(one.call.signal);
    await gathering.answer((items) => this.sender.sendBatch(one.route, items, one.call.signal));
  }

  private async bringOthers(gathering: Gathering, { delivery, beside }: Gathered): Promise<void> {
    const limit = Math.min(gathering.room, MOST_BESIDE - this.running);
    if (limit <= 0) return;
    const ends = await beside(await this.notifications.alsoDue(delivery, limit));
    this.running += ends.size;
    for (const [id, ended] of ends) {
      gathering.expect(id);
      void ended.finally(() => {
        this.running--;
        gathering.expectNoMore(id);
      });
    }
  }
}

interface Waiting {
  readonly item: BatchItem<object>;
  readonly resolve: (sent: Sent | null) => void;
  readonly reject: (error: unknown) => void;
}

interface Heard {
  readonly closed: () => void;
  /** They cannot go together. */
  readonly isApart: () => void;
}

type SendBatch = (items: readonly BatchItem<object>[]) => Promise<readonly Outcome[] | null>;

/** Messages that are on their way into one call. */
class Gathering {
  private readonly waiting: Waiting[] = [];
  private readonly expected = new Set<string>();
  /** Those that run in another's slot. */
  private readonly beside = new Set<string>();
  private readonly complete = new AbortController();

  constructor(
    private readonly atMost: number,
    private readonly hear: Heard,
  ) {}

  get room(): number {
    return this.atMost - this.waiting.length;
  }

  /** @returns its outcome; null when they cannot go together */
  join({ deliveryId, attempt, message }: BatchItem<object>): Promise<Sent | null> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item: { deliveryId, attempt, message }, resolve, reject });
      if (this.room === 0) this.close();
      this.expectNoMore(deliveryId);
    });
  }

  expect(id: string): void {
    this.beside.add(id);
    if (!this.waiting.some(({ item }) => item.deliveryId === id)) this.expected.add(id);
  }

  /** It has joined, or has ended by another way. */
  expectNoMore(id: string): void {
    if (this.expected.delete(id) && this.expected.size === 0) this.complete.abort();
  }

  async whenComplete(signal: AbortSignal): Promise<void> {
    if (this.expected.size > 0) {
      const ended = anySignal(this.complete.signal, signal);
      await delay(LONGEST_WAIT_MS, undefined, { signal: ended }).catch(() => undefined);
    }
    this.close();
  }

  /** Whoever comes from here on goes with the next. */
  private close(): void {
    this.hear.closed();
    this.complete.abort();
  }

  async answer(send: SendBatch): Promise<void> {
    try {
      const items = this.waiting.map(({ item }) => item);
      const outcomes = items.length < 2 ? null : await send(items);
      if (outcomes === null && items.length > 1) this.hear.isApart();
      this.waiting.forEach(({ item: { deliveryId }, resolve, reject }, n) => {
        const outcome = outcomes?.[n] ?? null;
        if (outcome === null && this.beside.has(deliveryId)) reject(new GoesByItself());
        else resolve(outcome && { outcome, isShared: n > 0 });
      });
    } catch (error) {
      this.waiting.forEach(({ reject }) => reject(error));
    }
  }
}
