import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type Tx } from '../../../platform/database/index.js';
import type { SealedSecret } from '../../../platform/security/index.js';
import type { EventStatus, PlannedAction } from '../events/event.js';

/**
 * Takes a key for an event, or says whose it is: whoever comes at the same moment waits for the first, and has it if that comes to
 * nothing. Nothing when the source has gone meanwhile.
 */
const CLAIM_KEY = statement(
  'inbound_keys.claim',
  `INSERT INTO inbound_keys AS k (client_id, source_id, key, event_id, expires_at)
   SELECT s.client_id, s.id, $3, $4, now() + make_interval(hours => $5) FROM webhook_sources s WHERE s.client_id = $1 AND s.id = $2 FOR KEY SHARE
   ON CONFLICT (client_id, source_id, key) DO UPDATE
     SET event_id = CASE WHEN k.expires_at <= now() THEN EXCLUDED.event_id ELSE k.event_id END,
         expires_at = CASE WHEN k.expires_at <= now() THEN EXCLUDED.expires_at ELSE k.expires_at END
   RETURNING event_id AS "eventId"`,
);
const INSERT_EVENT = statement(
  'inbound_events.insert',
  `INSERT INTO inbound_events (client_id, id, source_id, event, status, reason, external_id, type, hops, headers, body, own_actions, forward_headers, request_id, ended_at)
   VALUES ($1, $2, $3, $4, $5::varchar, $6, $7, $8, $9, $10, $11, $12, $13, $14, CASE WHEN $5::varchar <> 'accepted' THEN now() END)`,
);
const INSERT_ACTIONS = statement(
  'inbound_actions.insert',
  `INSERT INTO inbound_actions (client_id, event_id, n, run, id, type, definition, effect_id)
   SELECT $1, $2, a.n, 1, a.id, a.type, a.definition, a.effect_id
     FROM jsonb_to_recordset($3) AS a (n smallint, id varchar, type varchar, definition jsonb, effect_id uuid)`,
);
const PRUNE_KEYS = statement(
  'inbound_keys.prune',
  `DELETE FROM inbound_keys WHERE (client_id, source_id, key) IN (
     SELECT client_id, source_id, key FROM inbound_keys WHERE expires_at <= now() ORDER BY expires_at LIMIT $1)
   RETURNING key`,
);

export interface NewEvent {
  readonly id: string;
  readonly sourceId: string;
  readonly event: string;
  readonly status: EventStatus;
  readonly reason: string | null;
  readonly externalId: string | null;
  readonly type: string | null;
  readonly hops: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Whether its actions came in its body. */
  readonly ownActions: boolean;
  readonly forwardHeaders: SealedSecret | null;
  readonly requestId: string;
}

@Injectable()
export class IntakeRepository {
  constructor(private readonly database: Database) {}

  /** @returns the event that has the key: this one, or the first; null when there is no such source any more */
  async claimKey(
    tx: Tx,
    clientId: ClientId,
    sourceId: string,
    { key, eventId, hours }: { readonly key: string; readonly eventId: string; readonly hours: number },
  ): Promise<string | null> {
    const [claimed] = await tx.query<{ eventId: string }>(CLAIM_KEY, [clientId, sourceId, key, eventId, hours]);
    return claimed?.eventId ?? null;
  }

  insert(tx: Tx, clientId: ClientId, event: NewEvent, actions: readonly PlannedAction[]): void {
    const { id, sourceId, event: name, status, reason, externalId, type, hops, headers, body } = event;
    const about = [sourceId, name, status, reason, externalId, type, hops, headers, body];
    const { ownActions, forwardHeaders, requestId } = event;
    tx.send(INSERT_EVENT, [clientId, id, ...about, ownActions, forwardHeaders, requestId]);
    if (actions.length === 0) return;
    const rows = actions.map(({ id: action, type: kind, when, params, effectId }, n) => ({
      ...{ n, id: action, type: kind, effect_id: effectId },
      definition: { params, ...(when !== undefined && { when }) },
    }));
    tx.send(INSERT_ACTIONS, [clientId, id, JSON.stringify(rows)]);
  }

  /** Of all clients. @returns how many there were */
  async pruneKeys(limit: number): Promise<number> {
    return (await this.database.query(PRUNE_KEYS, [limit])).length;
  }
}
