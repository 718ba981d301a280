import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ClientId, Tx } from '../../platform/database/index.js';
import {
  type OutboundEvent,
  type OutboundEventName,
  Outbox,
  type OutboxListener,
} from '../../platform/outbox/index.js';
import { isAlertType } from './alert.rules.js';
import { AlertClients } from './alert-clients.js';
import { AlertsService } from './alerts.service.js';

/** Hears of failures, for clients that want mail about them. */
@Injectable()
export class AlertsListener implements OutboxListener, OnModuleInit {
  constructor(
    private readonly outbox: Outbox,
    private readonly clients: AlertClients,
    private readonly alerts: AlertsService,
  ) {}

  onModuleInit(): void {
    this.outbox.subscribe(this);
  }

  wants(clientId: ClientId, type: OutboundEventName): boolean {
    return isAlertType(type) && this.clients.mayWant(clientId);
  }

  accept(tx: Tx, events: readonly OutboundEvent[]): Promise<void> {
    this.alerts.keep(tx, events);
    return Promise.resolve();
  }
}
