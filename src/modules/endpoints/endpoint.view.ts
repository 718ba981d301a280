import { ApiProperty } from '@nestjs/swagger';
import {
  DISABLED_REASONS,
  type DisabledReason,
  ENDPOINT_STATUSES,
  type EndpointLimits,
  type EndpointRecord,
  type EndpointStatus,
  type Payload,
  PAYLOADS,
} from './endpoint.js';
import type { Headers } from './endpoint-headers.js';

const time = { format: 'date-time', example: '2026-11-24T09:30:00.000Z' } as const;
const maybeTime = { type: String, nullable: true, format: 'date-time', example: null } as const;

export class EndpointLimitsView implements EndpointLimits {
  @ApiProperty({ type: 'integer', nullable: true, example: null }) readonly perSecond: number | null;
  @ApiProperty({ type: 'integer', example: 10 }) readonly inFlight: number;
}

export class EndpointView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly id: string;
  @ApiProperty({ example: 'https://example.com/hook' }) readonly url: string;
  @ApiProperty({ type: [String], example: ['message.*', 'room.created'] }) readonly eventTypes: readonly string[];
  @ApiProperty({ type: String, nullable: true, example: 'Our shop' }) readonly description: string | null;
  @ApiProperty({
    ...{ type: 'object', additionalProperties: { type: 'string' }, example: { authorization: '••••' } },
    description: 'Their values are never shown',
  })
  readonly headers: Headers;
  @ApiProperty({ type: EndpointLimitsView }) readonly limits: EndpointLimits;
  @ApiProperty({ enum: PAYLOADS, example: 'full' }) readonly payload: Payload;
  @ApiProperty({ type: String, nullable: true, example: "data.type == 'text'" }) readonly filter: string | null;
  @ApiProperty({ enum: ENDPOINT_STATUSES, example: 'active' }) readonly status: EndpointStatus;
  @ApiProperty({ example: true, description: 'Whether it is `active`' }) readonly enabled: boolean;
  @ApiProperty({
    ...{ enum: DISABLED_REASONS, nullable: true, example: null },
    description: '`manual` by hand, `gone` for an answer of 410, `failing` for 5 days of nothing but failures',
  })
  readonly disabledReason: DisabledReason | null;
  @ApiProperty(maybeTime) readonly disabledAt: string | null;
  @ApiProperty({ ...maybeTime, description: 'Since when nothing has reached it' }) readonly failingSince: string | null;
  @ApiProperty(time) readonly createdAt: string;
  @ApiProperty(time) readonly updatedAt: string;

  static of(endpoint: EndpointRecord, headers: Headers): EndpointView {
    const { id, url, eventTypes, description, limits, payload, filter, status, disabledReason } = endpoint;
    const { disabledAt, failingSince, createdAt, updatedAt } = endpoint;
    return {
      ...{ id, url, eventTypes, description, headers, limits, payload, filter, status, disabledReason },
      enabled: status === 'active',
      ...{ disabledAt: disabledAt?.toISOString() ?? null, failingSince: failingSince?.toISOString() ?? null },
      ...{ createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() },
    };
  }
}

export class CreatedEndpointView extends EndpointView {
  @ApiProperty({
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
    description: 'What its calls are signed with. Shown once: keep it',
  })
  readonly secret: string;
}

export class EndpointPageView {
  @ApiProperty({ type: [EndpointView] }) readonly data: EndpointView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}

export class RotatedSecretView {
  @ApiProperty({
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
    description: 'Shown once: keep it',
  })
  readonly secret: string;
}
