import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type Tx } from '../../../platform/database/index.js';
import type { SealedSecret } from '../../../platform/security/index.js';
import { ACTION_COLUMNS, EVENT_COLUMNS, WHOLE_COLUMNS } from '../actions/actions.repository.js';
import type { EventAction, EventStatus, InboundEvent, RenewedAction, WholeEvent } from './event.js';

const FIND = statement(
  'inbound_events.find',
  `SELECT ${WHOLE_COLUMNS} FROM inbound_events e WHERE e.client_id = $1 AND e.id = $2`,
);
const LOCK = statement(
  'inbound_events.lock',
  `SELECT ${WHOLE_COLUMNS} FROM inbound_events e WHERE e.client_id = $1 AND e.id = $2 FOR UPDATE`,
);
const ACTIONS = statement(
  'inbound_actions.of_event',
  `SELECT ${ACTION_COLUMNS} FROM inbound_actions a WHERE a.client_id = $1 AND a.event_id = $2 ORDER BY a.n`,
);
const PAGE = statement(
  'inbound_events.page',
  `SELECT ${EVENT_COLUMNS} FROM inbound_events e
    WHERE e.client_id = $1 AND ($2::uuid IS NULL OR e.source_id = $2) AND ($3::varchar IS NULL OR e.event = $3)
      AND ($4::varchar IS NULL OR e.status = $4) AND ($5::uuid IS NULL OR e.id < $5)
    ORDER BY e.id DESC LIMIT $6`,
);
const BEGIN_ANEW = statement(
  'inbound_events.begin_anew',
  `UPDATE inbound_events SET status = 'accepted', reason = NULL, ended_at = NULL, run = run + 1, forward_headers = $3 WHERE client_id = $1 AND id = $2 RETURNING run`,
);
const FORGET_ACTIONS = statement(
  'inbound_actions.forget',
  `DELETE FROM inbound_actions WHERE client_id = $1 AND event_id = $2`,
);
const PLAN_ANEW = statement(
  'inbound_actions.plan_anew',
  `INSERT INTO inbound_actions (client_id, event_id, n, run, id, type, definition, effect_id, status, attempts, result, ended_at)
   SELECT $1, $2, a.n, $3, a.id, a.type, a.definition, a.effect_id, a.status, a.attempts, a.result, a.ended_at
     FROM jsonb_to_recordset($4) AS a (n smallint, id varchar, type varchar, definition jsonb, effect_id uuid, status varchar, attempts integer, result jsonb,
            ended_at timestamptz)`,
);
const PRUNE = statement(
  'inbound_events.prune',
  `DELETE FROM inbound_events WHERE (client_id, id) IN (
     SELECT client_id, id FROM inbound_events WHERE received_at < now() - make_interval(days => $1) AND status NOT IN ('accepted', 'processing')
      ORDER BY received_at LIMIT $2)
   RETURNING id`,
);

export interface EventFilter {
  readonly source?: string;
  readonly event?: string;
  readonly status?: EventStatus;
}

/** A new run of an event. */
export interface Renewal {
  readonly actions: readonly RenewedAction[];
  readonly forwardHeaders: SealedSecret | null;
}

@Injectable()
export class EventsRepository {
  constructor(private readonly database: Database) {}

  async find(clientId: ClientId, id: string): Promise<WholeEvent | null> {
    return (await this.database.asClient(clientId, (view) => view.query<WholeEvent>(FIND, [clientId, id])))[0] ?? null;
  }

  async lock(tx: Tx, clientId: ClientId, id: string): Promise<WholeEvent | null> {
    return (await tx.query<WholeEvent>(LOCK, [clientId, id]))[0] ?? null;
  }

  actions(clientId: ClientId, eventId: string, tx?: Tx): Promise<EventAction[]> {
    const values = [clientId, eventId];
    return tx ? tx.query(ACTIONS, values) : this.database.asClient(clientId, (view) => view.query(ACTIONS, values));
  }

  /** Newest first, one more than `limit`. */
  page(
    clientId: ClientId,
    { source, event, status }: EventFilter,
    limit: number,
    beforeId: string | null,
  ): Promise<InboundEvent[]> {
    const values = [clientId, source ?? null, event ?? null, status ?? null, beforeId, limit + 1];
    return this.database.asClient(clientId, (view) => view.query<InboundEvent>(PAGE, values));
  }

  /** A new run, with these actions in place of those before. */
  async renew(tx: Tx, clientId: ClientId, id: string, { actions, forwardHeaders }: Renewal): Promise<void> {
    const [begun] = await tx.query<{ run: number }>(BEGIN_ANEW, [clientId, id, forwardHeaders]);
    tx.send(FORGET_ACTIONS, [clientId, id]);
    const rows = actions.map(({ id: action, when, params, effectId, endedAt, ...rest }, n) => ({
      ...{ ...rest, n, id: action, effect_id: effectId, ended_at: endedAt },
      definition: { params, ...(when != null && { when }) },
    }));
    tx.send(PLAN_ANEW, [clientId, id, begun?.run ?? 1, JSON.stringify(rows)]);
  }

  /** Of all clients; what is under way stays. @returns how many there were */
  async prune(afterDays: number, limit: number): Promise<number> {
    return (await this.database.query(PRUNE, [afterDays, limit])).length;
  }
}
