import { Injectable } from '@nestjs/common';
import { type ClientId, Database, type Queryable, statement, type Tx } from '../../platform/database/index.js';
import type { DeliveryStatus } from './delivery.rules.js';
import type { EndpointStatus } from './endpoint.js';
import { fitsInSql } from './event-types.rules.js';
import type { ReplayRange, ReplayRecord, ReplayStatus } from './replay.js';

const COLUMNS = `r.client_id AS "clientId", r.id, r.endpoint_id AS "endpointId", r.wish, r.from_at AS "from", r.to_at AS "to", r.event_ids AS ids, r.status,
  r.count, r.done, r.cursor, r.cursor_at AS "cursorAt", r.created_at AS "createdAt", r.finished_at AS "finishedAt"`;

/**
 * The events of a client that are to be told an endpoint again, with what became of them there. Tests are told again by their
 * ids only; what the endpoint was told before counts, whatever types it names now.
 */
const WISHED = `webhook_outbound_events v JOIN webhook_endpoints e ON e.client_id = v.client_id AND e.id = $2
     LEFT JOIN LATERAL (
       SELECT d.id, d.status FROM webhook_deliveries d WHERE d.client_id = v.client_id AND d.event_id = v.id AND d.endpoint_id = e.id LIMIT 1) AS d ON true
    WHERE v.client_id = $1
      AND CASE WHEN $6::uuid[] IS NOT NULL THEN v.id = ANY ($6) AND coalesce(v.only_endpoint, e.id) = e.id
          ELSE v.only_endpoint IS NULL AND CASE $3::varchar
            WHEN 'failed' THEN d.status = 'failed'
            WHEN 'missing' THEN d.id IS NULL AND ${fitsInSql('v.type', 'e.event_types')}
            WHEN 'undelivered' THEN d.status IN ('failed', 'pending') OR d.id IS NULL AND ${fitsInSql('v.type', 'e.event_types')}
            ELSE d.id IS NOT NULL OR ${fitsInSql('v.type', 'e.event_types')} END END
      AND ($4::timestamptz IS NULL OR v.at >= $4) AND ($5::timestamptz IS NULL OR v.at < $5)`;

