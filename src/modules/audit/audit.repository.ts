import { Injectable } from '@nestjs/common';
import { type ClientId, Database, type Queryable, statement, type UserId } from '../../platform/database/index.js';
import type { AuditEvent, AuditFilter } from './audit-event.js';

const COLUMNS = `a.id, a.client_id AS "clientId", a.at, a.action, a.resource_type AS "resourceType", a.resource_id AS "resourceId",
  a.actor_type AS "actorType", a.key_id AS "keyId", a.key_name AS "keyName", a.user_id AS "userId", a.address, a.request_id AS "requestId", a.before, a.after`;

/** `$1` to `$6` the filter, `$7` the last one seen, `$8` how many. */
const PAGE = `($1::varchar IS NULL OR a.action = $1) AND ($2::varchar IS NULL OR a.resource_type = $2) AND ($3::varchar IS NULL OR a.resource_id = $3)
  AND ($4::varchar IS NULL OR a.key_id = $4 OR a.user_id = $4 OR a.actor_type = $4)
  AND ($5::timestamptz IS NULL OR a.at >= $5) AND ($6::timestamptz IS NULL OR a.at < $6) AND ($7::uuid IS NULL OR a.id < $7)
  ORDER BY a.id DESC LIMIT $8`;
const OF_CLIENT = statement(
  'audit.of_client',
  `SELECT ${COLUMNS} FROM audit_events a WHERE a.client_id = $9 AND ${PAGE}`,
);
const OF_ALL = statement('audit.of_all', `SELECT ${COLUMNS} FROM audit_events a WHERE ${PAGE}`);
const OF_PERSON = statement(
  'audit.of_person',
  `SELECT ${COLUMNS} FROM audit_events a
    WHERE a.client_id = $1 AND (a.user_id = $2 OR (a.resource_type = 'user' AND a.resource_id = $2)) AND ($3::uuid IS NULL OR a.id > $3)
    ORDER BY a.id LIMIT $4`,
);

/** Rows stay but for these two (migration 1764300000000). */
const FOR_RETENTION = statement('audit.for_retention', `SELECT set_config('app.audit', 'retention', true)`);
const FOR_ERASURE = statement('audit.for_erasure', `SELECT set_config('app.audit', 'erasure', true)`);
const PRUNE = statement(
  'audit.prune',
  `DELETE FROM audit_events WHERE id IN (
     SELECT a.id FROM audit_events a WHERE a.id < $1 AND a.at < now() - make_interval(days => $2) ORDER BY a.id LIMIT $3) RETURNING id`,
);
/** A part of a client's rows at a time, and of these whatever names somebody. @param $4 as they are in JSON, in lower case */
const NAMING = statement(
  'audit.naming',
  `WITH part AS (
     SELECT a.* FROM audit_events a WHERE a.client_id = $1 AND ($2::uuid IS NULL OR a.id > $2) ORDER BY a.id LIMIT $3)
   SELECT (SELECT count(*)::integer FROM part) AS seen, (SELECT id FROM part ORDER BY id DESC LIMIT 1) AS last,
          coalesce((SELECT json_agg(json_build_object('id', p.id, 'resourceType', p.resource_type, 'resourceId', p.resource_id, 'userId', p.user_id, 'before', p.before, 'after', p.after))
             FROM part p WHERE p.user_id = $5 OR p.resource_id = $5
               OR EXISTS (SELECT 1 FROM unnest($4::text[]) AS n (name) WHERE strpos(lower(concat(p.before::text, p.after::text)), n.name) > 0)), '[]') AS found`,
);
const REWRITE = statement(
  'audit.rewrite',
  `UPDATE audit_events a SET resource_id = w."resourceId", user_id = w."userId", before = w.before, after = w.after,
          key_name = CASE WHEN a.user_id IS DISTINCT FROM w."userId" THEN NULL ELSE a.key_name END,
          address = CASE WHEN a.user_id IS DISTINCT FROM w."userId" THEN NULL ELSE a.address END
     FROM json_to_recordset($2) AS w (id uuid, "resourceId" varchar, "userId" varchar, before jsonb, after jsonb)
    WHERE a.client_id = $1 AND a.id = w.id`,
);

export type Rewritable = Pick<AuditEvent, 'id' | 'resourceType' | 'resourceId' | 'userId' | 'before' | 'after'>;

interface Part {
  readonly seen: number;
  readonly last: string | null;
  readonly found: readonly Rewritable[];
}

@Injectable()
export class AuditRepository {
  constructor(private readonly database: Database) {}

  /** The newest first, one more than asked for. */
  page(clientId: ClientId, filter: AuditFilter, limit: number, beforeId: string | null): Promise<AuditEvent[]> {
    return this.database.asClient(clientId, (view) =>
      view.query<AuditEvent>(OF_CLIENT, [...valuesOf(filter), beforeId, limit + 1, clientId]),
    );
  }

  /** For the operator: of one client, also when it is gone, or of all. */
  pageOfAll(
    clientId: ClientId | null,
    filter: AuditFilter,
    limit: number,
    beforeId: string | null,
  ): Promise<AuditEvent[]> {
    const values = [...valuesOf(filter), beforeId, limit + 1];
    return clientId === null
      ? this.database.query<AuditEvent>(OF_ALL, values)
      : this.database.query<AuditEvent>(OF_CLIENT, [...values, clientId]);
  }

  ofPerson(clientId: ClientId, userId: UserId, limit: number, afterId: string | null): Promise<AuditEvent[]> {
    return this.database.query<AuditEvent>(OF_PERSON, [clientId, userId, afterId, limit]);
  }

  /** @param belowId below every id of the days, which finds the old ones by their index @returns how many */
  prune(belowId: string, days: number, limit: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      tx.send(FOR_RETENTION);
      return (await tx.query(PRUNE, [belowId, days, limit])).length;
    });
  }

  /** Looks at the client's next rows, and writes what `rewrite` makes of those that name somebody. */
  renameSome(
    clientId: ClientId,
    afterId: string | null,
    limit: number,
    {
      needles,
      userId,
      rewrite,
    }: { needles: readonly string[]; userId: UserId; rewrite: (row: Rewritable) => Rewritable },
  ): Promise<{ last: string | null; changed: number }> {
    return this.database.transaction(async (tx) => {
      tx.send(FOR_ERASURE);
      const part = await this.naming(tx, [clientId, afterId, limit, needles, userId]);
      const found = part.found.map(rewrite);
      if (found.length > 0) await tx.query(REWRITE, [clientId, JSON.stringify(found)]);
      return { last: part.seen < limit ? null : part.last, changed: found.length };
    });
  }

  private async naming(within: Queryable, values: readonly unknown[]): Promise<Part> {
    const [part] = await within.query<Part>(NAMING, values);
    return part ?? { seen: 0, last: null, found: [] };
  }
}

const valuesOf = ({ action, resourceType, resourceId, actor, from, to }: AuditFilter): readonly (string | null)[] =>
  [action, resourceType, resourceId, actor, from, to].map((value) => value ?? null);
