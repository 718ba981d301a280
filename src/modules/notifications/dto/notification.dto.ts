import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { plainToInstance, Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBase64, IsIn, ValidateBy, ValidateNested } from 'class-validator';
import {
  Email,
  EmailList,
  Flag,
  JsonObject,
  OneOf,
  PageQuery,
  Part,
  PartList,
  Text,
  TextList,
  Time,
  UserIdField,
  Uuid,
} from '../../../platform/http/index.js';
import type { AttachmentContent, ChannelContents, EmailContent, WebsocketContent } from '../content.js';
import {
  CATEGORIES,
  type Category,
  NOTIFICATION_STATUSES,
  type NotificationStatus,
  PRIORITIES,
  type Priority,
} from '../notification.entity.js';
import type { Recipient } from '../recipients.rules.js';

export const MAX_RECIPIENTS = 1_000;
const HTML_MAX = 1_000_000;
const ATTACHMENT_MAX_BASE64 = 7_000_000;
const NO_LINE_BREAK = /^[^\r\n\0]*$/;
/** RFC 5322 field name; those that address or route a mail are ours to write. */
const HEADER_NAME =
  /^(?!(?:to|cc|bcc|from|sender|reply-to|date|message-id|subject|return-path|received|mime-version|dkim-signature|arc-.*|content-.*|resent-.*|list-unsubscribe(?:-post)?)$)[A-Za-z0-9-]{1,76}$/i;
const HEADER_VALUE_MAX = 998;

const isHeaders = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([name, text]) =>
      HEADER_NAME.test(name) && typeof text === 'string' && text.length <= HEADER_VALUE_MAX && NO_LINE_BREAK.test(text),
  );

const MailHeaders = () =>
  ValidateBy({
    name: 'mailHeaders',
    validator: {
      validate: isHeaders,
      defaultMessage: () => 'headers must be single-line texts under names that do not address or route the mail',
    },
  });

export class RecipientDto implements Recipient {
  @UserIdField({ optional: true })
  readonly userId?: string;
  @Email({ optional: true })
  readonly email?: string;
  @Text({ max: 200, pattern: NO_LINE_BREAK, optional: true, example: 'Ann Lee', description: 'With an email address' })
  readonly name?: string;
  @Uuid({ optional: true, description: 'Live only: sockets in the room' })
  readonly roomId?: string;
}

export class WebsocketContentDto implements WebsocketContent {
  @Text({ min: 1, max: 100, optional: true, example: 'order.confirmed' })
  readonly event?: string;
  @Text({ max: 500, optional: true, example: 'Order confirmed' })
  readonly title?: string;
  @Text({ max: 10_000, optional: true, example: 'We are packing order 4711.' })
  readonly body?: string;
  @JsonObject({ optional: true, example: { order: 4711 } })
  readonly data?: Record<string, unknown>;
}

export class EmailAttachmentDto implements AttachmentContent {
  @Text({ min: 1, max: 255, pattern: /^[^\r\n\0/\\]+$/, example: 'invoice.pdf' })
  readonly name: string;
  @Text({ max: 127, pattern: /^[\w.+-]+\/[\w.+-]+$/, example: 'application/pdf' })
  readonly contentType: string;
  @IsBase64()
  @Text({ min: 1, max: ATTACHMENT_MAX_BASE64, example: 'JVBERi0xLjQ=', description: 'Base64' })
  readonly content: string;
  @Text({
    min: 1,
    max: 255,
    pattern: /^[\w.@+-]+$/,
    optional: true,
    example: 'logo',
    description: 'For cid: links in the HTML',
  })
  readonly contentId?: string;
}

export class EmailContentDto implements EmailContent {
  @Text({ min: 1, max: 998, pattern: NO_LINE_BREAK, example: 'Your order 4711' })
  readonly subject: string;
  @Text({ min: 1, max: HTML_MAX, optional: true, example: '<p>We are packing it.</p>' })
  readonly html?: string;
  @Text({ min: 1, max: HTML_MAX, optional: true, example: 'We are packing it.', description: 'html, text, or both' })
  readonly text?: string;
  @Email({ optional: true, example: 'shop@example.com' })
  readonly from?: string;
  @Email({ optional: true, example: 'help@example.com' })
  readonly replyTo?: string;
  @EmailList({ max: 50, optional: true })
  readonly cc?: string[];
  @EmailList({ max: 50, optional: true })
  readonly bcc?: string[];
  @PartList(() => EmailAttachmentDto, { max: 20, optional: true })
  readonly attachments?: EmailAttachmentDto[];
  @MailHeaders()
  @JsonObject({ optional: true, example: { 'X-Order': '4711' } })
  readonly headers?: Record<string, string>;
}

export class ChannelsDto implements ChannelContents {
  @Part(() => WebsocketContentDto, {
    optional: true,
    description: 'To the user’s sockets and inbox, or the sockets in a room',
  })
  readonly websocket?: WebsocketContentDto;
  @Part(() => EmailContentDto, { optional: true })
  readonly email?: EmailContentDto;
}

export class RoutingDto {
  @IsIn(['all'])
  @ApiProperty({ enum: ['all'], example: 'all', description: 'Every wanted channel' })
  readonly mode: 'all';
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
  @ArrayMaxSize(MAX_RECIPIENTS)
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
  @TextList({ max: 20, maxLength: 64, optional: true, example: ['order'] })
  readonly tags: string[] = [];
  @JsonObject({ optional: true })
  readonly metadata: Record<string, unknown> = {};
  @Flag({ optional: true, default: false, description: 'Goes all the way but to the provider, and ends as simulated' })
  readonly test: boolean = false;
}

export class NotificationsQuery extends PageQuery {
  @OneOf(NOTIFICATION_STATUSES, { optional: true })
  readonly status?: NotificationStatus;
  @OneOf(['websocket', 'email'], { optional: true })
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
