import { Injectable } from '@nestjs/common';
import { noteAct } from '../../platform/audit/index.js';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { currentHops, Outbox } from '../../platform/outbox/index.js';
import type { DisabledReason, EndpointName } from './endpoint.js';
import { EndpointSubscriptions } from './endpoint-subscriptions.js';
import { EndpointTurns } from './endpoint-turns.js';
import { EndpointDisabledView } from './endpoint-events.view.js';
import { EndpointsRepository } from './endpoints.repository.js';
import { TurnsRepository } from './turns.repository.js';

/** Turns endpoints off and on, with all that follows, in the transaction of what led to it. */
@Injectable()
export class EndpointSwitch {
  constructor(
    private readonly endpoints: EndpointsRepository,
    private readonly states: TurnsRepository,
    private readonly turns: EndpointTurns,
    private readonly subscriptions: EndpointSubscriptions,
    private readonly outbox: Outbox,
  ) {}

  /** What was off already stays as it is, and nobody is told again. */
  async disable(tx: Tx, asked: readonly (EndpointName & { readonly reason: DisabledReason })[]): Promise<void> {
    const disabled = await this.endpoints.disable(tx, asked);
    for (const { clientId } of disabled) await this.subscriptions.changed(tx, clientId);
    for (const { clientId, id, disabledReason } of disabled)
      noteAct(tx, clientId, {
        ...{ action: 'endpoint.disabled', resource: { type: 'endpoint', id }, before: { status: 'active' } },
        after: { status: 'disabled', disabledReason },
      });
    const hops = currentHops();
    await this.outbox.tell(
      tx,
      disabled.map((endpoint) => ({
        ...{ clientId: endpoint.clientId, type: 'endpoint.disabled', at: endpoint.disabledAt ?? new Date(), hops },
        data: () => EndpointDisabledView.of(endpoint),
      })),
    );
  }

  async enable(tx: Tx, clientId: ClientId, endpointId: string): Promise<void> {
    await this.endpoints.enable(tx, clientId, endpointId);
    noteAct(tx, clientId, {
      ...{ action: 'endpoint.enabled', resource: { type: 'endpoint', id: endpointId } },
      ...{ before: { status: 'disabled' }, after: { status: 'active' } },
    });
    await this.anew(tx, clientId, endpointId);
  }

  /** What was known of how it does is known no longer, and who stands in line looks again. */
  async anew(tx: Tx, clientId: ClientId, endpointId: string): Promise<void> {
    await this.states.reset(tx, clientId, endpointId);
    await this.wake(tx, clientId, endpointId);
  }

  /** It may take more than it did. */
  async wake(tx: Tx, clientId: ClientId, endpointId: string): Promise<void> {
    await this.turns.wake(tx, { clientId, endpointId });
  }

  changed(tx: Tx, clientId: ClientId): Promise<void> {
    return this.subscriptions.changed(tx, clientId);
  }
}
