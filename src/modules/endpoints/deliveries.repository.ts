import { Injectable } from '@nestjs/common';
import { type ClientId, Database, newId, statement, type Tx } from '../../platform/database/index.js';
import type { SealedSecret } from '../../platform/security/index.js';
import type { ToldEvent } from './body.rules.js';
import type { AttemptNote, DeliveryStatus } from './delivery.rules.js';
import type { EndpointStatus, Payload } from './endpoint.js';

const LOAD = statement(
  'webhook_deliveries.load',
  `SELECT d.client_id AS "clientId", d.id, d.status, d.reason, d.attempts,
          json_build_object('id', v.id, 'type', v.type, 'at', v.at, 'roomId', v.room_id, 'sequence', v.sequence, 'truncated', v.truncated) AS event,
          v.data, v.hops, v.only_endpoint IS NOT NULL AS "isTest",
          e.id AS "endpointId", e.url, e.headers, e.payload, e.filter, e.status AS "endpointStatus"
     FROM unnest($1::uuid[], $2::uuid[]) AS asked (client_id, id)
     CROSS JOIN LATERAL (SELECT * FROM webhook_deliveries d WHERE d.client_id = asked.client_id AND d.id = asked.id LIMIT 1) AS d
     CROSS JOIN LATERAL (SELECT * FROM webhook_outbound_events v WHERE v.client_id = d.client_id AND v.id = d.event_id LIMIT 1) AS v
     CROSS JOIN LATERAL (
       SELECT * FROM webhook_endpoints e WHERE e.client_id = d.client_id AND e.id = d.endpoint_id AND e.deleted_at IS NULL LIMIT 1) AS e`,
);
const SETTLE = statement(
  'webhook_deliveries.settle',
  `UPDATE webhook_deliveries d
      SET status = s.status, reason = s.reason, attempts = d.attempts + s.tried, finished_at = CASE WHEN s.status <> 'pending' THEN now() END,
          waiting_since = CASE WHEN s.waits THEN coalesce(d.waiting_since, clock_timestamp()) END
     FROM json_to_recordset($1) AS s (client_id uuid, id uuid, status varchar, reason varchar, tried integer, waits boolean)
    WHERE d.client_id = s.client_id AND d.id = s.id`,
);
const NOTE = statement(
  'webhook_attempts.note',
  `INSERT INTO webhook_attempts (client_id, id, delivery_id, endpoint_id, n, at, status, status_code, duration_ms, error, detail, response, address, next_attempt_at)
   SELECT a.client_id, a.id, a.delivery_id, a.endpoint_id, a.n, a.at, a.status, a.status_code, a.duration_ms, a.error, a.detail, a.response, a.address,
          now() + make_interval(secs => a.next_in)
     FROM json_to_recordset($1) AS a (client_id uuid, id uuid, delivery_id uuid, endpoint_id uuid, n integer, at timestamptz, status varchar, status_code integer,
            duration_ms integer, error varchar, detail varchar, response text, address varchar, next_in float8)
     JOIN webhook_deliveries d ON d.client_id = a.client_id AND d.id = a.delivery_id`,
);
/** What was being called when its worker went away. */
const LOST = statement(
  'webhook_deliveries.lost',
  `WITH lost AS (SELECT * FROM json_to_recordset($1) AS l (client_id uuid, id uuid, attempt_id uuid, over boolean)),
   ended AS (DELETE FROM webhook_calls c USING lost l JOIN webhook_deliveries d ON d.client_id = l.client_id AND d.id = l.id
              WHERE c.client_id = d.client_id AND c.endpoint_id = d.endpoint_id AND c.delivery_id = d.id RETURNING c.client_id, c.delivery_id),
   settled AS (
     UPDATE webhook_deliveries d SET attempts = d.attempts + (ended.delivery_id IS NOT NULL)::integer,
            status = CASE WHEN l.over THEN 'failed' ELSE d.status END, reason = CASE WHEN l.over THEN 'crash_loop' ELSE d.reason END,
            finished_at = CASE WHEN l.over THEN now() ELSE d.finished_at END
       FROM lost l LEFT JOIN ended ON ended.client_id = l.client_id AND ended.delivery_id = l.id
      WHERE d.client_id = l.client_id AND d.id = l.id AND d.status = 'pending' AND (l.over OR ended.delivery_id IS NOT NULL)
     RETURNING d.client_id, d.id, d.endpoint_id, d.attempts, l.attempt_id, ended.delivery_id IS NOT NULL AS called)
   INSERT INTO webhook_attempts (client_id, id, delivery_id, endpoint_id, n, at, status, duration_ms, error)
   SELECT client_id, attempt_id, id, endpoint_id, attempts, now(), 'unknown', 0, 'lost' FROM settled WHERE called`,
);

