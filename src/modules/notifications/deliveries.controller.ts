import { Body, Controller, Get, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CountedAs, Endpoint, idOf, pageOf, RequestId } from '../../platform/http/index.js';
import { Caller, MasterOnly, type Principal } from '../../platform/security/index.js';
import { DeliveriesQuery, ReplayDto } from './dto/notification.dto.js';
import { NotificationHistoryService } from './history.service.js';
import { DeliveryPageView, DeliveryView, RequeuedView } from './notification.view.js';
import { RetryService } from './retry.service.js';

/** Deliveries of all notifications, for operators. */
@ApiTags('Notifications')
@Controller('deliveries')
export class DeliveriesController {
  constructor(
    private readonly history: NotificationHistoryService,
    private readonly retries: RetryService,
  ) {}

  @Get()
  @MasterOnly()
  @Endpoint('List deliveries', { returns: DeliveryPageView, description: 'Newest first.' })
  async list(
    @Caller() { clientId }: Principal,
    @Query() { limit, cursor, ...filter }: DeliveriesQuery,
  ): Promise<DeliveryPageView> {
    const rows = await this.history.allDeliveries(clientId, filter, limit, idOf(cursor));
    return pageOf(rows, limit, DeliveryView.of, ({ id }) => [id]);
  }

  @Post('replay')
  @CountedAs('bulk')
  @MasterOnly()
  @Endpoint('Try deliveries again', {
    returns: RequeuedView,
    status: HttpStatus.ACCEPTED,
    description:
      'Failed, bounced and unknown ones: those that are named, or all that were made in a time. What is neither is left alone, so that a repeat does no harm.',
    example: { from: '2026-11-24T00:00:00.000Z', to: '2026-11-25T00:00:00.000Z', channel: 'email' },
  })
  async replay(
    @Caller() { clientId }: Principal,
    @Body() dto: ReplayDto,
    @RequestId() requestId: string,
  ): Promise<RequeuedView> {
    return { count: await this.retries.replay(clientId, dto, requestId) };
  }
}
