import { Injectable } from '@nestjs/common';
import { type ClientId, Clock, statement, type Tx } from '../../platform/database/index.js';
import type { EndpointLimits, EndpointName } from './endpoint.js';
import { FIRST_PACE, type EndpointState } from './turns.rules.js';

const NAMED = `unnest($1::uuid[], $2::uuid[]) AS named (client_id, endpoint_id)`;
const epoch = (column: string): string => `coalesce(extract(epoch FROM s.${column}), 0)::float8`;

/** In one order, so that no two wait for each other. */
const LOCK = statement(
  'webhook_turns.lock',
  `SELECT s.client_id AS "clientId", s.endpoint_id AS "endpointId", json_build_object('perSecond', e.per_second, 'inFlight', e.in_flight) AS limits,
          json_build_object('pace', s.pace, 'callSeconds', s.call_seconds, 'heldUntil', ${epoch('held_until')}, 'nextCallAt', ${epoch('next_call_at')},
            'lastTurnAt', ${epoch('last_turn_at')}, 'failingSince', ${epoch('failing_since')}) AS state
     FROM ${NAMED} JOIN webhook_endpoint_states s USING (client_id, endpoint_id) JOIN webhook_endpoints e ON e.client_id = s.client_id AND e.id = s.endpoint_id
    ORDER BY s.client_id, s.endpoint_id FOR UPDATE OF s`,
);
const IN_FLIGHT = statement(
  'webhook_turns.in_flight',
  `SELECT c.endpoint_id AS "endpointId", count(*)::integer AS count FROM ${NAMED} JOIN webhook_calls c USING (client_id, endpoint_id)
    WHERE c.until > clock_timestamp() GROUP BY c.client_id, c.endpoint_id`,
);
/** Who has stood in line the longest, as many as could be let in. */
const LINE = statement(
  'webhook_turns.line',
  `SELECT d.client_id AS "clientId", d.endpoint_id AS "endpointId", d.id
     FROM ${NAMED} JOIN webhook_endpoints e ON e.client_id = named.client_id AND e.id = named.endpoint_id
     CROSS JOIN LATERAL (
       SELECT d.client_id, d.endpoint_id, d.id, d.waiting_since FROM webhook_deliveries d
        WHERE d.client_id = named.client_id AND d.endpoint_id = named.endpoint_id AND d.waiting_since IS NOT NULL
        ORDER BY d.waiting_since LIMIT e.in_flight) AS d
    ORDER BY d.waiting_since`,
);
/** The time now, not that of the transaction, which may have waited. */
const NOW = statement('webhook_turns.now', `SELECT extract(epoch FROM clock_timestamp())::float8 AS now`);
const WRITE = statement(
  'webhook_turns.write',
  `UPDATE webhook_endpoint_states s
      SET pace = w.pace, call_seconds = w.call_seconds, held_until = to_timestamp(nullif(w.held_until, 0)), next_call_at = to_timestamp(nullif(w.next_call_at, 0)),
          last_turn_at = to_timestamp(nullif(w.last_turn_at, 0)), failing_since = to_timestamp(nullif(w.failing_since, 0))
     FROM json_to_recordset($1) AS w (client_id uuid, endpoint_id uuid, pace integer, call_seconds float8, held_until float8, next_call_at float8,
            last_turn_at float8, failing_since float8)
    WHERE s.client_id = w.client_id AND s.endpoint_id = w.endpoint_id`,
);
/** Another process may have died in the same call. */
const BEGIN_CALLS = statement(
  'webhook_turns.begin_calls',
  `INSERT INTO webhook_calls (client_id, endpoint_id, delivery_id, until)
   SELECT c.client_id, c.endpoint_id, c.delivery_id, clock_timestamp() + make_interval(secs => $4) FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS c (client_id, endpoint_id, delivery_id)
   ON CONFLICT (client_id, endpoint_id, delivery_id) DO UPDATE SET until = EXCLUDED.until`,
);
const END_CALLS = statement(
  'webhook_turns.end_calls',
  `DELETE FROM webhook_calls c USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS e (client_id, endpoint_id, delivery_id)
    WHERE c.client_id = e.client_id AND c.endpoint_id = e.endpoint_id AND c.delivery_id = e.delivery_id`,
);
const LEAVE_LINE = statement(
  'webhook_turns.leave_line',
  `UPDATE webhook_deliveries d SET waiting_since = NULL FROM unnest($1::uuid[], $2::uuid[]) AS l (client_id, id)
    WHERE d.client_id = l.client_id AND d.id = l.id AND d.waiting_since IS NOT NULL`,
);
const RESET = statement(
  'webhook_turns.reset',
  `UPDATE webhook_endpoint_states SET pace = $3, call_seconds = 0, held_until = NULL, last_turn_at = NULL, failing_since = NULL
    WHERE client_id = $1 AND endpoint_id = $2`,
);

