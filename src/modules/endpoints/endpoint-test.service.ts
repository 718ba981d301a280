import { Injectable } from '@nestjs/common';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { currentHops } from '../../platform/outbox/index.js';
import { AcceptingService } from './accepting.service.js';
import type { EndpointTestView } from './endpoint-events.view.js';
import { EndpointsRepository } from './endpoints.repository.js';
import { EventTypesService } from './event-types.service.js';

/** Has an endpoint called with an example, as it will be called. */
@Injectable()
export class EndpointTestService {
  constructor(
    private readonly endpoints: EndpointsRepository,
    private readonly types: EventTypesService,
    private readonly accepting: AcceptingService,
  ) {}

  /** @returns the `webhook-id` */
  async test(tx: Tx, clientId: ClientId, endpointId: string, eventType: string): Promise<string> {
    const { type, data } = this.types.example(eventType);
    if (!(await this.endpoints.find(clientId, endpointId, tx))) throw new NotFound();
    const told = type === 'endpoint.test' ? ({ ...data, endpointId } as EndpointTestView) : data;
    const event = { clientId, type, at: new Date(), hops: currentHops(), data: () => told };
    return this.accepting.acceptFor(tx, event, endpointId);
  }
}
