import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement } from '../../platform/database/index.js';

/** Minutes where they are still kept, and the hours before. What was not to be tried is nobody's use of a channel. */
const SINCE = statement(
  'analytics.counted_since',
  `WITH kept AS (
     SELECT greatest(date_trunc('minute', $2::timestamptz), kept_from) AS minutes_from FROM analytics_grains WHERE minutes = 1),
   counted AS (
     SELECT c.client_id, c.kind, c.key[1] AS first, c.key[3] AS status, c.n FROM analytics_counts c, kept
      WHERE c.client_id = ANY ($1::uuid[]) AND c.kind IN ('message', 'notification', 'delivery') AND c.grain = 1 AND c.at >= kept.minutes_from
     UNION ALL
     SELECT c.client_id, c.kind, c.key[1], c.key[3], c.n FROM analytics_counts c, kept
      WHERE c.client_id = ANY ($1::uuid[]) AND c.kind IN ('message', 'notification', 'delivery') AND c.grain = 60 AND c.at >= $2::timestamptz AND c.at < kept.minutes_from)
   SELECT client_id AS "clientId", kind, first, sum(n)::float8 AS n FROM counted
    WHERE NOT (kind = 'delivery' AND status IN ('skipped', 'suppressed')) GROUP BY client_id, kind, first`,
);

export interface CountedSince {
  readonly messages: number;
  readonly notifications: number;
  /** Deliveries, by channel. */
  readonly channels: Readonly<Record<string, number>>;
}

interface Row {
  readonly clientId: ClientId;
  readonly kind: 'message' | 'notification' | 'delivery';
  readonly first: string;
  readonly n: number;
}

@Injectable()
export class CountedRepository {
  constructor(private readonly database: Database) {}

  /** Of each of the clients, in one statement. */
  async since(clientIds: readonly ClientId[], from: Date): Promise<Map<ClientId, CountedSince>> {
    const rows = new Map(clientIds.map((clientId): [ClientId, Row[]] => [clientId, []]));
    for (const row of await this.database.query<Row>(SINCE, [clientIds, from])) rows.get(row.clientId)?.push(row);
    return new Map([...rows].map(([clientId, own]) => [clientId, countedOf(own)]));
  }
}

function countedOf(rows: readonly Row[]): CountedSince {
  const sum = (wanted: Row['kind']): number =>
    rows.filter(({ kind }) => kind === wanted).reduce((total, { n }) => total + n, 0);
  const deliveries = rows.filter(({ kind, n }) => kind === 'delivery' && n > 0);
  return {
    messages: sum('message'),
    notifications: sum('notification'),
    channels: Object.fromEntries(deliveries.map(({ first, n }) => [first, n])),
  };
}
