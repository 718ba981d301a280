import { ApiProperty } from '@nestjs/swagger';
import type { Answer, Dashboard, MessageFigures, WebhooksReport } from './analytics.service.js';
import {
  CallFiguresView,
  CoveredView,
  coveredOf,
  dated,
  DeliveryFiguresView,
  DeliveryReportView,
  DeliverySeriesView,
  DeliveryBucketView,
  EndpointTotalView,
  EventFiguresView,
  InboundReportView,
  MessageBucketView,
  MessageFiguresView,
  MessageReportView,
  OutboundReportView,
  ProviderReportView,
  ProviderTotalView,
  SourceTotalView,
} from './analytics.view.js';
import type { CallFigures, DeliveryFigures, EventFigures } from './reports.rules.js';

export class WebhookReportView extends CoveredView {
  @ApiProperty({ type: () => OutboundReportView, description: 'Calls of other systems, by endpoint' })
  readonly outbound: OutboundReportView;
  @ApiProperty({ type: () => InboundReportView, description: 'What other systems sent, by source' })
  readonly inbound: InboundReportView;

  static of({ covered, report: { outbound, inbound } }: Answer<WebhooksReport>): WebhookReportView {
    return {
      ...coveredOf(covered),
      outbound: {
        ...{ total: outbound.total.total, seriesLeftOut: outbound.seriesLeftOut },
        series: outbound.series.map((line) => ({
          ...EndpointTotalView.of(line),
          buckets: dated(covered, line.buckets),
        })),
      },
      inbound: {
        ...{ total: inbound.total.total, seriesLeftOut: inbound.seriesLeftOut },
        series: inbound.series.map((line) => ({ ...SourceTotalView.of(line), buckets: dated(covered, line.buckets) })),
      },
    };
  }
}

export class DashboardDeliveriesView {
  @ApiProperty({ type: () => DeliveryFiguresView }) readonly total: DeliveryFigures;
  @ApiProperty({ type: () => [DeliveryBucketView] }) readonly buckets: DeliveryBucketView[];
  @ApiProperty({ type: () => [DeliverySeriesView], description: 'By channel' }) readonly series: DeliverySeriesView[];
}

export class DashboardMessagesView {
  @ApiProperty({ type: () => MessageFiguresView }) readonly total: MessageFigures;
  @ApiProperty({ type: () => [MessageBucketView] }) readonly buckets: MessageBucketView[];
}

export class DashboardOutboundView {
  @ApiProperty({ type: () => CallFiguresView }) readonly total: CallFigures;
  @ApiProperty({ type: () => [EndpointTotalView] }) readonly endpoints: EndpointTotalView[];
}

export class DashboardInboundView {
  @ApiProperty({ type: () => EventFiguresView }) readonly total: EventFigures;
  @ApiProperty({ type: () => [SourceTotalView] }) readonly sources: SourceTotalView[];
}

export class DashboardWebhooksView {
  @ApiProperty({ type: () => DashboardOutboundView }) readonly outbound: DashboardOutboundView;
  @ApiProperty({ type: () => DashboardInboundView }) readonly inbound: DashboardInboundView;
}

/** Everything that a dashboard draws. */
export class DashboardView extends CoveredView {
  @ApiProperty({ type: 'integer', example: 980, description: 'Notifications that were accepted' })
  readonly notifications: number;
  @ApiProperty({ type: () => DashboardDeliveriesView }) readonly deliveries: DashboardDeliveriesView;
  @ApiProperty({ type: () => DashboardMessagesView }) readonly messages: DashboardMessagesView;
  @ApiProperty({ type: () => [ProviderTotalView] }) readonly providers: ProviderTotalView[];
  @ApiProperty({ type: () => DashboardWebhooksView }) readonly webhooks: DashboardWebhooksView;

  static of({ covered, report }: Answer<Dashboard>): DashboardView {
    const { notifications, outbound, inbound } = report;
    const deliveries = DeliveryReportView.of({ covered, report: report.deliveries }, ['channel']);
    const messages = MessageReportView.of({ covered, report: report.messages });
    const providers = ProviderReportView.of({ covered, report: report.providers });
    return {
      ...{ ...coveredOf(covered), notifications },
      deliveries: { total: deliveries.total, buckets: deliveries.buckets, series: deliveries.series },
      messages: { total: messages.total, buckets: messages.buckets },
      providers: providers.series.map(({ buckets: _buckets, ...total }) => total),
      webhooks: {
        outbound: { total: outbound.total.total, endpoints: outbound.series.map(EndpointTotalView.of) },
        inbound: { total: inbound.total.total, sources: inbound.series.map(SourceTotalView.of) },
      },
    };
  }
}