/** A telling, with all that it takes. */
export interface DeliveryToMake {
  readonly clientId: ClientId;
  readonly id: string;
  readonly status: DeliveryStatus;
  readonly reason: string | null;
  /** Tries, of all times. */
  readonly attempts: number;
  readonly event: ToldEvent;
  readonly hops: number;
  readonly isTest: boolean;
  readonly endpointId: string;
  readonly url: string;
  readonly headers: SealedSecret;
  readonly payload: Payload;
  readonly filter: string | null;
  readonly endpointStatus: EndpointStatus;
}

type Row = Omit<DeliveryToMake, 'event'> & {
  readonly event: Omit<ToldEvent, 'at' | 'data'> & { readonly at: string };
  readonly data: string;
};

export interface SettledDelivery {
  readonly clientId: ClientId;
  readonly id: string;
  readonly endpointId: string;
  readonly status: DeliveryStatus;
  readonly reason: string | null;
  readonly waits: boolean;
  readonly n: number;
  readonly attempt: AttemptNote | null;
}

export interface LostDelivery {
  readonly clientId: ClientId;
  readonly id: string;
  /** It is not tried again. */
  readonly isOver: boolean;
}

@Injectable()
export class DeliveriesRepository {
  constructor(private readonly database: Database) {}

  /** Of several clients; without those whose endpoint is gone. */
  async load(claims: readonly { readonly clientId: ClientId; readonly id: string }[]): Promise<DeliveryToMake[]> {
    const named = [claims.map(({ clientId }) => clientId), claims.map(({ id }) => id)];
    const rows = await this.database.query<Row>(LOAD, named);
    return rows.map(({ data, event, ...row }) => ({ ...row, event: { ...event, at: new Date(event.at), data } }));
  }

  settle(tx: Tx, settled: readonly SettledDelivery[]): void {
    const rows = settled.map(({ clientId, id, status, reason, waits, attempt }) => ({
      ...{ client_id: clientId, id, status, reason, waits, tried: attempt ? 1 : 0 },
    }));
    tx.send(SETTLE, [JSON.stringify(rows)]);
    const notes = settled.flatMap((delivery) => (delivery.attempt ? [noteOf(delivery, delivery.attempt)] : []));
    if (notes.length > 0) tx.send(NOTE, [JSON.stringify(notes)]);
  }

  async lost(tx: Tx, lost: readonly LostDelivery[]): Promise<void> {
    const rows = lost.map(({ clientId, id, isOver }) => ({
      ...{ client_id: clientId, id, attempt_id: newId(), over: isOver },
    }));
    await tx.query(LOST, [JSON.stringify(rows)]);
  }
}

function noteOf({ clientId, id, endpointId, n }: SettledDelivery, attempt: AttemptNote): object {
  const { at, statusCode, durationMs, error, detail, response, address, nextInSeconds } = attempt;
  return {
    ...{ client_id: clientId, id: newId(), delivery_id: id, endpoint_id: endpointId, n, at },
    ...{ status: error === null ? 'succeeded' : 'failed', status_code: statusCode, duration_ms: durationMs },
    ...{ error, detail, response, address, next_in: nextInSeconds },
  };
}
