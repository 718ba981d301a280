import { ApiProperty } from '@nestjs/swagger';
import type { ProviderHealth, QuotaUse } from './provider-health.service.js';
import type { Tested } from './provider-test.service.js';
import { PERIODS, type Period } from '../../platform/quotas/index.js';

const BREAKER_STATES = ['closed', 'open', 'half_open'] as const;
const OUTCOMES = ['sent', 'delivered', 'rejected', 'unknown', 'failed'] as const;

class BreakerView {
  @ApiProperty({
    enum: BREAKER_STATES,
    example: 'closed',
    description: '`open` lets nothing through, `half_open` one message at a time',
  })
  readonly state: (typeof BREAKER_STATES)[number];
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-11-24T09:30:00.000Z',
    description: 'When it last opened or closed; null of one that never did',
  })
  readonly changedAt: string | null;
  @ApiProperty({ type: 'number', nullable: true, example: null, description: 'Until it is half open' })
  readonly opensForSeconds: number | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'What the provider last said that opened it',
  })
  readonly lastFault: string | null;
}

class ProviderQuotaUseView {
  @ApiProperty({ enum: PERIODS, example: 'hour' }) readonly period: Period;
  @ApiProperty({ type: 'integer', example: 5_000 }) readonly limit: number;
  @ApiProperty({ type: 'integer', example: 120 }) readonly used: number;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T10:00:00.000Z' }) readonly resetsAt: string;

  static of({ resetsAt, ...use }: QuotaUse): ProviderQuotaUseView {
    return { ...use, resetsAt: resetsAt.toISOString() };
  }
}

export class ProviderHealthView {
  @ApiProperty({ type: BreakerView }) readonly breaker: BreakerView;
  @ApiProperty({ type: 'integer', example: 300, description: 'What the figures are over' })
  readonly windowSeconds: number;
  @ApiProperty({ type: 'integer', example: 120 }) readonly calls: number;
  @ApiProperty({ type: 'integer', example: 3, description: 'Calls that were the provider’s own fault' })
  readonly faults: number;
  @ApiProperty({ type: 'number', nullable: true, example: 0.025, description: 'Null without calls' })
  readonly errorRate: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 180, description: 'So long took 95 of 100 calls at most' })
  readonly p95Ms: number | null;
  @ApiProperty({ type: [ProviderQuotaUseView], description: 'Of the limits that are set' })
  readonly quotas: readonly ProviderQuotaUseView[];

  static of({ breaker, quotas, ...figures }: ProviderHealth): ProviderHealthView {
    return {
      breaker: { ...breaker, changedAt: breaker.changedAt?.toISOString() ?? null },
      ...figures,
      quotas: quotas.map((use) => ProviderQuotaUseView.of(use)),
    };
  }
}

export class TestedView {
  @ApiProperty({ example: true, description: 'The provider took it over' }) readonly ok: boolean;
  @ApiProperty({ enum: OUTCOMES, example: 'sent' }) readonly outcome: (typeof OUTCOMES)[number];
  @ApiProperty({ type: String, nullable: true, example: '<0192f0c4@shop.example>', description: 'Its own id of it' })
  readonly reference: string | null;
  @ApiProperty({ type: String, nullable: true, example: '250 OK', description: 'What it said, without secrets' })
  readonly detail: string | null;
  @ApiProperty({ type: 'integer', example: 180 }) readonly durationMs: number;

  static of({ outcome, durationMs }: Tested): TestedView {
    const isTaken = outcome.kind === 'sent' || outcome.kind === 'delivered';
    return {
      ...{ ok: isTaken, outcome: outcome.kind, durationMs },
      reference: (isTaken ? outcome.reference : undefined) ?? null,
      detail: outcome.detail ?? null,
    };
  }
}
