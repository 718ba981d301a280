import { Injectable } from '@nestjs/common';
import { Database, newId } from '../../../platform/database/index.js';
import { NotFound } from '../../../platform/errors/index.js';
import { MAX_HOPS } from '../../../platform/outbox/index.js';
import { currentTraceparent } from '../../../platform/observability/index.js';
import { WORK_PRIORITIES, WorkEngine } from '../../../platform/work/index.js';
import type { ActionRule } from '../actions/action.js';
import { ForwardHeaders } from '../actions/forward-headers.js';
import type { OpenSource } from '../sources/sources.repository.js';
import { INBOUND } from '../webhooks.jobs.js';
import { IntakeRepository, type NewEvent } from './intake.repository.js';

/** An event that is what it says it is. */
export type VerifiedEvent = Pick<NewEvent, 'externalId' | 'type' | 'hops' | 'headers' | 'body' | 'requestId'> & {
  readonly dedupeKey: string;
  /** Of its own; null for those of its source. */
  readonly actions: readonly ActionRule[] | null;
};

export interface TakenEvent {
  /** Of a repeat the first one's. */
  readonly id: string;
  readonly isRepeat: boolean;
}

/** Takes events on: the key that makes it one event, the event, what is to be done about it, and the work commit together. */
@Injectable()
export class IntakeService {
  constructor(
    private readonly database: Database,
    private readonly intake: IntakeRepository,
    private readonly work: WorkEngine,
    private readonly headers: ForwardHeaders,
  ) {}

  /**
   * @throws NotFound when the source has gone meanwhile
   * @throws Unavailable when headers of its rules cannot be opened
   */
  store(source: OpenSource, { dedupeKey, actions, ...event }: VerifiedEvent): Promise<TakenEvent> {
    const { clientId, id: sourceId, dedupeHours } = source;
    const id = newId();
    const { rules, said } = actions
      ? this.headers.hide(actions)
      : { rules: source.actions, said: this.headers.open(source, source.forwardHeaders) };
    const forwardHeaders = this.headers.seal({ clientId, id }, said);
    return this.database.transaction(async (tx) => {
      const key = { key: dedupeKey, eventId: id, hours: dedupeHours };
      const first = await this.intake.claimKey(tx, clientId, sourceId, key);
      if (first === null) throw new NotFound();
      if (first !== id) return { id: first, isRepeat: true };
      const ended = endOf(event.hops, rules);
      const about = { ...event, id, sourceId, event: source.event, ownActions: actions !== null, forwardHeaders };
      const planned = rules.map((rule) => ({ ...rule, effectId: newId() }));
      this.intake.insert(tx, clientId, { ...about, ...ended }, planned);
      if (ended.status === 'accepted') await this.work.accept(tx, INBOUND, [workOf(clientId, id, event.requestId)]);
      return { id, isRepeat: false };
    });
  }
}

/** What led here too often is kept and let be; what has no actions is done. */
function endOf(hops: number, rules: readonly ActionRule[]): Pick<NewEvent, 'status' | 'reason'> {
  if (hops >= MAX_HOPS) return { status: 'ignored', reason: 'loop' };
  return { status: rules.length === 0 ? 'completed' : 'accepted', reason: null };
}

export const workOf = (clientId: string, id: string, requestId: string | null) => ({
  ...{ clientId, id, dedupeKey: id, priority: WORK_PRIORITIES.normal },
  ...{ runAt: null, expiresAt: null, requestId, traceparent: currentTraceparent() },
});
