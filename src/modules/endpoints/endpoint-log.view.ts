import { ApiProperty } from '@nestjs/swagger';
import {
  ATTEMPT_ERRORS,
  ATTEMPT_STATUSES,
  type AttemptError,
  type AttemptStatus,
  DELIVERY_STATUSES,
  type DeliveryStatus,
} from './delivery.rules.js';
import type { LoggedAttempt, LoggedDelivery } from './endpoint-log.repository.js';

const id = { format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' } as const;
const webhookId = { ...id, description: 'Of the event: the `webhook-id` of its calls' } as const;
const time = { format: 'date-time', example: '2026-11-24T09:30:00.000Z' } as const;
const maybeTime = { ...time, type: String, nullable: true } as const;
const maybeText = { type: String, nullable: true } as const;

export class AttemptView {
  @ApiProperty(id) readonly id: string;
  @ApiProperty(webhookId) readonly webhookId: string;
  @ApiProperty({ example: 'message.created' }) readonly type: string;
  @ApiProperty({ type: 'integer', example: 1, description: 'The first, the second, …' }) readonly n: number;
  @ApiProperty(time) readonly at: string;
  @ApiProperty({
    ...{ enum: ATTEMPT_STATUSES, example: 'succeeded' },
    description: '`unknown` where the process that made the call died meanwhile',
  })
  readonly status: AttemptStatus;
  @ApiProperty({ type: 'integer', nullable: true, example: 200 }) readonly statusCode: number | null;
  @ApiProperty({ type: 'integer', example: 42 }) readonly durationMs: number;
  @ApiProperty({ enum: ATTEMPT_ERRORS, nullable: true, example: null }) readonly error: AttemptError | null;
  @ApiProperty({ ...maybeText, example: null, description: 'What the connection said' }) readonly detail: string | null;
  @ApiProperty({ ...maybeText, example: 'ok', description: 'The first 4 KB of the answer' }) readonly response:
    string | null;
  @ApiProperty({ ...maybeText, example: '93.184.216.34', description: 'What was connected to' }) readonly address:
    string | null;
  @ApiProperty({ ...maybeTime, example: null }) readonly nextAttemptAt: string | null;

  static of({ at, nextAttemptAt, ...attempt }: LoggedAttempt): AttemptView {
    return { ...attempt, at: at.toISOString(), nextAttemptAt: nextAttemptAt?.toISOString() ?? null };
  }
}

export class AttemptPageView {
  @ApiProperty({ type: [AttemptView] }) readonly data: AttemptView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class EndpointDeliveryView {
  @ApiProperty(webhookId) readonly webhookId: string;
  @ApiProperty({ example: 'message.created' }) readonly type: string;
  @ApiProperty({ enum: DELIVERY_STATUSES, example: 'delivered' }) readonly status: DeliveryStatus;
  @ApiProperty({
    ...{ ...maybeText, example: null },
    description:
      'Why it failed or was skipped: `retries_exhausted`, `gone`, `ssrf_blocked`, `endpoint_disabled`, `filtered`, `filter_failed`; or why it waits',
  })
  readonly reason: string | null;
  @ApiProperty({ type: 'integer', example: 1, description: 'Calls that were made' }) readonly attempts: number;
  @ApiProperty({ ...time, description: 'When it happened' }) readonly timestamp: string;
  @ApiProperty(time) readonly createdAt: string;
  @ApiProperty(maybeTime) readonly finishedAt: string | null;

  static of({ id: _id, at, createdAt, finishedAt, ...delivery }: LoggedDelivery): EndpointDeliveryView {
    const times = { timestamp: at.toISOString(), createdAt: createdAt.toISOString() };
    return { ...delivery, ...times, finishedAt: finishedAt?.toISOString() ?? null };
  }
}

export class EndpointDeliveryPageView {
  @ApiProperty({ type: [EndpointDeliveryView] }) readonly data: EndpointDeliveryView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}
