import { Injectable } from '@nestjs/common';
import { type ClientId, Clock, Database, type Queryable, statement, type Tx } from '../../platform/database/index.js';
import type { ClientLimits } from '../../platform/security/index.js';
import type { Usage } from './allowance.js';
import type { Countable } from './quotas.rules.js';

const COUNTS = `u.client_id AS "clientId", u.what, u.period, extract(epoch FROM u.began_at)::float8 AS "beganAt", u.used::float8 AS used, u.told`;

const LIMITS = statement(
  'client_usage.limits',
  `SELECT c.settings->'limits' AS limits, c.updated_at AS "settingsAt" FROM clients c WHERE c.id = $1`,
);
const ALL_LIMITS = statement(
  'client_usage.all_limits',
  `SELECT c.id AS "clientId", c.settings->'limits' AS limits, c.updated_at AS "settingsAt" FROM clients c WHERE c.id = ANY ($1::uuid[])`,
);
const OF_CLIENTS = statement(
  'client_usage.of_clients',
  `SELECT ${COUNTS}, u.settings_at AS "settingsAt" FROM client_usage u WHERE u.client_id = ANY ($1::uuid[])`,
);
/** Where there is a count already, the higher one is right: rollups are behind, and a count may have paused while there was no limit. */
const BEGIN = statement(
  'client_usage.begin',
  `INSERT INTO client_usage AS u (client_id, what, period, began_at, used, settings_at)
   SELECT c.id, b.what, b.period, to_timestamp(b.began_at), b.used, b.settings_at
     FROM json_to_recordset($2) AS b (what varchar, period varchar, began_at float8, used bigint, settings_at timestamptz)
     JOIN clients c ON c.id = $1 ORDER BY b.what, b.period
   ON CONFLICT (client_id, what, period) DO UPDATE
     SET used = CASE WHEN u.began_at < EXCLUDED.began_at THEN EXCLUDED.used
                     WHEN u.began_at = EXCLUDED.began_at THEN greatest(u.used, EXCLUDED.used) ELSE u.used END,
         told = CASE WHEN u.began_at < EXCLUDED.began_at THEN 0 ELSE u.told END,
         began_at = greatest(u.began_at, EXCLUDED.began_at), settings_at = EXCLUDED.settings_at`,
);
/** In one order in every process, before anything else that the transaction locks. */
const LOCK = statement(
  'client_usage.lock',
  `SELECT ${COUNTS} FROM unnest($1::uuid[], $2::varchar[]) AS asked (client_id, what) JOIN client_usage u USING (client_id, what)
    ORDER BY u.client_id, u.what, u.period FOR UPDATE OF u`,
);
/** The time now, not that of the transaction, which may have waited. */
const NOW = statement('client_usage.now', `SELECT extract(epoch FROM clock_timestamp())::float8 AS now`);
const WRITE = statement(
  'client_usage.write',
  `UPDATE client_usage u SET began_at = to_timestamp(w.began_at), used = w.used, told = w.told
     FROM json_to_recordset($1) AS w (client_id uuid, what varchar, period varchar, began_at float8, used bigint, told smallint)
    WHERE u.client_id = w.client_id AND u.what = w.what AND u.period = w.period`,
);

export interface OwnLimits {
  readonly clientId: ClientId;
  readonly limits: ClientLimits | null;
  readonly settingsAt: Date;
}

export interface AskedUsage {
  readonly clientId: ClientId;
  readonly what: Countable;
}

/** A count, and the client's settings under which it was held against the rollups; null for never. */
export type StoredUsage = Usage & { readonly settingsAt: Date | null };

export interface BegunUsage extends Omit<Usage, 'clientId' | 'told'> {
  readonly settingsAt: Date | null;
}

/** How much of clients' own limits is used. */
@Injectable()
export class ClientUsageRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async limits(
    clientId: ClientId,
    within: Queryable = this.database,
  ): Promise<{ readonly limits: ClientLimits | null; readonly settingsAt: Date | null }> {
    const [row] = await within.query<{ limits: ClientLimits | null; settingsAt: Date }>(LIMITS, [clientId]);
    return row ?? { limits: null, settingsAt: null };
  }

  /** Of several clients in one statement. */
  allLimits(clientIds: readonly ClientId[]): Promise<OwnLimits[]> {
    return this.database.query(ALL_LIMITS, [clientIds]);
  }

  /** As it is, without a lock. */
  of(clientIds: readonly ClientId[], within: Queryable = this.database): Promise<StoredUsage[]> {
    return within.query(OF_CLIENTS, [clientIds]);
  }

  async begin(clientId: ClientId, usages: readonly BegunUsage[], within: Queryable = this.database): Promise<void> {
    const rows = usages.map(({ what, period, beganAt, used, settingsAt }) => ({
      ...{ what, period, began_at: beganAt, used, settings_at: settingsAt },
    }));
    await within.query(BEGIN, [clientId, JSON.stringify(rows)]);
  }

  /** Locks what is used, of several clients, and says what time it is. One round trip. */
  async lock(tx: Tx, asked: readonly AskedUsage[]): Promise<{ usages: Usage[]; now: number }> {
    const names = [asked.map(({ clientId }) => clientId), asked.map(({ what }) => what)];
    const [usages, now] = await Promise.all([tx.query<Usage>(LOCK, names), this.now(tx)]);
    return { usages, now };
  }

  write(tx: Tx, usages: readonly Usage[]): void {
    const rows = usages.map(({ clientId, what, period, beganAt, used, told }) => ({
      ...{ client_id: clientId, what, period, began_at: beganAt, used, told },
    }));
    tx.send(WRITE, [JSON.stringify(rows)]);
  }

  /** Seconds since 1970. */
  async now(within: Queryable = this.database): Promise<number> {
    const [{ now } = { now: 0 }] = await within.query<{ now: number }>(NOW);
    return now + this.clock.aheadSeconds;
  }
}
