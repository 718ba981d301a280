import { Injectable } from '@nestjs/common';
import {
  type ClientId,
  Clock,
  Database,
  type Queryable,
  statement,
  takeTurn,
  type Tx,
} from '../../platform/database/index.js';
import type { SealedSecret } from '../../platform/security/index.js';

/** Whoever waited for a lock reads the time after it, not at the begin of its transaction. */
const now = (ahead: string): string => `(clock_timestamp() + make_interval(secs => ${ahead}))`;
const isLive = (ahead: string): string => `(s.expires_at IS NULL OR s.expires_at > ${now(ahead)})`;

/** An owner's secrets change one after the other. */
/** Of the live ones the `$5` newest stay for `$4` seconds, and none longer than it would have; the others are gone. */
const RETIRE = statement(
  'signing_secrets.retire',
  `WITH kept AS (
     SELECT s.id FROM signing_secrets s WHERE s.client_id = $1 AND s.owner_id = $2 AND ${isLive('$3')}
      ORDER BY s.created_at DESC, s.id DESC LIMIT $5),
   gone AS (DELETE FROM signing_secrets s WHERE s.client_id = $1 AND s.owner_id = $2 AND s.id NOT IN (SELECT id FROM kept))
   UPDATE signing_secrets s SET expires_at = least(s.expires_at, ${now('$3')} + make_interval(secs => $4))
    WHERE s.client_id = $1 AND s.owner_id = $2 AND s.id IN (SELECT id FROM kept)`,
);
const INSERT = statement(
  'signing_secrets.insert',
  `INSERT INTO signing_secrets (client_id, owner_id, id, sealed, created_at) VALUES ($1, $2, $3, $4, ${now('$5')})`,
);
const LIVE = statement(
  'signing_secrets.live',
  `SELECT s.owner_id AS "ownerId", s.id, s.sealed, extract(epoch FROM s.expires_at - ${now('$3')})::float8 AS "secondsLeft"
     FROM signing_secrets s WHERE s.client_id = $1 AND s.owner_id = ANY ($2::uuid[]) AND ${isLive('$3')}
    ORDER BY s.created_at DESC, s.id DESC`,
);
const STATE = statement(
  'signing_secrets.state',
  `SELECT max(s.created_at) AS "createdAt", max(s.expires_at) AS "previousExpiresAt"
     FROM signing_secrets s WHERE s.client_id = $1 AND s.owner_id = $2 AND ${isLive('$3')} HAVING count(*) > 0`,
);
const REMOVE = statement(
  'signing_secrets.remove',
  `DELETE FROM signing_secrets s WHERE s.client_id = $1 AND s.owner_id = ANY ($2::uuid[])`,
);
const PRUNE = statement(
  'signing_secrets.prune',
  `DELETE FROM signing_secrets WHERE (client_id, owner_id, id) IN (
     SELECT s.client_id, s.owner_id, s.id FROM signing_secrets s WHERE s.expires_at <= ${now('$1')} ORDER BY s.expires_at LIMIT $2)
   RETURNING id`,
);

export interface LiveRow {
  readonly ownerId: string;
  readonly id: string;
  readonly sealed: SealedSecret;
  /** Null of the one that has no end. */
  readonly secondsLeft: number | null;
}

/** What may be shown of an owner's secrets. */
export interface SigningState {
  /** Of the newest. */
  readonly createdAt: Date;
  /** When the last of the older ones ends; null when there are none. */
  readonly previousExpiresAt: Date | null;
}

@Injectable()
export class SigningSecretsRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async lock(tx: Tx, clientId: ClientId, ownerId: string): Promise<void> {
    await takeTurn(tx, `signing|${clientId}|${ownerId}`);
  }

  async retire(
    tx: Tx,
    clientId: ClientId,
    ownerId: string,
    { seconds, keep }: { readonly seconds: number; readonly keep: number },
  ): Promise<void> {
    await tx.query(RETIRE, [clientId, ownerId, this.clock.aheadSeconds, seconds, keep]);
  }

  async insert(
    tx: Tx,
    clientId: ClientId,
    ownerId: string,
    { id, sealed }: { readonly id: string; readonly sealed: SealedSecret },
  ): Promise<void> {
    await tx.query(INSERT, [clientId, ownerId, id, JSON.stringify(sealed), this.clock.aheadSeconds]);
  }

  /** The newest of each owner first. */
  live(clientId: ClientId, ownerIds: readonly string[]): Promise<LiveRow[]> {
    return this.database.query<LiveRow>(LIVE, [clientId, ownerIds, this.clock.aheadSeconds]);
  }

  async state(clientId: ClientId, ownerId: string, within: Queryable = this.database): Promise<SigningState | null> {
    const [state] = await within.query<SigningState>(STATE, [clientId, ownerId, this.clock.aheadSeconds]);
    return state ?? null;
  }

  async remove(tx: Tx, clientId: ClientId, ownerIds: readonly string[]): Promise<void> {
    await tx.query(REMOVE, [clientId, ownerIds]);
  }

  /** @returns how many were past their end, of all clients */
  async prune(limit: number): Promise<number> {
    return (await this.database.query(PRUNE, [this.clock.aheadSeconds, limit])).length;
  }
}
