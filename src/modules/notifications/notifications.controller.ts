import { Controller, Get, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint, idOf, IdParam, PageQuery, pageOf, RequestId } from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { CancelService } from './cancel.service.js';
import { NotificationsQuery } from './dto/notification.dto.js';
import { NotificationHistoryService } from './history.service.js';
import {
  CancellationView,
  DeliveryPageView,
  DeliveryView,
  LISTED_DELIVERIES,
  NotificationPageView,
  NotificationSummaryView,
  NotificationView,
  RequeuedView,
  timelinePage,
  TimelineView,
} from './notification.view.js';
import { RetryService } from './retry.service.js';

@ApiTags('Notifications')
@Controller('notifications')
export class NotificationsController {
  constructor(
    private readonly history: NotificationHistoryService,
    private readonly cancels: CancelService,
    private readonly retries: RetryService,
  ) {}

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
    return timelinePage(await this.history.timeline(clientId, id, limit, idOf(cursor)), limit);
  }

  @Post(':id/cancel')
  @RequireScopes('notifications:write')
  @Endpoint('Call a notification back', {
    returns: CancellationView,
    description: 'What is in `cancelled` is never sent. What a provider has in hand just now, or has, is too late.',
  })
  cancel(@Caller() { clientId }: Principal, @IdParam('id') id: string): Promise<CancellationView> {
    return this.cancels.cancel(clientId, id);
  }

  @Post(':id/retry')
  @RequireScopes('notifications:write')
  @Endpoint('Try again what came to nothing', {
    returns: RequeuedView,
    status: HttpStatus.ACCEPTED,
    description:
      'Its failed, bounced and unknown deliveries, as if they were new. An unknown one may have been sent before.',
  })
  async retry(
    @Caller() { clientId }: Principal,
    @IdParam('id') id: string,
    @RequestId() requestId: string,
  ): Promise<RequeuedView> {
    return { count: await this.retries.retry(clientId, id, requestId) };
  }
}
