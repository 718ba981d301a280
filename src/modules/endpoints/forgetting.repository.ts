import { Injectable } from '@nestjs/common';
import { type ClientId, Clock, Database, statement } from '../../platform/database/index.js';

const REMOVED_AT_ONCE = 500;

/** Deliveries and attempts go with their event. One that is still being told stays. */
const OLD_EVENTS = statement(
  'webhook_forgetting.events',
  `WITH old AS (
     SELECT v.client_id, v.id FROM webhook_outbound_events v
      WHERE v.created_at < now() + make_interval(secs => $2) - make_interval(days => $1)
        AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.client_id = v.client_id AND d.event_id = v.id AND d.status = 'pending')
      ORDER BY v.created_at LIMIT ${REMOVED_AT_ONCE} FOR UPDATE SKIP LOCKED)
   DELETE FROM webhook_outbound_events v USING old WHERE v.client_id = old.client_id AND v.id = old.id RETURNING v.id`,
);
const OLD_REPLAYS = statement(
  'webhook_forgetting.replays',
  `DELETE FROM webhook_replays WHERE (client_id, id) IN (
     SELECT r.client_id, r.id FROM webhook_replays r WHERE r.finished_at < now() + make_interval(secs => $2) - make_interval(days => $1)
      LIMIT ${REMOVED_AT_ONCE}) RETURNING id`,
);
const OF_DELETED = statement(
  'webhook_forgetting.of_deleted',
  `WITH deleted AS (SELECT client_id, id FROM webhook_endpoints WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT 20),
   gone AS (
     SELECT d.client_id, d.id FROM deleted e CROSS JOIN LATERAL (
       SELECT d.client_id, d.id FROM webhook_deliveries d WHERE d.client_id = e.client_id AND d.endpoint_id = e.id LIMIT ${REMOVED_AT_ONCE}) AS d
      LIMIT ${REMOVED_AT_ONCE})
   DELETE FROM webhook_deliveries d USING gone WHERE d.client_id = gone.client_id AND d.id = gone.id RETURNING d.id`,
);
const DELETED = statement(
  'webhook_forgetting.deleted',
  `DELETE FROM webhook_endpoints e WHERE e.deleted_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.client_id = e.client_id AND d.endpoint_id = e.id) RETURNING e.id`,
);
/** Of dead processes; nobody asked for these endpoints since. */
const OLD_CALLS = statement(
  'webhook_forgetting.calls',
  `DELETE FROM webhook_calls WHERE until < now() - interval '1 hour'`,
);
/** A part of a client's events at a time, and of these whatever names one of the texts. */
const NAMING = statement(
  'webhook_forgetting.naming',
  `WITH part AS (
     SELECT v.id, v.data FROM webhook_outbound_events v WHERE v.client_id = $1 AND ($2::uuid IS NULL OR v.id > $2) ORDER BY v.id LIMIT $3),
   gone AS (
     DELETE FROM webhook_outbound_events v USING part
      WHERE v.client_id = $1 AND v.id = part.id
        AND (strpos(part.data, $4) > 0 OR EXISTS (SELECT 1 FROM unnest($5::text[]) AS a (address) WHERE strpos(lower(part.data), a.address) > 0))
     RETURNING v.id)
   SELECT (SELECT count(*)::integer FROM gone) AS removed, (SELECT id FROM part ORDER BY id DESC LIMIT 1) AS last, (SELECT count(*)::integer FROM part) AS seen`,
);

interface Part {
  readonly removed: number;
  readonly last: string | null;
  readonly seen: number;
}

/** Removes what was told: when it is old, when its endpoint is gone, when it names somebody who is erased. */
@Injectable()
export class ForgettingRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** @returns whether there may be more */
  async forgetOld(days: number): Promise<boolean> {
    const [events, replays] = await Promise.all([
      this.database.query(OLD_EVENTS, [days, this.clock.aheadSeconds]),
      this.database.query(OLD_REPLAYS, [days, this.clock.aheadSeconds]),
      this.database.query(OLD_CALLS),
    ]);
    return events.length === REMOVED_AT_ONCE || replays.length === REMOVED_AT_ONCE;
  }

  /** @returns whether there may be more */
  async forgetDeleted(): Promise<boolean> {
    const gone = await this.database.query(OF_DELETED);
    if (gone.length > 0) return true;
    return (await this.database.query(DELETED)).length > 0; // the next ones' turn
  }

  /** Looks at the client's next events. @param texts as they are in JSON; the addresses in lower case */
  async forgetNaming(
    clientId: ClientId,
    afterId: string | null,
    limit: number,
    { user, addresses }: { readonly user: string; readonly addresses: readonly string[] },
  ): Promise<Part> {
    const [part] = await this.database.query<Part>(NAMING, [clientId, afterId, limit, user, addresses]);
    return part ?? { removed: 0, last: null, seen: 0 };
  }
}
