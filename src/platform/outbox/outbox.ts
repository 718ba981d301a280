import { Injectable } from '@nestjs/common';
import type { ClientId, Tx } from '../database/index.js';
import type { OutboundEvent, OutboundEventName } from './outbound-event.js';

/** As much of an event as says whether somebody wants it. */
type NamedEvent = Pick<OutboundEvent, 'clientId' | 'type'>;

/** Somebody who tells others of what happened. */
export interface OutboxListener {
  /** Whether such an event may matter; answered from memory where it can be, because every change asks. */
  wants(clientId: ClientId, type: OutboundEventName): boolean | Promise<boolean>;
  /** Takes events on, of any clients, in the transaction of what they tell of. When it throws, that has not happened. */
  accept(tx: Tx, events: readonly OutboundEvent[]): Promise<void>;
  /** Drops what it has kept of events whose `data` is of these things, or of notifications with these ids. */
  forget?(tx: Tx, clientId: ClientId, ids: readonly string[]): Promise<void>;
}

/**
 * What happened, for whoever tells other systems of it: taken on in the transaction of the change, so that no change goes
 * untold and nothing is told that did not happen. Where nobody wants a client's events it costs a look into memory.
 */
@Injectable()
export class Outbox {
  private readonly listeners: OutboxListener[] = [];

  subscribe(listener: OutboxListener): void {
    this.listeners.push(listener);
  }

  /** Of events, only named yet, those that anybody may want: asked before rows are read that nothing but they need. */
  async wanted<Named extends NamedEvent>(named: readonly Named[]): Promise<readonly Named[]> {
    const found = new Set<Named>();
    for (const listener of this.listeners) for (const one of await wantedBy(listener, named)) found.add(one);
    return found.size === 0 ? [] : named.filter((one) => found.has(one));
  }

  /** Things whose content is gone, as nobody may know it any more: nor may copies of it be kept. */
  async forget(tx: Tx, clientId: ClientId, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) for (const listener of this.listeners) await listener.forget?.(tx, clientId, ids);
  }

  async tell(tx: Tx, events: readonly OutboundEvent[]): Promise<void> {
    for (const listener of this.listeners) {
      const wanted = await wantedBy(listener, events);
      if (wanted.length > 0) await listener.accept(tx, wanted);
    }
  }
}

/** Without a turn of the event loop where memory has the answer. */
function wantedBy<Named extends NamedEvent>(
  listener: OutboxListener,
  events: readonly Named[],
): readonly Named[] | Promise<readonly Named[]> {
  const answers = events.map(({ clientId, type }) => listener.wants(clientId, type));
  const wanted = (known: readonly boolean[]) => events.filter((_, n) => known[n]);
  return answers.every((answer) => typeof answer === 'boolean')
    ? wanted(answers)
    : Promise.all(answers.map((answer) => Promise.resolve(answer))).then(wanted);
}
