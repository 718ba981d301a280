import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ClientId, Tx } from '../../platform/database/index.js';
import {
  type OutboundEvent,
  type OutboundEventName,
  Outbox,
  type OutboxListener,
} from '../../platform/outbox/index.js';
import { AcceptingService } from './accepting.service.js';
import { EndpointSubscriptions } from './endpoint-subscriptions.js';

/** Hears what happens, for the clients' endpoints. In every role: what happens may happen anywhere. */
@Injectable()
export class EndpointsListener implements OutboxListener, OnModuleInit {
  constructor(
    private readonly outbox: Outbox,
    private readonly subscriptions: EndpointSubscriptions,
    private readonly accepting: AcceptingService,
  ) {}

  onModuleInit(): void {
    this.outbox.subscribe(this);
  }

  wants(clientId: ClientId, type: OutboundEventName): boolean {
    return this.subscriptions.mayWant(clientId, type);
  }

  accept(tx: Tx, events: readonly OutboundEvent[]): Promise<void> {
    return this.accepting.accept(tx, events);
  }

  forget(tx: Tx, clientId: ClientId, ids: readonly string[]): Promise<void> {
    return this.accepting.forget(tx, clientId, ids);
  }
}
