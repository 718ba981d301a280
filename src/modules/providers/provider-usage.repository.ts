import { Injectable } from '@nestjs/common';
import { type ClientId, Clock, Database, type Queryable, statement, type Tx } from '../../platform/database/index.js';
import type { Period } from '../../platform/quotas/index.js';
import type { Count } from './quota.rules.js';

/** A provider of a client. */
export interface ProviderName {
  readonly clientId: ClientId;
  readonly providerId: string;
}

export interface Usage extends ProviderName {
  readonly counts: readonly Count[];
}

const NAMED = `unnest($1::uuid[], $2::uuid[]) AS named (client_id, provider_id)`;
const COUNTS = `u.client_id AS "clientId", u.provider_id AS "providerId", u.period, extract(epoch FROM u.began_at)::float8 AS "beganAt", u.used, u.waiting, u.told`;

/** So that there are rows to lock. A provider that is being removed meanwhile has none. */
const MAKE = statement(
  'provider_usage.make',
  `INSERT INTO provider_usage (client_id, provider_id, period, began_at, used, waiting)
   SELECT p.client_id, p.id, period.name, to_timestamp(0), 0, 0
     FROM ${NAMED} JOIN providers p ON p.client_id = named.client_id AND p.id = named.provider_id
     CROSS JOIN (VALUES ('second'), ('hour'), ('day')) AS period (name)
    WHERE NOT EXISTS (SELECT 1 FROM provider_usage u WHERE u.client_id = p.client_id AND u.provider_id = p.id AND u.period = period.name)
    ORDER BY p.client_id, p.id, period.name FOR KEY SHARE OF p
   ON CONFLICT DO NOTHING`,
);
const LOCK = statement(
  'provider_usage.lock',
  `SELECT ${COUNTS} FROM ${NAMED} JOIN provider_usage u USING (client_id, provider_id) ORDER BY u.client_id, u.provider_id, u.period FOR UPDATE OF u`,
);
const READ = statement(
  'provider_usage.read',
  `SELECT ${COUNTS} FROM ${NAMED} JOIN provider_usage u USING (client_id, provider_id)`,
);
/** The time now, not that of the transaction, which may have waited. */
const NOW = statement('provider_usage.now', `SELECT extract(epoch FROM clock_timestamp())::float8 AS now`);
const WRITE = statement(
  'provider_usage.write',
  `UPDATE provider_usage u SET began_at = to_timestamp(w.began_at), used = w.used, waiting = w.waiting, told = w.told
     FROM json_to_recordset($1) AS w (client_id uuid, provider_id uuid, period varchar, began_at float8, used integer, waiting integer, told smallint)
    WHERE u.client_id = w.client_id AND u.provider_id = w.provider_id AND u.period = w.period`,
);

type Row = ProviderName & Count & { readonly period: Period };

/** How much of providers' limits is used. */
@Injectable()
export class ProviderUsageRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Locks what is used, of providers of several clients, and says what time it is. One round trip. */
  async lock(tx: Tx, providers: readonly ProviderName[]): Promise<{ used: Usage[]; now: number }> {
    tx.send(MAKE, namesOf(providers));
    const [rows, now] = await Promise.all([tx.query<Row>(LOCK, namesOf(providers)), this.now(tx)]);
    return { used: usagesOf(rows), now };
  }

  /** As it is, without a lock. */
  async read(providers: readonly ProviderName[]): Promise<{ used: Usage[]; now: number }> {
    const [rows, now] = await Promise.all([
      this.database.query<Row>(READ, namesOf(providers)),
      this.now(this.database),
    ]);
    return { used: usagesOf(rows), now };
  }

  write(tx: Tx, usages: readonly Usage[]): void {
    const rows = usages.flatMap(({ clientId, providerId, counts }) =>
      counts.map(({ period, beganAt, used, waiting, told }) => ({
        ...{ client_id: clientId, provider_id: providerId, period, began_at: beganAt, used, waiting, told },
      })),
    );
    tx.send(WRITE, [JSON.stringify(rows)]);
  }

  private async now(within: Queryable): Promise<number> {
    const [{ now } = { now: 0 }] = await within.query<{ now: number }>(NOW);
    return now + this.clock.aheadSeconds;
  }
}

const namesOf = (providers: readonly ProviderName[]): string[][] => [
  providers.map(({ clientId }) => clientId),
  providers.map(({ providerId }) => providerId),
];

function usagesOf(rows: readonly Row[]): Usage[] {
  const byProvider = new Map<string, ProviderName & { counts: Count[] }>();
  for (const { clientId, providerId, ...count } of rows) {
    const usage = byProvider.get(providerId) ?? { clientId, providerId, counts: [] };
    byProvider.set(providerId, usage);
    usage.counts.push(count);
  }
  return [...byProvider.values()];
}
