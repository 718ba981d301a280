import { ApiProperty } from '@nestjs/swagger';
import type { QuotaNews } from './quota.rules.js';

/** A limit that is nearly spent, or spent. */
export class QuotaView {
  @ApiProperty({ enum: ['provider', 'client'], example: 'provider', description: 'Whose limit it is' })
  readonly scope: 'provider' | 'client';
  @ApiProperty({
    type: String,
    format: 'uuid',
    example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c13',
    nullable: true,
    description: 'Null where it is the client’s own',
  })
  readonly providerId: string | null;
  @ApiProperty({
    example: 'Our mail server',
    description: 'Of the provider; of a client’s limit what it is of: `messages`, `notifications` or a channel',
  })
  readonly name: string;
  @ApiProperty({ type: 'integer', example: 1_000 }) readonly limit: number;
  @ApiProperty({ type: 'integer', example: 800 }) readonly used: number;
  @ApiProperty({ enum: ['hour', 'day'], example: 'day', description: 'The clock’s hours, and days of UTC' })
  readonly window: 'hour' | 'day';
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z', description: 'When the window ends' })
  readonly resetsAt: string;

  static of(
    whose: Pick<QuotaView, 'scope' | 'providerId' | 'name'>,
    { limit, used, window, resetsAt }: QuotaNews,
  ): QuotaView {
    return { ...whose, limit, used, window, resetsAt: new Date(resetsAt * 1_000).toISOString() };
  }
}
