import { Injectable } from '@nestjs/common';
import { type ClientId, Database, type Queryable, statement, type Tx } from '../../platform/database/index.js';
import { WINDOW_SECONDS, type Window } from './breaker.rules.js';
import type { ProviderName } from './provider-usage.repository.js';

/** The calls of one provider since they were last written. */
export interface Tally extends ProviderName {
  readonly calls: number;
  readonly faults: number;
  /** How many ended within each of the bounds. */
  readonly times: readonly number[];
}

/** A breaker that is not closed. */
export interface OpenBreaker {
  readonly providerId: string;
  /** Until a probe may go through; less than zero when that is past. */
  readonly secondsLeft: number;
}

export interface Breaker {
  readonly isOpen: boolean;
  readonly secondsLeft: number;
  readonly changedAt: Date;
  readonly lastFault: string | null;
}

export interface RecentCalls extends Window {
  readonly times: readonly number[];
}

/** What came of asking to be the one call that an open breaker lets through. */
export type Probe =
  { readonly kind: 'won' } | { readonly kind: 'closed' } | { readonly kind: 'lost'; readonly forSeconds: number };

export const SLOT_SECONDS = 10;
const KEPT_SECONDS = 900;
/** More than any call takes: whoever died with the probe is not waited for longer. */
const PROBE_SECONDS = 45;

const OPEN_OF_CLIENT = statement(
  'provider_breakers.open',
  `SELECT b.provider_id AS "providerId", extract(epoch FROM b.open_until - now())::float8 AS "secondsLeft"
     FROM provider_breakers b WHERE b.client_id = $1 AND b.state = 'open'`,
);
/** Few, whatever number of providers there is. */
const ALL_OPEN = statement(
  'provider_breakers.all_open',
  `SELECT p.kind, CASE WHEN b.open_until > now() THEN 'open' ELSE 'half_open' END AS state, count(*)::integer AS count
     FROM provider_breakers b JOIN providers p ON p.client_id = b.client_id AND p.id = b.provider_id WHERE b.state = 'open' GROUP BY 1, 2`,
);
const FIND = statement(
  'provider_breakers.find',
  `SELECT b.state = 'open' AS "isOpen", extract(epoch FROM b.open_until - now())::float8 AS "secondsLeft", b.changed_at AS "changedAt", b.last_fault AS "lastFault"
     FROM provider_breakers b WHERE b.client_id = $1 AND b.provider_id = $2`,
);
const ADD = statement(
  'provider_calls.add',
  `INSERT INTO provider_calls AS c (client_id, provider_id, slot, calls, faults, times)
   SELECT a.client_id, a.provider_id, date_bin('${SLOT_SECONDS} seconds', clock_timestamp(), 'epoch'), a.calls, a.faults, a.times
     FROM json_to_recordset($1) AS a (client_id uuid, provider_id uuid, calls integer, faults integer, times integer[])
     JOIN providers p ON p.client_id = a.client_id AND p.id = a.provider_id ORDER BY a.client_id, a.provider_id FOR KEY SHARE OF p
   ON CONFLICT (client_id, provider_id, slot) DO UPDATE
      SET calls = c.calls + EXCLUDED.calls, faults = c.faults + EXCLUDED.faults,
          times = (SELECT array_agg(before + now ORDER BY n) FROM unnest(c.times, EXCLUDED.times) WITH ORDINALITY AS t (before, now, n))`,
);
/** Since its breaker closed: what it did before that is not held against it twice. (While it was open there were no calls.) */
const WINDOWS = statement(
  'provider_calls.windows',
  `SELECT c.provider_id AS "providerId", sum(c.calls)::integer AS calls, sum(c.faults)::integer AS faults
     FROM unnest($1::uuid[], $2::uuid[]) AS named (client_id, provider_id) JOIN provider_calls c USING (client_id, provider_id)
     LEFT JOIN provider_breakers b USING (client_id, provider_id)
    WHERE c.slot > clock_timestamp() - interval '${WINDOW_SECONDS} seconds'
      AND (b.changed_at IS NULL OR c.slot > b.changed_at - interval '${SLOT_SECONDS} seconds')
    GROUP BY c.provider_id`,
);
const RECENT = statement(
  'provider_calls.recent',
  `SELECT c.calls, c.faults, c.times FROM provider_calls c WHERE c.client_id = $1 AND c.provider_id = $2 AND c.slot > now() - make_interval(secs => $3)`,
);
const OPEN = statement(
  'provider_breakers.trip',
  `INSERT INTO provider_breakers AS b (client_id, provider_id, state, opens, open_until, changed_at, last_fault)
   SELECT p.client_id, p.id, 'open', 1, clock_timestamp() + make_interval(secs => $3), clock_timestamp(), $4
     FROM providers p WHERE p.client_id = $1 AND p.id = $2 FOR KEY SHARE OF p
   ON CONFLICT (client_id, provider_id) DO UPDATE
      SET state = 'open', opens = 1, open_until = EXCLUDED.open_until, probe_until = NULL, changed_at = EXCLUDED.changed_at, last_fault = EXCLUDED.last_fault
    WHERE b.state = 'closed'
   RETURNING provider_id`,
);
const REOPEN = statement(
  'provider_breakers.reopen',
  `UPDATE provider_breakers SET opens = opens + 1, open_until = clock_timestamp() + make_interval(secs => $3), probe_until = NULL, last_fault = $4
    WHERE client_id = $1 AND provider_id = $2 AND state = 'open'`,
);
const CLOSE = statement(
  'provider_breakers.close',
  `UPDATE provider_breakers SET state = 'closed', opens = 0, probe_until = NULL, changed_at = clock_timestamp()
    WHERE client_id = $1 AND provider_id = $2 AND state = 'open' RETURNING provider_id`,
);
const OPENS = statement(
  'provider_breakers.opens',
  `SELECT b.opens FROM provider_breakers b WHERE b.client_id = $1 AND b.provider_id = $2 FOR UPDATE`,
);
/** One at a time over all processes: whoever gets the row. */
const PROBE = statement(
  'provider_breakers.probe',
  `WITH won AS (
     UPDATE provider_breakers SET probe_until = clock_timestamp() + interval '${PROBE_SECONDS} seconds'
      WHERE client_id = $1 AND provider_id = $2 AND state = 'open' AND open_until <= clock_timestamp()
        AND coalesce(probe_until, '-infinity') <= clock_timestamp() RETURNING 1)
   SELECT EXISTS (SELECT 1 FROM won) AS won, b.state = 'open' AS "isOpen", extract(epoch FROM b.open_until - clock_timestamp())::float8 AS "secondsLeft"
     FROM provider_breakers b WHERE b.client_id = $1 AND b.provider_id = $2`,
);
const LEAVE = statement(
  'provider_breakers.leave',
  `UPDATE provider_breakers SET probe_until = NULL WHERE client_id = $1 AND provider_id = $2`,
);
const PRUNE = statement(
  'provider_calls.prune',
  `DELETE FROM provider_calls WHERE slot < now() - interval '${KEPT_SECONDS} seconds'`,
);

