import { ApiProperty } from '@nestjs/swagger';
import { DISABLED_REASONS, type DisabledReason, type EndpointRecord } from './endpoint.js';

const URL_EXAMPLE = 'https://example.com/hook';
const ID_EXAMPLE = '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11';
const TIME_EXAMPLE = '2026-11-24T09:30:00.000Z';

export class EndpointDisabledView {
  @ApiProperty({ format: 'uuid', example: ID_EXAMPLE }) readonly id: string;
  @ApiProperty({ example: URL_EXAMPLE }) readonly url: string;
  @ApiProperty({ type: String, nullable: true, example: 'Our shop' }) readonly description: string | null;
  @ApiProperty({
    enum: DISABLED_REASONS,
    example: 'failing',
    description: '`manual` by hand, `gone` for an answer of 410, `failing` for 5 days of nothing but failures',
  })
  readonly reason: DisabledReason;
  @ApiProperty({ format: 'date-time', example: TIME_EXAMPLE }) readonly disabledAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: TIME_EXAMPLE }) readonly failingSince:
    string | null;

  static of({ id, url, description, disabledReason, disabledAt, failingSince }: EndpointRecord): EndpointDisabledView {
    return {
      ...{ id, url, description, reason: disabledReason ?? 'manual' },
      ...{ disabledAt: (disabledAt ?? new Date()).toISOString(), failingSince: failingSince?.toISOString() ?? null },
    };
  }
}

export class EndpointTestView {
  @ApiProperty({ format: 'uuid', example: ID_EXAMPLE }) readonly endpointId: string;
  @ApiProperty({ example: 'This is a test. Nothing happened.' }) readonly message: string;
}