const COUNT = statement('webhook_replays.count', `SELECT count(*)::integer AS count FROM ${WISHED}`);
const NEXT = statement(
  'webhook_replays.next',
  `SELECT v.id AS "eventId", v.at, d.id AS "deliveryId", d.status FROM ${WISHED} AND ($7::timestamptz IS NULL OR (v.at, v.id) > ($7, $8::uuid))
    ORDER BY v.at, v.id LIMIT $9`,
);
const INSERT = statement(
  'webhook_replays.insert',
  `INSERT INTO webhook_replays AS r (client_id, id, endpoint_id, wish, from_at, to_at, event_ids, count) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
);
const FIND = statement(
  'webhook_replays.find',
  `SELECT ${COLUMNS} FROM webhook_replays r JOIN webhook_endpoints e ON e.client_id = r.client_id AND e.id = r.endpoint_id AND e.deleted_at IS NULL
    WHERE r.client_id = $1 AND r.endpoint_id = $2 AND r.id = $3`,
);
const LOAD = statement(
  'webhook_replays.load',
  `SELECT ${COLUMNS} FROM unnest($1::uuid[], $2::uuid[]) AS asked (client_id, id)
     CROSS JOIN LATERAL (SELECT * FROM webhook_replays r WHERE r.client_id = asked.client_id AND r.id = asked.id LIMIT 1) AS r
     CROSS JOIN LATERAL (
       SELECT FROM webhook_endpoints e WHERE e.client_id = r.client_id AND e.id = r.endpoint_id AND e.deleted_at IS NULL LIMIT 1) AS e`,
);
const LOCK = statement(
  'webhook_replays.lock',
  `SELECT ${COLUMNS}, e.status AS "endpointStatus" FROM webhook_replays r JOIN webhook_endpoints e ON e.client_id = r.client_id AND e.id = r.endpoint_id AND e.deleted_at IS NULL
    WHERE r.client_id = $1 AND r.id = $2 FOR UPDATE OF r`,
);
const ADVANCE = statement(
  'webhook_replays.advance',
  `UPDATE webhook_replays SET done = done + $3, cursor_at = coalesce($4, cursor_at), cursor = coalesce($5, cursor), status = $6::varchar,
          finished_at = CASE WHEN $6::varchar IN ('done', 'stopped') THEN now() END
    WHERE client_id = $1 AND id = $2`,
);
const REOPEN = statement(
  'webhook_replays.reopen',
  `UPDATE webhook_deliveries SET status = 'pending', reason = NULL, finished_at = NULL, waiting_since = NULL
    WHERE client_id = $1 AND id = ANY ($2::uuid[]) AND status <> 'pending'`,
);
const ADD = statement(
  'webhook_replays.add',
  `INSERT INTO webhook_deliveries (client_id, id, event_id, endpoint_id) SELECT $1, a.id, a.event_id, $2 FROM unnest($3::uuid[], $4::uuid[]) AS a (id, event_id)
   ON CONFLICT DO NOTHING`,
);

/** An event to be told again. */
export interface Wished {
  readonly eventId: string;
  readonly at: Date;
  readonly deliveryId: string | null;
  readonly status: DeliveryStatus | null;
}

export interface Advance {
  readonly done: number;
  readonly last: Wished | null;
  readonly status: ReplayStatus;
}

@Injectable()
export class ReplaysRepository {
  constructor(private readonly database: Database) {}

  async count(within: Queryable, clientId: ClientId, endpointId: string, range: ReplayRange): Promise<number> {
    const [counted] = await within.query<{ count: number }>(COUNT, rangeOf(clientId, endpointId, range));
    return counted?.count ?? 0;
  }

  async insert(
    tx: Tx,
    clientId: ClientId,
    { id, endpointId, count, wish, from, to, ids }: ReplayRange & { id: string; endpointId: string; count: number },
  ): Promise<ReplayRecord> {
    const [made] = await tx.query<ReplayRecord>(INSERT, [clientId, id, endpointId, wish, from, to, ids, count]);
    return made!;
  }

  async find(clientId: ClientId, endpointId: string, id: string): Promise<ReplayRecord | null> {
    const [found] = await this.database.query<ReplayRecord>(FIND, [clientId, endpointId, id]);
    return found ?? null;
  }

  load(claims: readonly { readonly clientId: ClientId; readonly id: string }[]): Promise<ReplayRecord[]> {
    return this.database.query(LOAD, [claims.map(({ clientId }) => clientId), claims.map(({ id }) => id)]);
  }

  async lock(
    tx: Tx,
    clientId: ClientId,
    id: string,
  ): Promise<(ReplayRecord & { readonly endpointStatus: EndpointStatus }) | null> {
    const [found] = await tx.query<ReplayRecord & { endpointStatus: EndpointStatus }>(LOCK, [clientId, id]);
    return found ?? null;
  }

  next(tx: Tx, replay: ReplayRecord, limit: number): Promise<Wished[]> {
    const { clientId, endpointId, cursorAt, cursor } = replay;
    return tx.query(NEXT, [...rangeOf(clientId, endpointId, replay), cursorAt, cursor, limit]);
  }

  advance(tx: Tx, clientId: ClientId, id: string, { done, last, status }: Advance): void {
    tx.send(ADVANCE, [clientId, id, done, last?.at ?? null, last?.eventId ?? null, status]);
  }

  reopen(tx: Tx, clientId: ClientId, deliveryIds: readonly string[]): void {
    if (deliveryIds.length > 0) tx.send(REOPEN, [clientId, deliveryIds]);
  }

  add(
    tx: Tx,
    clientId: ClientId,
    endpointId: string,
    deliveries: readonly { readonly id: string; readonly eventId: string }[],
  ): void {
    if (deliveries.length === 0) return;
    tx.send(ADD, [clientId, endpointId, deliveries.map(({ id }) => id), deliveries.map(({ eventId }) => eventId)]);
  }
}

const rangeOf = (clientId: ClientId, endpointId: string, { wish, from, to, ids }: ReplayRange): unknown[] => [
  ...[clientId, endpointId, wish, from, to, ids],
];