/** How providers did of late, and their breakers, for all processes. */
@Injectable()
export class ProviderHealthRepository {
  constructor(private readonly database: Database) {}

  openOf(clientId: ClientId): Promise<OpenBreaker[]> {
    return this.database.query(OPEN_OF_CLIENT, [clientId]);
  }

  /** Over all clients. */
  allOpen(): Promise<{ kind: string; state: string; count: number }[]> {
    return this.database.query(ALL_OPEN);
  }

  /** Null of one that never opened. */
  async breaker(clientId: ClientId, providerId: string): Promise<Breaker | null> {
    return (await this.database.query<Breaker>(FIND, [clientId, providerId]))[0] ?? null;
  }

  async add(within: Queryable, tallies: readonly Tally[]): Promise<void> {
    const rows = tallies.map(({ clientId, providerId, calls, faults, times }) => ({
      ...{ client_id: clientId, provider_id: providerId, calls, faults, times },
    }));
    await within.query(ADD, [JSON.stringify(rows)]);
  }

  /** What each has done; one that is not there has done nothing. */
  async windows(tx: Tx, providers: readonly ProviderName[]): Promise<ReadonlyMap<string, Window>> {
    const found = await tx.query<Window & { providerId: string }>(WINDOWS, [
      providers.map(({ clientId }) => clientId),
      providers.map(({ providerId }) => providerId),
    ]);
    return new Map(found.map(({ providerId, ...window }) => [providerId, window]));
  }

  /** In slots. */
  recent(clientId: ClientId, providerId: string, seconds: number): Promise<RecentCalls[]> {
    return this.database.query(RECENT, [clientId, providerId, seconds]);
  }

  /** @returns whether it was closed before */
  async open(tx: Tx, { clientId, providerId }: ProviderName, seconds: number, fault: string | null): Promise<boolean> {
    return (await tx.query(OPEN, [clientId, providerId, seconds, fault])).length > 0;
  }

  /** @returns how often it opened in a row; nobody else changes it until the transaction ends */
  async opens(tx: Tx, { clientId, providerId }: ProviderName): Promise<number> {
    return (await tx.query<{ opens: number }>(OPENS, [clientId, providerId]))[0]?.opens ?? 0;
  }

  async reopen(tx: Tx, { clientId, providerId }: ProviderName, seconds: number, fault: string | null): Promise<void> {
    await tx.query(REOPEN, [clientId, providerId, seconds, fault]);
  }

  /** @returns whether it was open before */
  async close(tx: Tx, { clientId, providerId }: ProviderName): Promise<boolean> {
    return (await tx.query(CLOSE, [clientId, providerId])).length > 0;
  }

  /** Asks to be the one call that goes through. @param patience to wait for another's */
  async probe({ clientId, providerId }: ProviderName, patience: number): Promise<Probe> {
    const [found] = await this.database.query<{ won: boolean; isOpen: boolean; secondsLeft: number }>(PROBE, [
      clientId,
      providerId,
    ]);
    if (!found?.isOpen) return { kind: 'closed' };
    return found.won ? { kind: 'won' } : { kind: 'lost', forSeconds: Math.max(found.secondsLeft, patience) };
  }

  /** The probe did not come about. */
  async leave({ clientId, providerId }: ProviderName): Promise<void> {
    await this.database.query(LEAVE, [clientId, providerId]);
  }

  async prune(): Promise<void> {
    await this.database.query(PRUNE);
  }
}
