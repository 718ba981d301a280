import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement } from '../../platform/database/index.js';
import type { AttemptError, AttemptStatus, DeliveryStatus } from './delivery.rules.js';

const ATTEMPTS = statement(
  'webhook_attempts.page',
  `SELECT a.id, v.id AS "webhookId", v.type, a.n, a.at, a.status, a.status_code AS "statusCode", a.duration_ms AS "durationMs", a.error, a.detail, a.response,
          a.address, a.next_attempt_at AS "nextAttemptAt"
     FROM webhook_attempts a JOIN webhook_deliveries d ON d.client_id = a.client_id AND d.id = a.delivery_id
     JOIN webhook_outbound_events v ON v.client_id = d.client_id AND v.id = d.event_id
    WHERE a.client_id = $1 AND a.endpoint_id = $2 AND ($3::uuid IS NULL OR a.id < $3) AND ($5::varchar IS NULL OR a.status = $5)
      AND ($6::uuid IS NULL OR d.event_id = $6)
    ORDER BY a.id DESC LIMIT $4`,
);
const DELIVERIES = statement(
  'webhook_deliveries.page',
  `SELECT d.id, v.id AS "webhookId", v.type, d.status, d.reason, d.attempts, v.at, d.created_at AS "createdAt", d.finished_at AS "finishedAt"
     FROM webhook_deliveries d JOIN webhook_outbound_events v ON v.client_id = d.client_id AND v.id = d.event_id
    WHERE d.client_id = $1 AND d.endpoint_id = $2 AND ($3::uuid IS NULL OR d.id < $3) AND ($5::varchar IS NULL OR d.status = $5)
    ORDER BY d.id DESC LIMIT $4`,
);

export interface LoggedAttempt {
  readonly id: string;
  readonly webhookId: string;
  readonly type: string;
  readonly n: number;
  readonly at: Date;
  readonly status: AttemptStatus;
  readonly statusCode: number | null;
  readonly durationMs: number;
  readonly error: AttemptError | null;
  readonly detail: string | null;
  readonly response: string | null;
  readonly address: string | null;
  readonly nextAttemptAt: Date | null;
}

export interface LoggedDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly type: string;
  readonly status: DeliveryStatus;
  readonly reason: string | null;
  readonly attempts: number;
  readonly at: Date;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** A page of a list, the newest first. */
export interface LogPage {
  readonly limit: number;
  readonly beforeId: string | null;
  readonly status?: string;
}

/** What became of what an endpoint was told. */
@Injectable()
export class EndpointLogRepository {
  constructor(private readonly database: Database) {}

  /** @param webhookId of one event only */
  attempts(clientId: ClientId, endpointId: string, page: LogPage, webhookId?: string): Promise<LoggedAttempt[]> {
    return this.database.query(ATTEMPTS, [...valuesOf(clientId, endpointId, page), webhookId ?? null]);
  }

  deliveries(clientId: ClientId, endpointId: string, page: LogPage): Promise<LoggedDelivery[]> {
    return this.database.query(DELIVERIES, valuesOf(clientId, endpointId, page));
  }
}

const valuesOf = (clientId: ClientId, endpointId: string, { limit, beforeId, status }: LogPage): unknown[] => [
  ...[clientId, endpointId, beforeId, limit + 1, status ?? null],
];
