import { Injectable } from '@nestjs/common';
import {
  type ClientId,
  Database,
  type Queryable,
  statement,
  takeTurn,
  type Tx,
} from '../../platform/database/index.js';
import type { SealedSecret } from '../../platform/security/index.js';
import type { DisabledReason, EndpointName, EndpointRecord, EndpointWish } from './endpoint.js';
import { ENDPOINTS_MAX } from './endpoint.rules.js';

const COLUMNS = `e.client_id AS "clientId", e.id, e.url, e.event_types AS "eventTypes", e.description, e.headers,
  json_build_object('perSecond', e.per_second, 'inFlight', e.in_flight) AS limits, e.payload, e.filter, e.status,
  e.disabled_reason AS "disabledReason", e.disabled_at AS "disabledAt", s.failing_since AS "failingSince",
  e.created_at AS "createdAt", e.updated_at AS "updatedAt"`;
const ENDPOINTS = `webhook_endpoints e JOIN webhook_endpoint_states s ON s.client_id = e.client_id AND s.endpoint_id = e.id`;

/** A client's endpoints are made one after the other, so that they can be counted. */
const COUNT = statement(
  'webhook_endpoints.count',
  `SELECT count(*)::integer AS count FROM webhook_endpoints WHERE client_id = $1 AND deleted_at IS NULL`,
);
const INSERT = statement(
  'webhook_endpoints.insert',
  `WITH made AS (
     INSERT INTO webhook_endpoints (client_id, id, url, event_types, description, headers, per_second, in_flight, payload, filter, status, disabled_reason, disabled_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::varchar, $12, CASE WHEN $11::varchar = 'disabled' THEN now() END) RETURNING client_id, id)
   INSERT INTO webhook_endpoint_states (client_id, endpoint_id, pace) SELECT client_id, id, $13 FROM made`,
);
const FIND = statement(
  'webhook_endpoints.find',
  `SELECT ${COLUMNS} FROM ${ENDPOINTS} WHERE e.client_id = $1 AND e.id = $2 AND e.deleted_at IS NULL`,
);
/** The state first: whoever settles calls goes the same way. */
const LOCK_ONE = statement(
  'webhook_endpoints.lock_one',
  `SELECT 1 FROM webhook_endpoint_states WHERE client_id = $1 AND endpoint_id = $2 FOR UPDATE`,
);
const PAGE = statement(
  'webhook_endpoints.page',
  `SELECT ${COLUMNS} FROM ${ENDPOINTS} WHERE e.client_id = $1 AND e.deleted_at IS NULL AND ($2::uuid IS NULL OR e.id > $2) ORDER BY e.id LIMIT $3`,
);
const UPDATE = statement(
  'webhook_endpoints.update',
  `UPDATE webhook_endpoints SET url = $3, event_types = $4, description = $5, headers = $6, per_second = $7, in_flight = $8, payload = $9, filter = $10, updated_at = now()
    WHERE client_id = $1 AND id = $2`,
);
const ENABLE = statement(
  'webhook_endpoints.enable',
  `UPDATE webhook_endpoints SET status = 'active', disabled_reason = NULL, disabled_at = NULL, updated_at = now()
    WHERE client_id = $1 AND id = $2 AND status = 'disabled'`,
);
const DISABLE = statement(
  'webhook_endpoints.disable',
  `UPDATE webhook_endpoints e SET status = 'disabled', disabled_reason = asked.reason, disabled_at = now(), updated_at = now()
     FROM unnest($1::uuid[], $2::uuid[], $3::varchar[]) AS asked (client_id, id, reason)
    WHERE e.client_id = asked.client_id AND e.id = asked.id AND e.status = 'active' AND e.deleted_at IS NULL
   RETURNING e.client_id AS "clientId", e.id AS "endpointId"`,
);
const FIND_ALL = statement(
  'webhook_endpoints.find_all',
  `SELECT ${COLUMNS} FROM unnest($1::uuid[], $2::uuid[]) AS asked (client_id, id) JOIN ${ENDPOINTS} ON e.client_id = asked.client_id AND e.id = asked.id`,
);
const DELETE = statement(
  'webhook_endpoints.delete',
  `UPDATE webhook_endpoints SET deleted_at = now(), status = 'disabled' WHERE client_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING id`,
);
const TYPES = statement(
  'webhook_endpoints.types',
  `SELECT event_types AS "eventTypes" FROM webhook_endpoints WHERE client_id = $1 AND deleted_at IS NULL`,
);
const TYPES_OF_ALL = statement(
  'webhook_endpoints.types_of_all',
  `SELECT client_id AS "clientId", array_agg(DISTINCT t.type) AS "eventTypes" FROM webhook_endpoints CROSS JOIN unnest(event_types) AS t (type)
    WHERE deleted_at IS NULL GROUP BY client_id`,
);