/** An endpoint as it is doing, held until the transaction ends. */
export interface Standing extends EndpointName {
  readonly limits: EndpointLimits;
  readonly state: EndpointState;
}

export interface CallName extends EndpointName {
  readonly deliveryId: string;
}

export interface InLine extends EndpointName {
  readonly id: string;
}

const columnsOf = (names: readonly EndpointName[]): string[][] => [
  names.map(({ clientId }) => clientId),
  names.map(({ endpointId }) => endpointId),
];
const callColumnsOf = (calls: readonly CallName[]): string[][] => [
  ...columnsOf(calls),
  calls.map(({ deliveryId }) => deliveryId),
];

/** How endpoints are doing, what is being called, and who stands in line. Of several clients. */
@Injectable()
export class TurnsRepository {
  constructor(private readonly clock: Clock) {}

  lock(tx: Tx, names: readonly EndpointName[]): Promise<Standing[]> {
    return tx.query(LOCK, columnsOf(names));
  }

  async inFlight(tx: Tx, names: readonly EndpointName[]): Promise<ReadonlyMap<string, number>> {
    const rows = await tx.query<{ endpointId: string; count: number }>(IN_FLIGHT, columnsOf(names));
    return new Map(rows.map(({ endpointId, count }) => [endpointId, count]));
  }

  line(tx: Tx, names: readonly EndpointName[]): Promise<InLine[]> {
    return tx.query(LINE, columnsOf(names));
  }

  async now(tx: Tx): Promise<number> {
    const [{ now } = { now: 0 }] = await tx.query<{ now: number }>(NOW);
    return now + this.clock.aheadSeconds;
  }

  write(tx: Tx, standings: readonly Standing[]): void {
    const rows = standings.map(({ clientId, endpointId, state }) => ({
      ...{ client_id: clientId, endpoint_id: endpointId, pace: state.pace, call_seconds: state.callSeconds },
      ...{ held_until: state.heldUntil, next_call_at: state.nextCallAt, last_turn_at: state.lastTurnAt },
      failing_since: state.failingSince,
    }));
    tx.send(WRITE, [JSON.stringify(rows)]);
  }

  /** Those who are called stand in line no longer. */
  beginCalls(tx: Tx, calls: readonly CallName[], seconds: number): void {
    if (calls.length === 0) return;
    tx.send(BEGIN_CALLS, [...callColumnsOf(calls), seconds]);
    tx.send(LEAVE_LINE, [calls.map(({ clientId }) => clientId), calls.map(({ deliveryId }) => deliveryId)]);
  }

  endCalls(tx: Tx, calls: readonly CallName[]): void {
    if (calls.length > 0) tx.send(END_CALLS, callColumnsOf(calls));
  }

  async reset(tx: Tx, clientId: ClientId, endpointId: string): Promise<void> {
    await tx.query(RESET, [clientId, endpointId, FIRST_PACE]);
  }
}
