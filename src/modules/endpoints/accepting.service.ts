import { Injectable } from '@nestjs/common';
import { type ClientId, newId, type Tx } from '../../platform/database/index.js';
import type { OutboundEvent } from '../../platform/outbox/index.js';
import { type NewWork, WORK_PRIORITIES, WorkEngine } from '../../platform/work/index.js';
import { fitted, subjectOf } from './body.rules.js';
import { WEBHOOKS } from './endpoints.jobs.js';
import { type Listener, type NewOutboundEvent, OutboundEventsRepository } from './outbound-events.repository.js';

/** A telling as work: an event is told an endpoint once. */
export const workOf = ({ clientId, id, eventId, endpointId }: Listener & { readonly id: string }): NewWork => ({
  ...{ id, clientId, dedupeKey: `${eventId}:${endpointId}`, priority: WORK_PRIORITIES.normal },
  ...{ runAt: null, expiresAt: null, requestId: null },
});

/** Takes on what there is to tell, in the transaction of what it tells of. */
@Injectable()
export class AcceptingService {
  constructor(
    private readonly events: OutboundEventsRepository,
    private readonly work: WorkEngine,
  ) {}

  async accept(tx: Tx, events: readonly OutboundEvent[]): Promise<void> {
    const listeners = await this.events.store(tx, events.map(eventOf));
    await this.tell(tx, listeners);
  }

  /** Of an event for one endpoint. @returns its id, which is the `webhook-id` */
  async acceptFor(tx: Tx, event: OutboundEvent, endpointId: string): Promise<string> {
    const stored = { ...eventOf(event), onlyEndpoint: endpointId };
    this.events.storeFor(tx, [stored]);
    await this.tell(tx, [{ clientId: event.clientId, eventId: stored.id, endpointId }]);
    return stored.id;
  }

  /** With all that became of them. */
  async forget(tx: Tx, clientId: ClientId, subjectIds: readonly string[]): Promise<void> {
    await this.events.forget(tx, clientId, subjectIds);
  }

  private async tell(tx: Tx, listeners: readonly Listener[]): Promise<void> {
    if (listeners.length === 0) return;
    const deliveries = listeners.map((listener) => ({ ...listener, id: newId() }));
    this.events.tell(tx, deliveries);
    await this.work.accept(tx, WEBHOOKS, deliveries.map(workOf));
  }
}

function eventOf(event: OutboundEvent): NewOutboundEvent {
  const { clientId, type, at, room, hops } = event;
  const told = { id: newId(), type, at, roomId: room?.id ?? null, sequence: room?.offset ?? null };
  const data = event.data();
  const own = { clientId, hops, onlyEndpoint: null, subjectId: subjectOf(data) };
  return { ...fitted({ ...told, data: JSON.stringify(data) }), ...own };
}
