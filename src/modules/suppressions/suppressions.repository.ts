import { Injectable } from '@nestjs/common';
import { type ClientId, Database, newId, statement, type Tx } from '../../platform/database/index.js';
import type { Suppression } from './suppression.js';
import type { SuppressionReason } from './suppressions.rules.js';

const COLUMNS = `s.id, s.channel, s.address, s.reason, s.delivery_id AS "deliveryId", s.created_at AS "createdAt"`;

/** In the order of their key, as everywhere. What is known already stays; one whose address had gone has it back. */
const INSERT = statement(
  'suppressions.insert',
  `INSERT INTO suppressions AS s (client_id, id, channel, address_hash, address, reason, delivery_id)
   SELECT $1, g.id, g.channel, decode(g.hash, 'hex'), g.address, g.reason, g.delivery_id
     FROM json_to_recordset($2) AS g (id uuid, channel varchar, hash varchar, address varchar, reason varchar, delivery_id uuid)
    ORDER BY g.channel, g.hash, g.reason
   ON CONFLICT (client_id, channel, address_hash, reason) DO UPDATE SET address = excluded.address WHERE s.address IS NULL AND excluded.address IS NOT NULL
   RETURNING s.id`,
);
const GET = statement(
  'suppressions.get',
  `SELECT ${COLUMNS} FROM suppressions s WHERE s.client_id = $1 AND s.channel = $2 AND s.address_hash = $3 AND s.reason = $4`,
);
/** Of several clients. Along the unique index, whatever the planner believes of the table. */
const REASONS = statement(
  'suppressions.reasons',
  `SELECT asked.n::integer - 1 AS n, s.reason FROM unnest($1::uuid[], $2::varchar[], $3::bytea[]) WITH ORDINALITY AS asked (client_id, channel, hash, n)
     CROSS JOIN LATERAL (SELECT s.reason FROM suppressions s
       WHERE s.client_id = asked.client_id AND s.channel = asked.channel AND s.address_hash = asked.hash LIMIT 10) AS s`,
);
const PAGE = statement(
  'suppressions.page',
  `SELECT ${COLUMNS} FROM suppressions s
    WHERE s.client_id = $1 AND ($2::varchar IS NULL OR s.channel = $2) AND ($3::varchar IS NULL OR s.reason = $3) AND ($4::uuid IS NULL OR s.id < $4)
    ORDER BY s.id DESC LIMIT $5`,
);
/** An address has few: along the unique index, and only then put in order. */
const PAGE_OF_ADDRESS = statement(
  'suppressions.page_of_address',
  `WITH found AS MATERIALIZED (
     SELECT s.* FROM unnest($6::varchar[], $7::bytea[]) AS asked (channel, hash) CROSS JOIN LATERAL (
       SELECT * FROM suppressions s WHERE s.client_id = $1 AND s.channel = asked.channel AND s.address_hash = asked.hash LIMIT 10) AS s)
   SELECT ${COLUMNS} FROM found s
    WHERE ($2::varchar IS NULL OR s.channel = $2) AND ($3::varchar IS NULL OR s.reason = $3) AND ($4::uuid IS NULL OR s.id < $4)
    ORDER BY s.id DESC LIMIT $5`,
);
const DELETE = statement(
  'suppressions.delete',
  `DELETE FROM suppressions WHERE client_id = $1 AND id = $2 RETURNING channel, reason`,
);
const FORGET = statement(
  'suppressions.forget',
  `UPDATE suppressions s SET address = NULL, delivery_id = NULL
    WHERE s.client_id = $1 AND s.address IS NOT NULL AND lower(s.address) = ANY ($2::varchar[]) RETURNING s.id`,
);
const OF_PERSON = statement(
  'suppressions.of_person',
  `SELECT ${COLUMNS} FROM suppressions s
    WHERE s.client_id = $1 AND s.address IS NOT NULL AND lower(s.address) = ANY ($2::varchar[]) AND ($4::uuid IS NULL OR s.id > $4) ORDER BY s.id LIMIT $3`,
);

/** An address as it is known here. */
export interface Hashed {
  readonly channel: string;
  readonly hash: Buffer;
}

export interface StoredSuppression extends Hashed {
  readonly address: string | null;
  readonly reason: SuppressionReason;
  readonly deliveryId: string | null;
}

export interface SuppressionFilter {
  readonly channel?: string;
  readonly reason?: string;
}

@Injectable()
export class SuppressionsRepository {
  constructor(private readonly database: Database) {}

  /** @param suppressions no two of one address and reason @returns how many are new */
  async insert(tx: Tx, clientId: ClientId, suppressions: readonly StoredSuppression[]): Promise<number> {
    const rows = suppressions.map(({ channel, hash, address, reason, deliveryId }) => ({
      ...{ id: newId(), channel, hash: hash.toString('hex'), address, reason, delivery_id: deliveryId },
    }));
    const ids = new Set(rows.map(({ id }) => id));
    const stored = await tx.query<{ id: string }>(INSERT, [clientId, JSON.stringify(rows)]);
    return stored.filter(({ id }) => ids.has(id)).length;
  }

  async get(
    tx: Tx,
    clientId: ClientId,
    { channel, hash }: Hashed,
    reason: SuppressionReason,
  ): Promise<Suppression | null> {
    return (await tx.query<Suppression>(GET, [clientId, channel, hash, reason]))[0] ?? null;
  }

  /** The reasons that stand against each, by its place. */
  reasons(
    asked: readonly (Hashed & { readonly clientId: ClientId })[],
  ): Promise<{ readonly n: number; readonly reason: SuppressionReason }[]> {
    return this.database.query(REASONS, [
      asked.map(({ clientId }) => clientId),
      asked.map(({ channel }) => channel),
      asked.map(({ hash }) => hash),
    ]);
  }

  /** The newest first, one more than asked for. @param addresses these alone; null for all */
  page(
    clientId: ClientId,
    { channel, reason }: SuppressionFilter,
    addresses: readonly Hashed[] | null,
    limit: number,
    before: string | null,
  ): Promise<Suppression[]> {
    const values = [clientId, channel ?? null, reason ?? null, before, limit + 1];
    return this.database.asClient(clientId, (view) =>
      addresses === null
        ? view.query<Suppression>(PAGE, values)
        : view.query<Suppression>(PAGE_OF_ADDRESS, [
            ...values,
            addresses.map((one) => one.channel),
            addresses.map(({ hash }) => hash),
          ]),
    );
  }

  /** @returns what it was; null when there is no such */
  async delete(tx: Tx, clientId: ClientId, id: string): Promise<Pick<Suppression, 'channel' | 'reason'> | null> {
    return (await tx.query<Suppression>(DELETE, [clientId, id]))[0] ?? null;
  }

  /** Addresses go, their hashes stay. @param addresses in lower case */
  async forget(clientId: ClientId, addresses: readonly string[]): Promise<number> {
    return (await this.database.query(FORGET, [clientId, addresses])).length;
  }

  ofPerson(
    clientId: ClientId,
    addresses: readonly string[],
    limit: number,
    after: string | null,
  ): Promise<Suppression[]> {
    return this.database.query(OF_PERSON, [clientId, addresses, limit, after]);
  }
}
