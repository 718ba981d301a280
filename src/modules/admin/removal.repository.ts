import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement } from '../../platform/database/index.js';
import { REMOVED_IN_BATCHES, type RemovedTable } from './removal.tables.js';

const AT_ONCE = 2_000;
/** Each takes others along. */
const EVENTS_AT_ONCE = 100;

const batchOf = (table: RemovedTable): number =>
  /_events$/.test(table) && table !== 'room_events' ? EVENTS_AT_ONCE : AT_ONCE;
const removal = (table: RemovedTable) =>
  statement(
    `client_removal.${table}`,
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE client_id = $1 LIMIT ${batchOf(table)})) RETURNING 1`,
  );
const REMOVE = Object.fromEntries(REMOVED_IN_BATCHES.map((table) => [table, removal(table)])) as Readonly<
  Record<RemovedTable, ReturnType<typeof removal>>
>;

/** Audit events stay as they are but for this (migration 1764300000000). What is said of the client itself outlives it. */
const FOR_RETENTION = statement('client_removal.for_retention', `SELECT set_config('app.audit', 'retention', true)`);
const REMOVE_TRAIL = statement(
  'client_removal.audit_events',
  `DELETE FROM audit_events WHERE id IN (
     SELECT a.id FROM audit_events a WHERE a.client_id = $1 AND a.resource_type <> 'client' ORDER BY a.id LIMIT ${AT_ONCE}) RETURNING 1`,
);

/** The rows of a client that was deleted. */
@Injectable()
export class RemovalRepository {
  constructor(private readonly database: Database) {}

  /** @returns whether there may be more */
  async removeSome(clientId: ClientId, table: RemovedTable): Promise<boolean> {
    return (await this.database.query(REMOVE[table], [clientId])).length > 0;
  }

  /** @returns whether there may be more */
  removeSomeOfTrail(clientId: ClientId): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      tx.send(FOR_RETENTION);
      return (await tx.query(REMOVE_TRAIL, [clientId])).length > 0;
    });
  }
}
