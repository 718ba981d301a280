import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { problemOf, ProblemView } from '../../platform/http/index.js';
import { PASS_REASONS, type PassReason } from '../providers/index.js';
import { DELIVERY_REASONS, DELIVERY_STATUSES, type DeliveryReason, type DeliveryStatus } from './delivery-status.js';
import { LISTED_DELIVERIES } from './notification.view.js';
import type { BatchResult } from './notifications.service.js';
import type { PreviewedDelivery } from './preview.service.js';

export class BatchErrorView extends OmitType(ProblemView, ['requestId']) {}

export class BatchResultView {
  @ApiProperty({ type: 'integer', example: 0, description: 'The place in the request' }) readonly index: number;
  @ApiPropertyOptional({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly id?: string;
  @ApiPropertyOptional({ type: BatchErrorView, description: 'Why it was not accepted' })
  readonly error?: BatchErrorView;
}

export class BatchView {
  @ApiProperty({ type: [BatchResultView] }) readonly results: BatchResultView[];

  static of(results: readonly BatchResult[], requestId: string): BatchView {
    return {
      results: results.map(({ index, id, error }) => {
        if (!error) return { index, ...(id !== undefined && { id }) };
        const { requestId: _requestId, ...problem } = problemOf(error, requestId);
        return { index, error: problem };
      }),
    };
  }
}

class PreviewedProviderView {
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c13' })
  readonly providerId: string | null;
  @ApiProperty({ example: 'Our mail server' }) readonly name: string;
  @ApiProperty({ example: 'smtp' }) readonly kind: string;
}

class PassedOverView extends PreviewedProviderView {
  @ApiProperty({
    enum: PASS_REASONS,
    example: 'breaker_open',
    description:
      '`settings` cannot be opened with the current key; `role` is for notifications to more recipients, or to fewer; `breaker_open` was at fault too often; `quota_exceeded` has used up a limit',
  })
  readonly reason: PassReason;
  @ApiProperty({ type: 'number', nullable: true, example: 12, description: 'Until it is worth asking again' })
  readonly forSeconds: number | null;
}

export class PreviewedDeliveryView {
  @ApiProperty({ example: 'email' }) readonly channel: string;
  @ApiProperty({ example: 'ann@example.com' }) readonly recipient: string;
  @ApiProperty({ enum: DELIVERY_STATUSES, example: 'sent', description: 'Should all go well' })
  readonly status: DeliveryStatus;
  @ApiProperty({ type: String, enum: [...DELIVERY_REASONS, null], nullable: true, example: null })
  readonly reason: DeliveryReason | null;
  @ApiProperty({ type: 'integer', nullable: true, example: null, description: 'Of `mode: first`: 0 is tried at once' })
  readonly step: number | null;
  @ApiProperty({
    type: PreviewedProviderView,
    nullable: true,
    description: 'That would be asked first; null where the house itself delivers, or nobody would',
  })
  readonly provider: PreviewedProviderView | null;
  @ApiProperty({ type: [PreviewedProviderView], description: 'That would be asked next, were it at fault' })
  readonly failover: readonly PreviewedProviderView[];
  @ApiProperty({ type: [PassedOverView] }) readonly passedOver: readonly PassedOverView[];
  @ApiProperty({
    type: 'number',
    nullable: true,
    example: null,
    description: 'So long would quiet hours hold it, or that every provider is passed over',
  })
  readonly waitsSeconds: number | null;
}

export class PreviewView {
  @ApiProperty({ type: [PreviewedDeliveryView], description: 'The first 100' })
  readonly deliveries: PreviewedDeliveryView[];
  @ApiProperty({ type: 'integer', example: 2 }) readonly deliveryCount: number;

  static of(deliveries: readonly PreviewedDelivery[]): PreviewView {
    return { deliveries: deliveries.slice(0, LISTED_DELIVERIES), deliveryCount: deliveries.length };
  }
}
