import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement } from '../../platform/database/index.js';

/** A new provider is asked from its beginning on. */
const ENROL = statement(
  'polls.enrol',
  `INSERT INTO provider_polls (client_id, provider_id, polled_until)
   SELECT p.client_id, p.id, greatest(p.created_at, now() - interval '1 day') FROM providers p
    WHERE p.kind = ANY ($1::varchar[]) AND p.enabled
      AND NOT EXISTS (SELECT 1 FROM provider_polls o WHERE o.client_id = p.client_id AND o.provider_id = p.id)
   ON CONFLICT DO NOTHING`,
);
/** Whoever takes one has it for so long; if they die, another does. */
const CLAIM = statement(
  'polls.claim',
  `UPDATE provider_polls o SET next_at = now() + make_interval(secs => $2)
     FROM (SELECT o.client_id, o.provider_id FROM provider_polls o JOIN providers p ON p.client_id = o.client_id AND p.id = o.provider_id
            WHERE o.next_at <= now() AND p.enabled ORDER BY o.next_at LIMIT $1 FOR UPDATE OF o SKIP LOCKED) AS due
    WHERE o.client_id = due.client_id AND o.provider_id = due.provider_id
   RETURNING o.client_id AS "clientId", o.provider_id AS "providerId", o.polled_until AS "since", o.failures`,
);
const DONE = statement(
  'polls.done',
  `UPDATE provider_polls SET polled_until = coalesce($3, polled_until), failures = $4, next_at = now() + make_interval(secs => $5)
    WHERE client_id = $1 AND provider_id = $2`,
);

export interface DuePoll {
  readonly clientId: ClientId;
  readonly providerId: string;
  readonly since: Date;
  /** In a row. */
  readonly failures: number;
}

export interface PollEnd {
  /** Null when it failed. */
  readonly until: Date | null;
  readonly failures: number;
  readonly pauseSeconds: number;
}

/** When each provider is to be asked again, and from when on; of all clients. */
@Injectable()
export class PollsRepository {
  constructor(private readonly database: Database) {}

  async enrol(kinds: readonly string[]): Promise<void> {
    await this.database.query(ENROL, [kinds]);
  }

  claim(limit: number, forSeconds: number): Promise<DuePoll[]> {
    return this.database.query(CLAIM, [limit, forSeconds]);
  }

  async done(clientId: ClientId, providerId: string, { until, failures, pauseSeconds }: PollEnd): Promise<void> {
    await this.database.query(DONE, [clientId, providerId, until, failures, pauseSeconds]);
  }
}
