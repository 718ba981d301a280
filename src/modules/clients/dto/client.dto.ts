import { ApiProperty, PartialType } from '@nestjs/swagger';
import { IsNotIn } from 'class-validator';
import type { ClientLimits, RouteClass } from '../../../platform/security/index.js';
import { Choices, Email, Int, OneOf, PageQuery, Part, Text, TextList } from '../../../platform/http/index.js';
import {
  type Client,
  type ClientSettings,
  type ClientStatus,
  ESCALATION_CHANNELS,
  type EscalationSettings,
} from '../client.entity.js';
import { EffectiveLimitsView } from './limits.view.js';
import { type ClientPatch, type ClientRegistration, RESERVED_SLUGS, type SettingsChanges } from '../clients.service.js';

const LIMIT_MAX = 1_000_000_000;
const limit = (example: number, description?: string) =>
  Int({ min: 1, max: LIMIT_MAX, optional: true, example, ...(description !== undefined && { description }) });

class RouteLimitsDto implements Partial<Record<RouteClass, number>> {
  @limit(1_200, 'Logging users in') readonly login?: number;
  @limit(1_200, 'Full-text search') readonly search?: number;
  @limit(600, 'Batches of notifications, imports, replays') readonly bulk?: number;
  @limit(120, 'Verifying and testing providers, endpoints and sources') readonly trial?: number;
  @limit(60, 'Exports') readonly export?: number;
}

export class ChannelLimitDto {
  @limit(1_000) readonly perHour?: number;
  @limit(10_000) readonly perDay?: number;
}

/** Every channel of the installation is a field here: {@link declareLimitedChannels}. */
export class ChannelLimitsDto {
  readonly [channel: string]: ChannelLimitDto;
}

/** Of this process, in which several installations may run (tests do). */
const limitedChannels = new Set<string>();

/** Gives each channel its field, so that a limit of a channel that there is not is a fault. */
export function declareLimitedChannels(channels: readonly string[]): void {
  for (const name of channels) {
    if (limitedChannels.has(name)) continue;
    limitedChannels.add(name);
    Part(() => ChannelLimitDto, { optional: true })(ChannelLimitsDto.prototype, name);
  }
}

export class LimitsDto implements ClientLimits {
  @limit(200) readonly requestsPerSecond?: number;
  @limit(6_000) readonly requestsPerMinute?: number;
  @limit(100, 'Of each scoped key; by default half of the client’s, 100 at least')
  readonly keyRequestsPerSecond?: number;
  @limit(3_000, 'Of each scoped key; by default half of the client’s, 3,000 at least')
  readonly keyRequestsPerMinute?: number;
  @Part(() => RouteLimitsDto, {
    optional: true,
    description: 'What costs much, per minute. By default a part of the client’s `requestsPerMinute`',
  })
  readonly routesPerMinute?: RouteLimitsDto;
  @limit(50, 'Of each socket') readonly commandsPerSecond?: number;
  @limit(25_000, 'Sockets of the client, over all processes') readonly connections?: number;
  @limit(20, 'Sockets of each user, over all processes') readonly connectionsPerUser?: number;
  @limit(200, 'Calls that come in at webhook sources') readonly inboundPerSecond?: number;
  @limit(6_000, 'Calls that come in at webhook sources') readonly inboundPerMinute?: number;
  @limit(100_000) readonly messagesPerHour?: number;
  @limit(1_000_000) readonly messagesPerDay?: number;
  @limit(10_000) readonly notificationsPerHour?: number;
  @limit(100_000) readonly notificationsPerDay?: number;
  @Part(() => ChannelLimitsDto, { optional: true, description: 'Deliveries by channel' })
  readonly channels?: ChannelLimitsDto;
}

const days = (example: number) =>
  Int({
    min: 1,
    max: 3_650,
    optional: true,
    example,
    description: 'Days without a user message after which such a room is deactivated',
  });

export class InactivityDaysDto {
  @days(7) readonly support?: number;
  @days(30) readonly group?: number;
  @days(90) readonly direct?: number;
  @days(180) readonly channel?: number;
}

