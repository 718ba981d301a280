import { Injectable } from '@nestjs/common';
import { type ClientId, Clock, Database, type Queryable, statement } from '../../platform/database/index.js';
import type { Grain, Kind } from './facts.js';
import type { CountRow, TimeRow } from './series.rules.js';

/** The parts of keys that are asked for; the others are as one. */
const KEY = `ARRAY[${[1, 2, 3, 4].map((part) => `CASE WHEN ${part} = ANY ($6) THEN coalesce(c.key[${part}], '') ELSE '' END`).join(', ')}]`;
const BUCKET = `width_bucket(c.at, $4::timestamptz[]) - 1`;
const WITHIN = `c.client_id = $1 AND c.kind = $2 AND c.grain = $3 AND c.at >= ($4::timestamptz[])[1] AND c.at < $5`;
const COUNTS = statement(
  'analytics.counts',
  `SELECT ${BUCKET} AS bucket, ${KEY} AS key, sum(c.n)::float8 AS n FROM analytics_counts c WHERE ${WITHIN} AND c.n <> 0 GROUP BY 1, 2 HAVING sum(c.n) <> 0`,
);
const TIMES = statement(
  'analytics.times',
  `SELECT ${BUCKET} AS bucket, ${KEY} AS key, t.bin, sum(t.n)::float8 AS n FROM analytics_counts c CROSS JOIN LATERAL unnest(c.bins, c.tallies) AS t (bin, n)
    WHERE ${WITHIN} GROUP BY 1, 2, 3 HAVING sum(t.n) <> 0`,
);
/** Whoever is active in several quarters is one, in each bucket and in all. */
const ACTIVES = statement(
  'analytics.actives',
  `SELECT bucket, kind, count(DISTINCT member)::float8 AS n FROM (
     SELECT width_bucket(a.at, $2::timestamptz[]) - 1 AS bucket, a.kind, a.member FROM analytics_actives a
      WHERE a.client_id = $1 AND a.kind IN ('room', 'user') AND a.at >= ($2::timestamptz[])[1] AND a.at < $3 AND a.n > 0) AS active
    GROUP BY GROUPING SETS ((bucket, kind), (kind))`,
);
const REACH = statement(
  'analytics.reached',
  `SELECT now() + make_interval(secs => $1) AS now, as_of AS "asOf" FROM analytics_reach`,
);
const KEPT = statement('analytics.kept', `SELECT minutes, kept_from AS "keptFrom" FROM analytics_grains`);
const NAMES = statement(
  'analytics.names',
  `SELECT p.id, p.name, p.kind FROM providers p WHERE p.client_id = $1
   UNION ALL SELECT e.id, e.url, NULL FROM webhook_endpoints e WHERE e.client_id = $1 AND e.deleted_at IS NULL
   UNION ALL SELECT s.id, s.event, s.scheme FROM webhook_sources s WHERE s.client_id = $1`,
);
const TAGS = statement(
  'analytics.tag_names',
  `SELECT t.hash::text AS id, t.tag AS name, NULL AS kind FROM analytics_tags t WHERE t.client_id = $1 AND t.hash = ANY ($2::bigint[])`,
);

/** Bucket after bucket: where each begins, and where the last ends. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly grain: Grain;
}

export interface Asked {
  readonly kind: Kind;
  /** Parts of the key, the first is 0. */
  readonly parts: readonly number[];
  /** By what it is asked how long they took: fewer parts, as there is a row for each of the bins. */
  readonly timesBy?: readonly number[];
}

export interface ActiveRow {
  /** Null for all of them together. */
  readonly bucket: number | null;
  readonly kind: 'room' | 'user';
  readonly n: number;
}

export interface Named {
  readonly id: string;
  /** A provider's name, an endpoint's URL, a source's event; a tag. */
  readonly name: string;
  /** Of a provider, or a source's scheme. */
  readonly kind: string | null;
}

/** A client's figures, in buckets. */
export interface FiguresView {
  readonly buckets: number;
  /** All of it in one bucket. */
  whole(): FiguresView;
  rows(asked: Asked): Promise<{ counts: CountRow[]; times: TimeRow[] }>;
  actives(): Promise<ActiveRow[]>;
  names(): Promise<Map<string, Named>>;
  /** By what stands for them in keys; without those whose names are forgotten. */
  tags(hashes: readonly string[]): Promise<Map<string, Named>>;
}

@Injectable()
export class FiguresRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** The time now, and up to when what was committed is in the figures. */
  async reach(): Promise<{ now: Date; asOf: Date }> {
    const [reach] = await this.database.query<{ now: Date; asOf: Date }>(REACH, [this.clock.aheadSeconds]);
    return reach as { now: Date; asOf: Date };
  }

  /** From when on each grain is kept. */
  async kept(): Promise<Map<number, Date>> {
    const rows = await this.database.query<{ minutes: number; keptFrom: Date }>(KEPT);
    return new Map(rows.map(({ minutes, keptFrom }) => [minutes, keptFrom]));
  }

  read<T>(clientId: ClientId, buckets: Buckets, look: (view: FiguresView) => Promise<T>): Promise<T> {
    return this.database.asClient(clientId, (view) => look(viewOf(view, clientId, buckets)));
  }
}

function viewOf(view: Queryable, clientId: ClientId, { bounds, grain }: Buckets): FiguresView {
  const starts = bounds.slice(0, -1).map((at) => new Date(at));
  const end = new Date(bounds.at(-1) ?? 0);
  return {
    buckets: starts.length,
    whole: () => viewOf(view, clientId, { bounds: [bounds[0] ?? 0, bounds.at(-1) ?? 0], grain }),
    rows: async ({ kind, parts, timesBy }) => {
      const values = (own: readonly number[]) => [clientId, kind, grain, starts, end, own.map((part) => part + 1)];
      const [counts, times] = await Promise.all([
        view.query<CountRow>(COUNTS, values(parts)),
        timesBy ? view.query<TimeRow>(TIMES, values(timesBy)) : [],
      ]);
      return { counts, times };
    },
    actives: () => view.query(ACTIVES, [clientId, starts, end]),
    names: async () => byId(await view.query<Named>(NAMES, [clientId])),
    tags: async (hashes) => byId(await view.query<Named>(TAGS, [clientId, hashes])),
  };
}

const byId = (all: readonly Named[]): Map<string, Named> => new Map(all.map((named) => [named.id, named]));
