import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InvalidInput } from '../../platform/errors/index.js';
import { Endpoint } from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { AnalyticsService } from './analytics.service.js';
import { DeliveryReportView, MessageReportView, ProviderReportView } from './analytics.view.js';
import { DashboardView, WebhookReportView } from './dashboard.view.js';
import { DeliveriesQuery, MessagesQuery, RangeQuery, SeriesQuery } from './dto/analytics.dto.js';
import { groupingOf } from './groups.rules.js';

/** Beyond so long a dashboard is drawn by the day. */
const HOURS_UP_TO_MS = 8 * 86_400_000;

@ApiTags('Analytics')
@Controller('analytics')
export class AnalyticsController {
  constructor(private readonly analytics: AnalyticsService) {}

  @Get('dashboard')
  @RequireScopes('analytics:read')
  @Endpoint('Get everything that a dashboard draws', {
    returns: DashboardView,
    description: 'By the hour, or by the day where `from` and `to` are more than eight days apart.',
  })
  async dashboard(@Caller() { clientId }: Principal, @Query() query: RangeQuery): Promise<DashboardView> {
    const { from, to } = query;
    const isLong = from !== undefined && (to ? Date.parse(to) : Date.now()) - Date.parse(from) > HOURS_UP_TO_MS;
    return DashboardView.of(await this.analytics.dashboard(clientId, { ...query, interval: isLong ? 'day' : 'hour' }));
  }

  @Get('deliveries')
  @RequireScopes('analytics:read')
  @Endpoint('Count deliveries', {
    returns: DeliveryReportView,
    description:
      'Each in the time in which it was accepted, with the status that it has by now. Without those of `test: true`.',
  })
  async deliveries(
    @Caller() { clientId }: Principal,
    @Query() { groupBy, ...range }: DeliveriesQuery,
  ): Promise<DeliveryReportView> {
    const grouping = groupingOf(groupBy);
    if (!grouping || (grouping.kind === 'tag' && range.interval === 'minute'))
      throw InvalidInput.at('/groupBy', 'not_together', 'tag goes with status only, and by the hour or day');
    return DeliveryReportView.of(await this.analytics.deliveries(clientId, range, grouping), grouping.by);
  }

  @Get('messages')
  @RequireScopes('analytics:read')
  @Endpoint('Count messages, and the rooms and users they came from', { returns: MessageReportView })
  async messages(@Caller() { clientId }: Principal, @Query() query: MessagesQuery): Promise<MessageReportView> {
    return MessageReportView.of(await this.analytics.messages(clientId, query));
  }

  @Get('providers')
  @RequireScopes('analytics:read')
  @Endpoint('Count calls of providers', { returns: ProviderReportView, description: 'Each in the time of its end.' })
  async providers(@Caller() { clientId }: Principal, @Query() query: SeriesQuery): Promise<ProviderReportView> {
    return ProviderReportView.of(await this.analytics.providers(clientId, query));
  }

  @Get('webhooks')
  @RequireScopes('analytics:read')
  @Endpoint('Count webhooks, out and in', {
    returns: WebhookReportView,
    description: 'Calls in the time in which each was made, events in the time in which each came.',
  })
  async webhooks(@Caller() { clientId }: Principal, @Query() query: SeriesQuery): Promise<WebhookReportView> {
    return WebhookReportView.of(await this.analytics.webhooks(clientId, query));
  }
}
