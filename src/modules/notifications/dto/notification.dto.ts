import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { plainToInstance, Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsObject, ValidateNested } from 'class-validator';
import type { ChannelDescriptor } from '../../../extension/channel.js';
import {
  AtMost,
  type ContentLimits,
  Email,
  Flag,
  Int,
  JsonObject,
  OneOf,
  PageQuery,
  Part,
  Phone,
  Text,
  TextList,
  Time,
  Url,
  UserIdField,
  Uuid,
  UuidList,
} from '../../../platform/http/index.js';
import {
  CATEGORIES,
  type Category,
  NOTIFICATION_STATUSES,
  type NotificationStatus,
  PRIORITIES,
  type Priority,
} from '../notification.entity.js';
import { DELIVERY_STATUSES, type DeliveryStatus } from '../delivery-status.js';
import type { Recipient } from '../recipients.rules.js';
import { type Routing, STEP_TIMEOUT_SECONDS } from '../ladder.rules.js';

/** What one call may ask for. */
export const NOTIFICATION_LIMITS = {
  ...{ recipients: 1_000, recipientNameLength: 200, notificationsAtOnce: 100 },
  ...{ tags: 20, tagLength: 64, metadataBytes: 16_384 },
} as const satisfies ContentLimits;
export const MAX_RECIPIENTS = NOTIFICATION_LIMITS.recipients;
/** A name is written into headers. */
const NO_LINE_BREAK = /^[^\r\n\0]*$/;

export class RecipientDto implements Recipient {
  @UserIdField({ optional: true })
  readonly userId?: string;
  @Email({ optional: true })
  readonly email?: string;
  @Text({
    max: NOTIFICATION_LIMITS.recipientNameLength,
    pattern: NO_LINE_BREAK,
    optional: true,
    example: 'Ann Lee',
    description: 'With an email address',
  })
  readonly name?: string;
  @Phone({ optional: true })
  readonly phone?: string;
  @Url({ max: 500, optional: true, description: 'For the webhook channel' })
  readonly url?: string;
  @Uuid({ optional: true, description: 'Live only: sockets in the room' })
  readonly roomId?: string;
}

/** Every channel of the installation is a field here: {@link declareChannels}. */
export class ChannelsDto {
  readonly [channel: string]: object;
}

/** Gives each channel its field, so that contents are checked, and documented, by the class of their channel. */
export function declareChannels(channels: readonly ChannelDescriptor[]): void {
  for (const { name, content, title } of channels)
    Part(() => content, { optional: true, description: title })(ChannelsDto.prototype, name);
}

export class RoutingDto implements Routing {
  @OneOf(['all', 'first'], {
    optional: true,
    default: 'all',
    description: 'Every wanted channel, or one after the other until one has reached them',
  })
  readonly mode: Routing['mode'] = 'all';
  @TextList({
    max: 20,
    maxLength: 16,
    optional: true,
    example: ['websocket', 'push', 'email'],
    description: 'Of `first`: which channel comes when; those not named follow',
  })
  readonly order?: string[];
  @OneOf(['sent', 'delivered', 'seen'], { optional: true, default: 'delivered', description: 'Of `first`' })
  readonly until: Routing['until'] = 'delivered';
  @Int({
    min: 1,
    max: 604_800,
    optional: true,
    default: STEP_TIMEOUT_SECONDS,
    example: STEP_TIMEOUT_SECONDS,
    description: 'Of `first`: how long each channel has',
  })
  readonly stepTimeoutSeconds: number = STEP_TIMEOUT_SECONDS;
}

const asList = ({ value }: { value: unknown }): unknown => {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((one) => plainToInstance(RecipientDto, one));
};

@ApiExtraModels(RecipientDto)
export class SendNotificationDto {
  @ApiProperty({
    oneOf: [
      { $ref: getSchemaPath(RecipientDto) },
      { type: 'array', minItems: 1, maxItems: MAX_RECIPIENTS, items: { $ref: getSchemaPath(RecipientDto) } },
    ],
    example: [{ userId: 'ann' }, { email: 'bob@example.com' }],
  })
  @Transform(asList)
  @IsArray()
  @ArrayMinSize(1)
  @AtMost(MAX_RECIPIENTS)
  @ValidateNested({ each: true })
  readonly to: RecipientDto[];
  @Part(() => ChannelsDto, { description: 'A channel that is present is wanted' })
  readonly channels: ChannelsDto;
  @Part(() => RoutingDto, { optional: true })
  readonly routing?: RoutingDto;
  @OneOf(CATEGORIES, { optional: true, default: 'transactional' })
  readonly category: Category = 'transactional';
  @OneOf(PRIORITIES, { optional: true, default: 'normal' })
  readonly priority: Priority = 'normal';
  @Time({ optional: true, description: 'Not before' })
  readonly sendAt?: string;
  @Time({ optional: true, description: 'Not after' })
  readonly expiresAt?: string;
  @Uuid({ optional: true, description: 'Only through this provider' })
  readonly provider?: string;
  @TextList({
    ...{ max: NOTIFICATION_LIMITS.tags, maxLength: NOTIFICATION_LIMITS.tagLength },
    ...{ optional: true, example: ['order'] },
  })
  readonly tags: string[] = [];
  @JsonObject({ maxBytes: NOTIFICATION_LIMITS.metadataBytes, optional: true })
  readonly metadata: Record<string, unknown> = {};
  @Flag({ optional: true, default: false, description: 'Goes all the way but to the provider, and ends as simulated' })
  readonly test: boolean = false;
}

export const MAX_BATCH = NOTIFICATION_LIMITS.notificationsAtOnce;

export class BatchDto {
  @ApiProperty({ type: [SendNotificationDto], minItems: 1, maxItems: MAX_BATCH })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BATCH)
  @IsObject({ each: true })
  readonly notifications: object[];
}

export class DeliveriesQuery extends PageQuery {
  @OneOf(DELIVERY_STATUSES, { optional: true })
  readonly status?: DeliveryStatus;
  @Text({ min: 1, max: 16, optional: true, example: 'email' })
  readonly channel?: string;
  @Uuid({ optional: true, description: 'That sent it, or was last asked to' })
  readonly providerId?: string;
  @Uuid({ optional: true, description: 'Of this notification' })
  readonly notificationId?: string;
  @Text({ min: 1, max: 500, optional: true, example: 'ann@example.com', description: 'An address or user id' })
  readonly recipient?: string;
  @Time({ optional: true })
  readonly from?: string;
  @Time({ optional: true })
  readonly to?: string;
}

export class ReplayDto {
  @UuidList({ min: 1, max: 1_000, optional: true, description: 'Deliveries; or a time' })
  readonly ids?: string[];
  @Time({ optional: true, description: 'Made since; with `to`' })
  readonly from?: string;
  @Time({ optional: true, description: 'Made before; with `from`' })
  readonly to?: string;
  @Text({ min: 1, max: 16, optional: true, example: 'email' })
  readonly channel?: string;
  @Uuid({ optional: true })
  readonly providerId?: string;
}

export class NotificationsQuery extends PageQuery {
  @OneOf(NOTIFICATION_STATUSES, { optional: true })
  readonly status?: NotificationStatus;
  @Text({ min: 1, max: 16, optional: true, example: 'email' })
  readonly channel?: string;
  @Text({ min: 1, max: 500, optional: true, example: 'ann@example.com', description: 'An address or user id' })
  readonly recipient?: string;
  @Text({ min: 1, max: 64, optional: true, example: 'order' })
  readonly tag?: string;
  @Time({ optional: true })
  readonly from?: string;
  @Time({ optional: true })
  readonly to?: string;
}