export class EscalationDto implements EscalationSettings {
  @Int({ min: 1, max: 604_800, example: 300, description: 'How long a message stays unread before it goes out' })
  readonly afterSeconds: number;
  @Choices(ESCALATION_CHANNELS, { min: 1, example: ['push', 'email'], description: 'In this order' })
  readonly channels: EscalationSettings['channels'];
}

/** In a PATCH only the settings that are sent change; null takes one away. */
export class ClientSettingsDto {
  @Part(() => LimitsDto, { optional: true, nullable: true, description: 'Written by the operator only' })
  readonly limits?: LimitsDto | null;
  @Part(() => InactivityDaysDto, { optional: true, nullable: true })
  readonly inactivityDays?: InactivityDaysDto | null;
  @Part(() => EscalationDto, {
    optional: true,
    nullable: true,
    description: 'Where messages go that a member who is away leaves unread; a room may have its own',
  })
  readonly escalation?: EscalationDto | null;
  @Int({
    min: 1,
    max: 3_650,
    optional: true,
    nullable: true,
    example: 90,
    description:
      'Days that notifications, with deliveries and timelines, are kept after they ended; for ever when absent',
  })
  readonly retentionDays?: number | null;
  @Email({ optional: true, nullable: true, description: 'Told of failures' })
  readonly alertEmail?: string | null;
  @TextList({
    max: 50,
    maxLength: 255,
    optional: true,
    nullable: true,
    example: ['https://shop.example'],
    description: 'Browser origins that may open sockets',
  })
  readonly allowedOrigins?: string[] | null;
}

const SLUG = /^[a-z0-9-]{2,63}$/;

export class CreateClientDto implements ClientRegistration {
  @Text({ min: 1, max: 200, example: 'Example Shop' })
  readonly name: string;
  @IsNotIn(RESERVED_SLUGS)
  @Text({
    min: 2,
    max: 63,
    pattern: SLUG,
    optional: true,
    example: 'example-shop',
    description: 'Part of inbound webhook addresses; made from the name when absent',
  })
  readonly slug?: string;
  @Part(() => ClientSettingsDto, { optional: true })
  readonly settings?: ClientSettings;
}

export class UpdateOwnClientDto implements ClientPatch {
  @Text({ min: 1, max: 200, optional: true, example: 'Example Shop' })
  readonly name?: string;
  @Part(() => ClientSettingsDto, { optional: true })
  readonly settings?: SettingsChanges;
}

export class UpdateClientDto extends PartialType(UpdateOwnClientDto) implements ClientPatch {
  @OneOf(['active', 'suspended'], {
    optional: true,
    description: 'suspended: every key answers 403 `client_suspended` and sockets close with 4006',
  })
  readonly status?: ClientStatus;
}

export class ClientsQuery extends PageQuery {
  @OneOf(['active', 'suspended'], { optional: true, example: 'active' })
  readonly status?: ClientStatus;
  @Text({ min: 1, max: 200, optional: true, example: 'shop', description: 'Within the name' })
  readonly name?: string;
}

export class ClientView {
  @ApiProperty({ format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11' }) readonly id: string;
  @ApiProperty({ example: 'example-shop' }) readonly slug: string;
  @ApiProperty({ example: 'Example Shop' }) readonly name: string;
  @ApiProperty({ enum: ['active', 'suspended'], example: 'active' }) readonly status: ClientStatus;
  @ApiProperty({ type: ClientSettingsDto, example: { inactivityDays: { support: 7 } } })
  readonly settings: ClientSettings;
  @ApiProperty({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' }) readonly createdAt: string;

  static of({ id, slug, name, status, settings, createdAt }: Client): ClientView {
    return { id, slug, name, status, settings, createdAt: createdAt.toISOString() };
  }
}

/** As a client sees itself. */
export class OwnClientView extends ClientView {
  @ApiProperty({ type: EffectiveLimitsView }) readonly limits: EffectiveLimitsView;
}

export class RegisteredClientView {
  @ApiProperty({ type: ClientView }) readonly client: ClientView;
  @ApiProperty({ description: 'Shown this once', example: 'ck_master_…' }) readonly masterKey: string;
}

export class ClientPageView {
  @ApiProperty({ type: [ClientView] }) readonly data: ClientView[];
  @ApiProperty({ type: String, nullable: true, example: null }) readonly nextCursor: string | null;
}
