import { Injectable } from '@nestjs/common';
import { type ClientId, statement, type Tx } from '../../platform/database/index.js';
import type { ToldEvent } from './body.rules.js';
import { patternsOf } from './event-types.rules.js';

const GIVEN = `json_to_recordset($1) AS g (id uuid, client_id uuid, type varchar, patterns text[], at timestamptz, room_id uuid, sequence bigint, hops smallint,
  data text, truncated boolean, only_endpoint uuid, subject_id uuid)`;
const COLUMNS = 'client_id, id, type, at, room_id, sequence, hops, data, truncated, only_endpoint, subject_id';

/** Stores what an endpoint may be told of, also one that is disabled: it can be told later. @returns whom to tell now. */
const STORE = statement(
  'webhook_outbound_events.store',
  `WITH given AS MATERIALIZED (SELECT * FROM ${GIVEN}),
   matched AS MATERIALIZED (
     SELECT g.id, e.client_id, e.id AS endpoint_id, e.status FROM given g
       JOIN webhook_endpoints e ON e.client_id = g.client_id AND e.deleted_at IS NULL AND e.event_types && g.patterns),
   stored AS (
     INSERT INTO webhook_outbound_events (${COLUMNS}) SELECT ${COLUMNS} FROM given g WHERE EXISTS (SELECT 1 FROM matched m WHERE m.id = g.id))
   SELECT client_id AS "clientId", id AS "eventId", endpoint_id AS "endpointId" FROM matched WHERE status = 'active' ORDER BY id, endpoint_id`,
);
const STORE_FOR = statement(
  'webhook_outbound_events.store_for',
  `INSERT INTO webhook_outbound_events (${COLUMNS}) SELECT ${COLUMNS} FROM ${GIVEN}`,
);
const FORGET = statement(
  'webhook_outbound_events.forget',
  `DELETE FROM webhook_outbound_events WHERE client_id = $1 AND subject_id = ANY ($2::uuid[])`,
);
const TELL = statement(
  'webhook_outbound_events.tell',
  `INSERT INTO webhook_deliveries (client_id, id, event_id, endpoint_id)
   SELECT t.client_id, t.id, t.event_id, t.endpoint_id FROM json_to_recordset($1) AS t (client_id uuid, id uuid, event_id uuid, endpoint_id uuid)`,
);

export interface NewOutboundEvent extends ToldEvent {
  readonly clientId: ClientId;
  readonly hops: number;
  /** It is for one endpoint alone, and a test. */
  readonly onlyEndpoint: string | null;
  readonly subjectId: string | null;
}

/** Whom to tell of an event. */
export interface Listener {
  readonly clientId: ClientId;
  readonly eventId: string;
  readonly endpointId: string;
}

@Injectable()
export class OutboundEventsRepository {
  /** Of several clients. @returns the active endpoints that want them, as the transaction sees them */
  store(tx: Tx, events: readonly NewOutboundEvent[]): Promise<Listener[]> {
    return tx.query(STORE, [rowsOf(events)]);
  }

  /** For the endpoints that they name. */
  storeFor(tx: Tx, events: readonly NewOutboundEvent[]): void {
    tx.send(STORE_FOR, [rowsOf(events)]);
  }

  async forget(tx: Tx, clientId: ClientId, subjectIds: readonly string[]): Promise<void> {
    await tx.query(FORGET, [clientId, subjectIds]);
  }

  tell(tx: Tx, deliveries: readonly (Listener & { readonly id: string })[]): void {
    const rows = deliveries.map(({ clientId, id, eventId, endpointId }) => ({
      ...{ client_id: clientId, id, event_id: eventId, endpoint_id: endpointId },
    }));
    tx.send(TELL, [JSON.stringify(rows)]);
  }
}

const rowsOf = (events: readonly NewOutboundEvent[]): string =>
  JSON.stringify(
    events.map(({ clientId, id, type, at, roomId, sequence, hops, data, truncated, onlyEndpoint, subjectId }) => ({
      ...{ client_id: clientId, id, type, patterns: patternsOf(type), at, room_id: roomId, sequence },
      ...{ hops, data, truncated, only_endpoint: onlyEndpoint, subject_id: subjectId },
    })),
  );
