import { Body, Controller, Get, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { isUuid } from '../../platform/database/index.js';
import {
  Answer,
  decodeCursor,
  encodeCursor,
  Endpoint,
  Idempotent,
  IdParam,
  Once,
  type OnceKey,
  PageQuery,
  pageOf,
  RequestId,
} from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { NotificationsQuery, SendNotificationDto } from './dto/notification.dto.js';
import { NotificationHistoryService } from './history.service.js';
import {
  AcceptedView,
  DeliveryPageView,
  DeliveryView,
  LISTED_DELIVERIES,
  NotificationPageView,
  NotificationSummaryView,
  NotificationView,
  TimelineEntryView,
  TimelineView,
} from './notification.view.js';
import { NotificationsService } from './notifications.service.js';

const idOf = (cursor: string | undefined): string | null => (cursor ? String(decodeCursor(cursor, [isUuid])[0]) : null);

@ApiTags('Notifications')
@Controller('notifications')
export class NotificationsController {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly history: NotificationHistoryService,
  ) {}

  @Post('send')
  @RequireScopes('notifications:write')
  @Idempotent()
  @Endpoint('Send a notification', {
    returns: AcceptedView,
    status: HttpStatus.ACCEPTED,
    errors: ['no_recipient', 'idempotency_in_progress', 'idempotency_mismatch'],
    description:
      'Committed when this answers. Recipients that cannot be reached on a channel are skipped with a reason and harm nobody else.',
    example: {
      to: [{ userId: 'ann' }, { email: 'bob@example.com', name: 'Bob' }],
      channels: {
        websocket: { event: 'order.confirmed', title: 'Order confirmed', data: { order: 4711 } },
        email: { subject: 'Your order 4711', text: 'We are packing it.', html: '<p>We are packing it.</p>' },
      },
      category: 'transactional',
      tags: ['order'],
    },
  })
  async send(
    @Caller() { clientId }: Principal,
    @Body() dto: SendNotificationDto,
    @RequestId() requestId: string,
    @Once() once?: OnceKey,
  ): Promise<AcceptedView | Answer<AcceptedView>> {
    if (once) return this.notifications.submitOnce(clientId, dto, requestId, once, AcceptedView.of);
    return AcceptedView.of(await this.notifications.submit(clientId, dto, requestId));
  }

  @Get()
  @RequireScopes('notifications:read')
  @Endpoint('List notifications', { returns: NotificationPageView })
  async list(
    @Caller() { clientId }: Principal,
    @Query() { limit, cursor, ...filter }: NotificationsQuery,
  ): Promise<NotificationPageView> {
    return pageOf(
      await this.history.page(clientId, filter, limit, idOf(cursor)),
      limit,
      NotificationSummaryView.of,
      ({ id }) => [id],
    );
  }

  @Get(':id')
  @RequireScopes('notifications:read')
  @Endpoint('Show a notification', { returns: NotificationView })
  async show(@Caller() { clientId }: Principal, @IdParam('id') id: string): Promise<NotificationView> {
    const notification = await this.history.get(clientId, id);
    const deliveries = await this.history.deliveries(clientId, id, LISTED_DELIVERIES, null);
    return NotificationView.with(notification, deliveries.slice(0, LISTED_DELIVERIES));
  }

  @Get(':id/deliveries')
  @RequireScopes('notifications:read')
  @Endpoint('List the deliveries of a notification', { returns: DeliveryPageView })
  async deliveries(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<DeliveryPageView> {
    return pageOf(
      await this.history.deliveries(clientId, id, limit, idOf(cursor)),
      limit,
      DeliveryView.of,
      (delivery) => [delivery.id],
    );
  }

  @Get(':id/events')
  @RequireScopes('notifications:read')
  @Endpoint('Read the timeline of a notification', {
    returns: TimelineView,
    description: 'Every attempt, with what the provider answered.',
  })
  async events(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<TimelineView> {
    const entries = await this.history.timeline(clientId, id, limit, idOf(cursor));
    const stored = entries.flatMap((entry) => entry.id ?? []);
    const next = stored.length > limit ? stored[limit - 1] : undefined;
    const shown = next === undefined ? entries : entries.slice(0, entries.findIndex((entry) => entry.id === next) + 1);
    return {
      data: shown.map(({ id: _id, ...entry }) => TimelineEntryView.of(entry)),
      nextCursor: next === undefined ? null : encodeCursor([next]),
    };
  }
}
