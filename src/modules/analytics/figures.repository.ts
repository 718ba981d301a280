import { Injectable } from '@nestjs/common';
import { type ClientId, Clock, Database, type Queryable, statement } from '../../platform/database/index.js';
import { areGrains } from './buckets.rules.js';
import { type Grain, type Kind, TIMES } from './facts.js';
import type { CountRow, TimesRow } from './series.rules.js';

/** The parts of keys that are asked for; the others are as one. */
const KEY = `ARRAY[${[1, 2, 3, 4].map((part) => `CASE WHEN ${part} = ANY ($6) THEN coalesce(c.key[${part}], '') ELSE '' END`).join(', ')}]`;
const BUCKET = `width_bucket(c.at, $4::timestamptz[]) - 1`;
const within = (kinds: string): string =>
  `c.client_id = $1 AND c.kind ${kinds} AND c.grain = $3 AND c.at >= ($4::timestamptz[])[1] AND c.at < $5`;
const COUNTS = statement(
  'analytics.counts',
  `SELECT bucket, to_json(key) AS key, n FROM (
     SELECT ${BUCKET} AS bucket, ${KEY} AS key, sum(c.n)::float8 AS n FROM analytics_counts c WHERE ${within('= $2')} AND c.n <> 0 GROUP BY 1, 2) AS counted
    WHERE n <> 0`,
);
/** The bins that quantiles fall into, where each bucket of each group is one row. */
const STORED_QUANTILES = statement(
  'analytics.stored_quantiles',
  `SELECT ${BUCKET} AS bucket, nullif(c.key, '{}') AS key, c.quantiles AS bins FROM analytics_counts c
    WHERE ${within('= ANY ($2)')} AND c.quantiles IS NOT NULL`,
);
/** And where they must be added up: of each group in each bucket, and of all groups in each. */
const SUMMED_QUANTILES = statement(
  'analytics.summed_quantiles',
  `WITH own AS MATERIALIZED (SELECT ${BUCKET} AS bucket, ${KEY} AS key, c.bins, c.tallies FROM analytics_counts c WHERE ${within('= $2')} AND c.n <> 0),
   groups AS MATERIALIZED (SELECT key, row_number() OVER ()::integer AS id FROM own GROUP BY key),
   each AS MATERIALIZED (
     SELECT o.bucket, g.id, t.bin, sum(t.n::float8) AS n FROM own o JOIN groups g USING (key) CROSS JOIN LATERAL unnest(o.bins, o.tallies) AS t (bin, n) GROUP BY 1, 2, 3),
   found AS (
     SELECT bucket, id, analytics_quantiles(array_agg(bin ORDER BY bin), array_agg(n::bigint ORDER BY bin)) AS bins FROM (
       SELECT * FROM each UNION ALL SELECT bucket, NULL, bin, sum(n) FROM each GROUP BY bucket, bin) AS summed GROUP BY bucket, id)
   SELECT f.bucket, g.key, f.bins FROM found f LEFT JOIN groups g USING (id) WHERE f.bins IS NOT NULL`,
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
  `SELECT now() + make_interval(secs => $1) AS now, as_of AS "asOf", (SELECT json_object_agg(minutes, kept_from) FROM analytics_grains) AS "keptFrom"
     FROM analytics_reach`,
);
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

export interface Reach {
  readonly now: Date;
  /** What was committed before is in the figures. */
  readonly asOf: Date;
  /** From when on each grain is kept. */
  readonly keptFrom: ReadonlyMap<number, Date>;
}

/** Bucket after bucket: where each begins, and where the last ends. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly grain: Grain;
}

export interface Asked {
  readonly kind: Kind;
  /** Parts of the key, the first is 0. */
  readonly parts: readonly number[];
  /** By what it is asked how long they took. */
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
  rows(asked: Asked): Promise<{ counts: CountRow[]; times: TimesRow[] }>;
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

  async reach(): Promise<Reach> {
    const [reach] = await this.database.query<Reach & { keptFrom: Record<string, string> }>(REACH, [
      this.clock.aheadSeconds,
    ]);
    const { now, asOf, keptFrom } = reach!;
    return {
      now,
      asOf,
      keptFrom: new Map(Object.entries(keptFrom).map(([minutes, at]) => [Number(minutes), new Date(at)])),
    };
  }

  read<T>(clientId: ClientId, buckets: Buckets, look: (view: FiguresView) => Promise<T>): Promise<T> {
    return this.database.asClient(clientId, (view) => look(viewOf(view, clientId, buckets)));
  }
}

function viewOf(view: Queryable, clientId: ClientId, { bounds, grain }: Buckets): FiguresView {
  const times = bounds.map((at) => new Date(at).toISOString());
  const [starts, end] = [times.slice(0, -1), times.at(-1)];
  const values = (kind: string | readonly string[], from: readonly string[], ...by: (readonly number[])[]) => [
    ...[clientId, kind, grain, `{${from.join()}}`, end],
    ...by.map((parts) => parts.map((part) => part + 1)),
  ];
  const summed = (from: readonly string[], kind: Kind, by: readonly number[]) =>
    view.query<TimesRow>(SUMMED_QUANTILES, values(timesOf(kind, by), from, by));
  const inEach = (kind: Kind, by: readonly number[]) => {
    const stored = areGrains(bounds, grain) ? storedOf(kind, by) : [];
    return stored.length > 0
      ? view.query<TimesRow>(STORED_QUANTILES, values(stored, starts))
      : summed(starts, kind, by);
  };
  let names: Promise<Map<string, Named>> | undefined;
  return {
    buckets: starts.length,
    whole: () => viewOf(view, clientId, { bounds: [bounds[0] ?? 0, bounds.at(-1) ?? 0], grain }),
    rows: async ({ kind, parts, timesBy }) => {
      const inAll = timesBy ? summed(starts.slice(0, 1), kind, timesBy) : [];
      const [counts, all, each] = await Promise.all([
        view.query<CountRow>(COUNTS, values(kind, starts, parts)),
        inAll,
        timesBy && starts.length > 1 ? inEach(kind, timesBy) : inAll,
      ]);
      return { counts, times: [...all.map((row) => ({ ...row, bucket: null })), ...each] };
    },
    actives: () => view.query(ACTIVES, [clientId, `{${starts.join()}}`, end]),
    names: () => (names ??= view.query<Named>(NAMES, [clientId]).then(byId)),
    tags: async (hashes) => byId(await view.query<Named>(TAGS, [clientId, hashes])),
  };
}

/** Where times are counted by these parts of a key: of the fewest rows. */
function timesOf(kind: Kind, by: readonly number[]): string {
  const own = TIMES.filter((times) => times.of === kind && by.every((part) => part < times.parts));
  return own.toSorted((a, b) => a.parts - b.parts)[0]?.kind ?? kind;
}

/** Where the times of each group are one row, and those of all of them if they are anywhere. */
function storedOf(kind: Kind, by: readonly number[]): string[] {
  const own = TIMES.filter(
    ({ of, parts }) => of === kind && (parts === 0 || (parts === by.length && by.every((part) => part < parts))),
  );
  return own.some(({ parts }) => parts === by.length) ? own.map((times) => times.kind) : [];
}

const byId = (all: readonly Named[]): Map<string, Named> => new Map(all.map((named) => [named.id, named]));
