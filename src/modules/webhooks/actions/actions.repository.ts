import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type Tx } from '../../../platform/database/index.js';
import type { EventAction, EventStatus, WholeEvent } from '../events/event.js';
import type { ActionError } from './action.js';

export const EVENT_COLUMNS = `e.client_id AS "clientId", e.id, e.source_id AS "sourceId", e.event, e.status, e.reason, e.external_id AS "externalId",
          e.type, e.hops, e.received_at AS "receivedAt", e.ended_at AS "endedAt"`;
export const WHOLE_COLUMNS = `${EVENT_COLUMNS}, e.headers, e.body, e.own_actions AS "ownActions", e.forward_headers AS "forwardHeaders", e.run, e.request_id AS "requestId"`;
export const ACTION_COLUMNS = `a.n, a.id, a.type, a.definition->>'when' AS when, a.definition->'params' AS params, a.effect_id AS "effectId",
          a.status, a.attempts, a.result, a.error, a.ended_at AS "endedAt"`;

const ASKED = `FROM unnest($1::uuid[], $2::uuid[]) AS asked (client_id, id)`;
/** What has ended by another way is not begun. */
const BEGIN = statement(
  'inbound_events.begin',
  `UPDATE inbound_events e SET status = 'processing' ${ASKED}
    WHERE e.client_id = asked.client_id AND e.id = asked.id AND e.status IN ('accepted', 'processing')
   RETURNING ${WHOLE_COLUMNS}`,
);
const OF_EVENTS = statement(
  'inbound_actions.of_events',
  `SELECT a.event_id AS "eventId", ${ACTION_COLUMNS} ${ASKED} JOIN inbound_actions a ON a.client_id = asked.client_id AND a.event_id = asked.id
    ORDER BY a.event_id, a.n`,
);
/** Held until the transaction ends: two workers that have the same event, of which one has lost it, do nothing twice. */
const LOCK = statement(
  'inbound_actions.lock',
  `SELECT n FROM inbound_actions WHERE client_id = $1 AND event_id = $2 AND n = $3 AND run = $4 AND status = 'pending' FOR UPDATE`,
);
const END = statement(
  'inbound_actions.end',
  `UPDATE inbound_actions SET status = $4, result = $5, error = $6, attempts = attempts + $7,
          ended_at = CASE WHEN $4::varchar <> 'pending' THEN now() END
    WHERE client_id = $1 AND event_id = $2 AND n = $3`,
);
const FINISH = statement(
  'inbound_events.finish',
  `UPDATE inbound_events e SET status = f.status, reason = f.reason, ended_at = now()
     FROM json_to_recordset($1) AS f (client_id uuid, id uuid, run integer, status varchar, reason varchar)
    WHERE e.client_id = f.client_id AND e.id = f.id AND e.run = f.run AND e.status = 'processing'`,
);
const FAIL = statement(
  'inbound_events.fail',
  `UPDATE inbound_events e SET status = 'failed', reason = $3, ended_at = now() ${ASKED}
    WHERE e.client_id = asked.client_id AND e.id = asked.id AND e.status IN ('accepted', 'processing')`,
);

interface EventId {
  readonly clientId: ClientId;
  readonly id: string;
}

/** An event with its actions, in their order. */
export interface EventInHand extends WholeEvent {
  readonly actions: readonly EventAction[];
}

export interface ActionPlace {
  readonly eventId: string;
  readonly n: number;
  readonly run: number;
}

export interface ActionEnd {
  readonly status: EventAction['status'];
  /** As JSON. */
  readonly result?: string;
  readonly error?: ActionError;
  /** How many tries it adds. */
  readonly attempts: 0 | 1;
}

export interface EventEnd extends EventId {
  readonly run: number;
  readonly status: EventStatus;
  readonly reason: string | null;
}

const placesOf = (ids: readonly EventId[]) => [ids.map(({ clientId }) => clientId), ids.map(({ id }) => id)];

@Injectable()
export class ActionsRepository {
  constructor(private readonly database: Database) {}

  /** Of all clients, for workers. */
  async begin(ids: readonly EventId[]): Promise<EventInHand[]> {
    const places = placesOf(ids);
    const [events, actions] = await Promise.all([
      this.database.query<WholeEvent>(BEGIN, places),
      this.database.query<EventAction & { readonly eventId: string }>(OF_EVENTS, places),
    ]);
    return events.map((event) => ({ ...event, actions: actions.filter(({ eventId }) => eventId === event.id) }));
  }

  /** @returns whether it is still to be done, in this run of its event */
  async lock(tx: Tx, clientId: ClientId, { eventId, n, run }: ActionPlace): Promise<boolean> {
    return (await tx.query(LOCK, [clientId, eventId, n, run])).length > 0;
  }

  end(tx: Tx, clientId: ClientId, { eventId, n }: ActionPlace, { status, result, error, attempts }: ActionEnd): void {
    tx.send(END, [clientId, eventId, n, status, result ?? null, error ?? null, attempts]);
  }

  finish(tx: Tx, ends: readonly EventEnd[]): void {
    if (ends.length === 0) return;
    const rows = ends.map(({ clientId, ...end }) => ({ client_id: clientId, ...end }));
    tx.send(FINISH, [JSON.stringify(rows)]);
  }

  fail(tx: Tx, ids: readonly EventId[], reason: string): void {
    if (ids.length > 0) tx.send(FAIL, [...placesOf(ids), reason]);
  }
}
