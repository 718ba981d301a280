import { Injectable } from '@nestjs/common';
import type { ClientId, Tx } from '../database/index.js';
import type { OutboundEvent, OutboundEventName } from './outbound-event.js';

/** Somebody who tells others of what happened. */
export interface OutboxListener {
  /** Whether such an event may matter; answered from memory where it can be, because every change asks. */
  wants(clientId: ClientId, type: OutboundEventName): boolean | Promise<boolean>;
  /** Takes events on, of any clients, in the transaction of what they tell of. When it throws, that has not happened. */
  accept(tx: Tx, events: readonly OutboundEvent[]): Promise<void>;
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

  /** Whether such an event of a client may matter to anybody: asked before rows are read that nothing but the event needs. */
  async isWanted(clientId: ClientId, types: readonly OutboundEventName[]): Promise<boolean> {
    for (const listener of this.listeners) {
      for (const type of types) if (await listener.wants(clientId, type)) return true;
    }
    return false;
  }

  async tell(tx: Tx, events: readonly OutboundEvent[]): Promise<void> {
    for (const listener of this.listeners) {
      const wanted = await wantedBy(listener, events);
      if (wanted.length > 0) await listener.accept(tx, wanted);
    }
  }
}

/** Without a turn of the event loop where memory has the answer. */
function wantedBy(
  listener: OutboxListener,
  events: readonly OutboundEvent[],
): readonly OutboundEvent[] | Promise<readonly OutboundEvent[]> {
  const answers = events.map(({ clientId, type }) => listener.wants(clientId, type));
  const wanted = (known: readonly boolean[]) => events.filter((_, n) => known[n]);
  return answers.every((answer) => typeof answer === 'boolean')
    ? wanted(answers)
    : Promise.all(answers.map((answer) => Promise.resolve(answer))).then(wanted);
}
