import { Injectable } from '@nestjs/common';
import { type ClientId, Database, type Queryable, statement, type Tx } from '../../platform/database/index.js';
import type { SealedSecret } from '../../platform/security/index.js';

const FIND = statement(
  'suppression_keys.find',
  `SELECT k.client_id AS "clientId", k.sealed FROM suppression_keys k WHERE k.client_id = ANY ($1::uuid[])`,
);
const INSERT = statement(
  'suppression_keys.insert',
  `INSERT INTO suppression_keys (client_id, sealed) VALUES ($1, $2) ON CONFLICT (client_id) DO NOTHING RETURNING client_id AS "clientId"`,
);
export interface SealedKey {
  readonly clientId: ClientId;
  readonly sealed: SealedSecret;
}

/** The keys under which clients' addresses are hashed. */
@Injectable()
export class SuppressionKeysRepository {
  constructor(private readonly database: Database) {}

  find(clientIds: readonly ClientId[], within: Queryable = this.database): Promise<SealedKey[]> {
    return within.query(FIND, [clientIds]);
  }

  /** @returns whether it is this one: another may have been made at the same time, and is the client's then */
  async insert(tx: Tx, clientId: ClientId, sealed: SealedSecret): Promise<boolean> {
    return (await tx.query(INSERT, [clientId, JSON.stringify(sealed)])).length > 0;
  }
}