export interface NewEndpoint extends EndpointWish {
  readonly id: string;
  readonly headers: SealedSecret;
  readonly status: 'active' | 'disabled';
  readonly pace: number;
}

@Injectable()
export class EndpointsRepository {
  constructor(private readonly database: Database) {}

  /** Holds other makers of this client back. @returns whether there is room for one more */
  async hasRoom(tx: Tx, clientId: ClientId): Promise<boolean> {
    const [, [counted]] = await Promise.all([
      takeTurn(tx, `webhook_endpoints|${clientId}`),
      tx.query<{ count: number }>(COUNT, [clientId]),
    ]);
    return (counted?.count ?? 0) < ENDPOINTS_MAX;
  }

  async insert(tx: Tx, clientId: ClientId, endpoint: NewEndpoint): Promise<void> {
    const { id, headers, status, pace } = endpoint;
    const reason = status === 'disabled' ? 'manual' : null;
    await tx.query(INSERT, [clientId, id, ...valuesOf(endpoint, headers), status, reason, pace]);
  }

  async find(clientId: ClientId, id: string, within: Queryable = this.database): Promise<EndpointRecord | null> {
    const [found] = await within.query<EndpointRecord>(FIND, [clientId, id]);
    return found ?? null;
  }

  /** Holds back who would change it or settles its calls. */
  async lock(tx: Tx, clientId: ClientId, id: string): Promise<EndpointRecord | null> {
    await tx.query(LOCK_ONE, [clientId, id]);
    return this.find(clientId, id, tx);
  }

  page(clientId: ClientId, limit: number, afterId: string | null): Promise<EndpointRecord[]> {
    return this.database.query(PAGE, [clientId, afterId, limit + 1]);
  }

  async update(tx: Tx, clientId: ClientId, id: string, wish: EndpointWish, headers: SealedSecret): Promise<void> {
    await tx.query(UPDATE, [clientId, id, ...valuesOf(wish, headers)]);
  }

  async enable(tx: Tx, clientId: ClientId, id: string): Promise<void> {
    await tx.query(ENABLE, [clientId, id]);
  }

  /** Of several clients. @returns those that were active until now, as they are */
  async disable(
    tx: Tx,
    endpoints: readonly (EndpointName & { readonly reason: DisabledReason })[],
  ): Promise<EndpointRecord[]> {
    if (endpoints.length === 0) return [];
    const disabled = await tx.query<EndpointName>(DISABLE, [
      endpoints.map(({ clientId }) => clientId),
      endpoints.map(({ endpointId }) => endpointId),
      endpoints.map(({ reason }) => reason),
    ]);
    if (disabled.length === 0) return [];
    return tx.query(FIND_ALL, [disabled.map(({ clientId }) => clientId), disabled.map(({ endpointId }) => endpointId)]);
  }

  /** Nobody sees it any more; what it was told goes later, in batches. */
  async delete(tx: Tx, clientId: ClientId, id: string): Promise<boolean> {
    return (await tx.query(DELETE, [clientId, id])).length > 0;
  }

  /** What the client's endpoints want to hear of, the disabled ones too. */
  async types(clientId: ClientId): Promise<string[]> {
    const rows = await this.database.query<{ eventTypes: string[] }>(TYPES, [clientId]);
    return rows.flatMap(({ eventTypes }) => eventTypes);
  }

  /** The same of every client that has some. */
  typesOfAll(): Promise<{ clientId: ClientId; eventTypes: string[] }[]> {
    return this.database.query(TYPES_OF_ALL);
  }
}

const valuesOf = (wish: EndpointWish, headers: SealedSecret): unknown[] => {
  const { url, eventTypes, description, limits, payload, filter } = wish;
  return [
    ...[url, eventTypes, description, JSON.stringify(headers), limits.perSecond, limits.inFlight, payload, filter],
  ];
};
