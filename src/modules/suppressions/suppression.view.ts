import { ApiProperty } from '@nestjs/swagger';
import type { Suppression } from './suppression.js';
import { SUPPRESSION_REASONS, type SuppressionReason } from './suppressions.rules.js';
import type { Imported } from './suppressions.service.js';

const ID = '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';

export class SuppressionView {
  @ApiProperty({ format: 'uuid', example: ID }) readonly id: string;
  @ApiProperty({ example: 'email' }) readonly channel: string;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'ann@example.com',
    description: 'In the channel’s one form. Null when its person was erased; it holds all the same',
  })
  readonly address: string | null;
  @ApiProperty({ enum: SUPPRESSION_REASONS, example: 'hard_bounce' }) readonly reason: SuppressionReason;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: ID, description: 'That led to it' })
  readonly deliveryId: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;

  static of({ id, channel, address, reason, deliveryId, createdAt }: Suppression): SuppressionView {
    return { id, channel, address, reason, deliveryId, createdAt: createdAt.toISOString() };
  }
}

export class SuppressionPageView {
  @ApiProperty({ type: [SuppressionView] }) readonly data: SuppressionView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class ImportView implements Imported {
  @ApiProperty({ type: 'integer', example: 3 }) readonly received: number;
  @ApiProperty({ type: 'integer', example: 2 }) readonly added: number;
  @ApiProperty({ type: 'integer', example: 1, description: 'Were suppressed for that reason already' })
  readonly known: number;
}
