import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { ContentLimits, InboundLimits, RequestLimits } from '../../../platform/http/index.js';
import { SocketLimitsView } from '../../../platform/realtime/index.js';
import type { RouteClass } from '../../../platform/security/index.js';
import type { EffectiveLimits } from '../own-limits.js';

const integer = (example: number, description?: string) =>
  ApiProperty({ type: 'integer', example, ...(description !== undefined && { description }) });
const quota = (example: number | null) =>
  ApiProperty({ type: 'integer', nullable: true, example, description: 'Null: none' });

class RouteLimitsView implements Record<RouteClass, number> {
  @integer(1_200) readonly login: number;
  @integer(1_200) readonly search: number;
  @integer(600, 'Batches, imports, replays') readonly bulk: number;
  @integer(120, 'Verifying and testing') readonly trial: number;
  @integer(60) readonly export: number;
}

class RequestLimitsView implements RequestLimits {
  @integer(200) readonly requestsPerSecond: number;
  @integer(6_000) readonly requestsPerMinute: number;
  @integer(100, 'Of each scoped key') readonly keyRequestsPerSecond: number;
  @integer(3_000, 'Of each scoped key') readonly keyRequestsPerMinute: number;
  @ApiProperty({ type: RouteLimitsView }) readonly routesPerMinute: RouteLimitsView;
  @integer(262_144) readonly bodyBytes: number;
  @integer(8_388_608, 'Of `/notifications/*`') readonly notificationBodyBytes: number;
}

class InboundLimitsView implements InboundLimits {
  @integer(200) readonly inboundPerSecond: number;
  @integer(6_000) readonly inboundPerMinute: number;
}

class ChannelQuotaView {
  @quota(null) readonly perHour: number | null;
  @quota(10_000) readonly perDay: number | null;
}

@ApiExtraModels(ChannelQuotaView)
class QuotaLimitsView {
  @quota(100_000) readonly messagesPerHour: number | null;
  @quota(null) readonly messagesPerDay: number | null;
  @quota(null) readonly notificationsPerHour: number | null;
  @quota(100_000) readonly notificationsPerDay: number | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(ChannelQuotaView) },
    example: { email: { perHour: null, perDay: 10_000 } },
    description: 'Deliveries, by channel',
  })
  readonly channels: Readonly<Record<string, ChannelQuotaView>>;
}

const CONTENT_LIMITS = {
  type: 'object' as const,
  additionalProperties: { oneOf: [{ type: 'integer' }, { type: 'array', items: { type: 'string' } }] },
};

class ContentLimitsView {
  @ApiProperty({ ...CONTENT_LIMITS, example: { contentLength: 20_000, attachments: 20, mentions: 100 } })
  readonly messages?: ContentLimits;
  @ApiProperty({ ...CONTENT_LIMITS, example: { recipients: 1_000, notificationsAtOnce: 100, tags: 20 } })
  readonly notifications?: ContentLimits;
  @ApiProperty({
    type: 'object',
    additionalProperties: CONTENT_LIMITS,
    example: { sms: { textLength: 1_600, parts: 11 } },
    description: 'By channel: `…Length` in characters, `…Bytes`, else how many; a list names what is refused',
  })
  readonly channels: Readonly<Record<string, ContentLimits>>;
}

/** What holds for a client now. */
export class EffectiveLimitsView implements EffectiveLimits {
  @ApiProperty({ type: RequestLimitsView }) readonly requests: RequestLimitsView;
  @ApiProperty({ type: InboundLimitsView, description: 'Calls that come in at webhook sources' })
  readonly inbound: InboundLimitsView;
  @ApiProperty({ type: SocketLimitsView }) readonly sockets: SocketLimitsView;
  @ApiProperty({ type: QuotaLimitsView }) readonly quotas: QuotaLimitsView;
  @ApiProperty({ type: ContentLimitsView }) readonly content: ContentLimitsView;
}
