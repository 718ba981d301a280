import { Injectable } from '@nestjs/common';
import { noteAct } from '../../../platform/audit/index.js';
import { type ClientId, Database, newId, type Tx } from '../../../platform/database/index.js';
import { NotFound } from '../../../platform/errors/index.js';
import { WorkEngine, WorkStore } from '../../../platform/work/index.js';
import { ForwardHeaders } from '../actions/forward-headers.js';
import { workOf } from '../door/intake.service.js';
import { SourcesRepository } from '../sources/sources.repository.js';
import { EventInProgress } from '../webhooks.errors.js';
import { INBOUND } from '../webhooks.jobs.js';
import type { EventAction, InboundEvent, WholeEvent } from './event.js';
import { type EventFilter, EventsRepository } from './events.repository.js';
import { renewed } from './renewal.rules.js';

export interface EventWithActions {
  readonly event: WholeEvent;
  readonly actions: readonly EventAction[];
}

/** What other systems told, and what came of it. */
@Injectable()
export class EventsService {
  constructor(
    private readonly database: Database,
    private readonly events: EventsRepository,
    private readonly sources: SourcesRepository,
    private readonly work: WorkEngine,
    private readonly store: WorkStore,
    private readonly headers: ForwardHeaders,
  ) {}

  page(clientId: ClientId, filter: EventFilter, limit: number, beforeId: string | null): Promise<InboundEvent[]> {
    return this.events.page(clientId, filter, limit, beforeId);
  }

  /** @throws NotFound */
  async get(clientId: ClientId, id: string): Promise<EventWithActions> {
    const event = await this.events.find(clientId, id);
    if (!event) throw new NotFound();
    return { event, actions: await this.events.actions(clientId, id) };
  }

  /**
   * Does what has not succeeded, by the source's rules as they are now; with `force` everything, as if it were new. One that waits
   * for its next try has it at once.
   * @throws NotFound, EventInProgress
   */
  async replay(clientId: ClientId, id: string, force: boolean): Promise<void> {
    await this.database.transaction(async (tx) => {
      const event = await this.events.lock(tx, clientId, id);
      if (!event) throw new NotFound();
      const resource = { type: 'webhook_event', id };
      noteAct(tx, clientId, { action: 'webhook_event.replayed', resource, after: { force } });
      const isUnderWay = event.status === 'accepted' || event.status === 'processing';
      if (isUnderWay && force) throw new EventInProgress();
      if (isUnderWay) return this.store.hasten(tx, INBOUND, [{ id, afterSeconds: 0 }]);
      await this.renew(tx, event, force);
    });
  }

  private async renew(tx: Tx, event: WholeEvent, force: boolean): Promise<void> {
    const { clientId, id, sourceId, ownActions, requestId } = event;
    const before = await this.events.actions(clientId, id, tx);
    const source = ownActions ? null : await this.sources.find(clientId, sourceId);
    const actions = renewed(before, source?.actions ?? before, { force, newId });
    const forwardHeaders = source
      ? this.headers.seal(event, this.headers.open(source, source.forwardHeaders))
      : event.forwardHeaders;
    await this.events.renew(tx, clientId, id, { actions, forwardHeaders });
    await this.work.revive(tx, INBOUND, [workOf(clientId, id, requestId)]);
  }
}
