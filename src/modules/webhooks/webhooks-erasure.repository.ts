import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement } from '../../platform/database/index.js';
import { EVENT_COLUMNS } from './actions/actions.repository.js';
import type { InboundEvent } from './events/event.js';
import type { Names } from './names.rules.js';

/** What came, and what its actions were given and came to. Bodies are bytes: of any encoding, or none. */
const SAID = `CROSS JOIN LATERAL (
       SELECT lower(encode(e.body, 'escape')) || '&' AS body,
              lower(concat(e.headers::text, ' ', (
                SELECT string_agg(concat(a.definition::text, ' ', a.result::text, ' ', a.error::text), ' ') FROM inbound_actions a
                 WHERE a.client_id = e.client_id AND a.event_id = e.id))) AS rest) AS said`;
const IS_NAMED = `(EXISTS (SELECT 1 FROM unnest($2::text[]) AS name WHERE position(name IN said.body) > 0)
                OR EXISTS (SELECT 1 FROM unnest($3::text[]) AS name WHERE position(name IN said.rest) > 0))`;
const PLACES = `SELECT e.client_id, e.id FROM inbound_events e WHERE e.client_id = $1 AND ($4::uuid IS NULL OR e.id > $4) ORDER BY e.id LIMIT $5`;

const FORGET = statement(
  'inbound_events.forget',
  `WITH place AS (${PLACES}),
   named AS (
     SELECT e.client_id, e.id FROM place JOIN inbound_events e ON e.client_id = place.client_id AND e.id = place.id ${SAID} WHERE ${IS_NAMED}),
   gone AS (DELETE FROM inbound_events e USING named WHERE e.client_id = named.client_id AND e.id = named.id RETURNING e.id)
   SELECT (SELECT max(id::text) FROM place) AS last, (SELECT count(*)::integer FROM gone) AS count`,
);
const PAGE_NAMING = statement(
  'inbound_events.page_naming',
  `SELECT ${EVENT_COLUMNS}, e.headers, e.body FROM inbound_events e ${SAID}
    WHERE e.client_id = $1 AND ($4::uuid IS NULL OR e.id > $4) AND ${IS_NAMED} ORDER BY e.id LIMIT $5`,
);

export interface NamingEvent extends InboundEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Events by whom they name. They are looked through one by one: what other systems send has no form of ours. */
@Injectable()
export class WebhooksErasureRepository {
  constructor(private readonly database: Database) {}

  /** Of the next so many events. @returns how many went, and the last that was looked at; null when there are no more */
  async forget(
    clientId: ClientId,
    { inBodies, inJson }: Names,
    afterId: string | null,
    limit: number,
  ): Promise<{ readonly count: number; readonly last: string | null }> {
    const values = [clientId, inBodies, inJson, afterId, limit];
    const [done] = await this.database.query<{ count: number; last: string | null }>(FORGET, values);
    return done ?? { count: 0, last: null };
  }

  page(clientId: ClientId, { inBodies, inJson }: Names, limit: number, afterId: string | null): Promise<NamingEvent[]> {
    return this.database.query(PAGE_NAMING, [clientId, inBodies, inJson, afterId, limit]);
  }
}
