import { ApiProperty } from '@nestjs/swagger';

const PROVIDER = { format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c13' } as const;
const TIME = { format: 'date-time', example: '2026-11-24T09:30:00.000Z' } as const;

/** A provider whose breaker has opened or closed. */
export class ProviderStateView {
  @ApiProperty(PROVIDER) readonly providerId: string;
  @ApiProperty({ example: 'smtp' }) readonly kind: string;
  @ApiProperty({ example: 'Our mail server' }) readonly name: string;
  @ApiProperty({ type: [String], example: ['email'] }) readonly channels: readonly string[];
  @ApiProperty({
    enum: ['open', 'closed'],
    example: 'open',
    description: 'Of its breaker: an open one lets nothing out',
  })
  readonly state: 'open' | 'closed';
  @ApiProperty({
    type: String,
    nullable: true,
    example: '421 4.3.2 closing',
    description: 'What it last said of its fault, without addresses and secrets',
  })
  readonly reason: string | null;
  @ApiProperty(TIME) readonly at: string;
}
