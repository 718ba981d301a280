import { ApiProperty } from '@nestjs/swagger';
import type { Answer, Covered, Line, MessageFigures, Report } from './analytics.service.js';
import { type Interval, INTERVALS } from './buckets.rules.js';
import type { Quantiles, Tally } from './figures.rules.js';
import type { CallFigures, DeliveryFigures, EventFigures } from './reports.rules.js';

const time = { format: 'date-time', example: '2026-11-24T09:00:00.000Z' } as const;
const count = (example: number, description?: string) =>
  ({ type: 'integer', example, ...(description && { description }) }) as const;
const rate = (example: number, description: string) =>
  ({ type: Number, nullable: true, minimum: 0, maximum: 1, example, description }) as const;
const tally = (example: Tally, description: string) =>
  ({ type: 'object', additionalProperties: { type: 'integer' }, example, description }) as const;
const name = (example: string | null, description: string) =>
  ({ type: String, nullable: true, example, description }) as const;
const id = (description: string) =>
  ({ type: String, format: 'uuid', example: '0192f0c4-7d1e-7cc1-9a51-6f2f6b7a1c11', description }) as const;

export class QuantilesView implements Quantiles {
  @ApiProperty(count(180, 'Half took so many milliseconds at most, within 2 %')) readonly p50: number;
  @ApiProperty(count(740)) readonly p95: number;
  @ApiProperty(count(1_960)) readonly p99: number;
}

export class CoveredView {
  @ApiProperty({ ...time, description: 'Where the first bucket begins' }) readonly from: string;
  @ApiProperty({ ...time, example: '2026-11-25T10:00:00.000Z', description: 'Where the last bucket ends' })
  readonly to: string;
  @ApiProperty({ enum: INTERVALS, example: 'hour' }) readonly interval: Interval;
  @ApiProperty({ example: 'Europe/Berlin' }) readonly timeZone: string;
  @ApiProperty({
    ...time,
    example: '2026-11-25T09:59:50.000Z',
    description: 'What was committed before is in these figures; at most a minute ago',
  })
  readonly asOf: string;
  @ApiProperty({
    ...time,
    example: '2025-10-21T00:00:00.000Z',
    description: 'Of before nothing is kept as fine as this',
  })
  readonly keptFrom: string;
}

export function coveredOf({ bounds, interval, timeZone, asOf, keptFrom }: Covered): CoveredView {
  const [from = 0, to = 0] = [bounds[0], bounds.at(-1)];
  const range = { from: iso(from), to: iso(to), interval, timeZone };
  return { ...range, asOf: asOf.toISOString(), keptFrom: keptFrom.toISOString() };
}

const iso = (at: number): string => new Date(at).toISOString();
/** Figures with the times at which their buckets begin. */
export const dated = <Figures extends object>({ bounds }: Covered, buckets: readonly Figures[]) =>
  buckets.map((figures, n) => ({ at: iso(bounds[n] ?? 0), ...figures }));

export class DeliveryFiguresView implements DeliveryFigures {
  @ApiProperty(count(1_204, 'Accepted in this time, whatever has become of them since')) readonly count: number;
  @ApiProperty(tally({ sent: 1_100, delivered: 90, failed: 14 }, 'How many have each status by now'))
  readonly statuses: Tally;
  @ApiProperty(
    rate(0.9884, 'Sent and delivered, of these and the failed, bounced and expired; null while there are none'),
  )
  readonly successRate: number | null;
  @ApiProperty({
    ...{ type: () => QuantilesView, nullable: true },
    description: 'From being accepted, or from `sendAt`, until first sent; null where none was',
  })
  readonly acceptToSentMs: Quantiles | null;
}

export class DeliveryBucketView extends DeliveryFiguresView {
  @ApiProperty({ ...time, description: 'Where it begins; it ends where the next begins' }) readonly at: string;
}

export class GroupView {
  @ApiProperty({ type: String, required: false, example: 'email' }) readonly channel?: string | null;
  @ApiProperty({ ...id('Null of deliveries that no provider was chosen for yet'), required: false, nullable: true })
  readonly provider?: string | null;
  @ApiProperty({ type: String, required: false, example: 'sent' }) readonly status?: string | null;
  @ApiProperty({ type: String, required: false, example: 'transactional' }) readonly category?: string | null;
  @ApiProperty({
    ...{ type: String, required: false, nullable: true, example: 'order' },
    description:
      'Null of one whose name was forgotten with somebody who was erased, and of those that are counted together because there were more than 1,000 in an hour',
  })
  readonly tag?: string | null;
}

export class DeliverySeriesView {
  @ApiProperty({ type: () => GroupView, description: 'What its deliveries have in common: the fields of `groupBy`' })
  readonly group: GroupView;
  @ApiProperty({ type: () => DeliveryFiguresView }) readonly total: DeliveryFigures;
  @ApiProperty({ type: () => [DeliveryBucketView] }) readonly buckets: DeliveryBucketView[];

  static of(
    covered: Covered,
    by: readonly string[],
    { group, total, buckets }: Line<DeliveryFigures>,
  ): DeliverySeriesView {
    return {
      group: Object.fromEntries(by.map((field, n) => [field, group[n] === '' ? null : (group[n] ?? null)])),
      ...{ total, buckets: dated(covered, buckets) },
    };
  }
}

const leftOut = count(0, 'Further groups, smaller than the 25 that are shown; they are in the total');

export class DeliveryReportView extends CoveredView {
  @ApiProperty({ type: () => DeliveryFiguresView }) readonly total: DeliveryFigures;
  @ApiProperty({ type: () => [DeliveryBucketView] }) readonly buckets: DeliveryBucketView[];
  @ApiProperty({ type: () => [DeliverySeriesView], description: 'A series for each group, the largest first' })
  readonly series: DeliverySeriesView[];
  @ApiProperty(leftOut) readonly seriesLeftOut: number;

  static of({ covered, report }: Answer<Report<DeliveryFigures>>, by: readonly string[]): DeliveryReportView {
    return {
      ...coveredOf(covered),
      ...{ total: report.total.total, buckets: dated(covered, report.total.buckets) },
      series: by.length === 0 ? [] : report.series.map((line) => DeliverySeriesView.of(covered, by, line)),
      seriesLeftOut: report.seriesLeftOut,
    };
  }
}

export class MessageFiguresView implements MessageFigures {
  @ApiProperty(count(842, 'That users sent, whether they are still there or not')) readonly messages: number;
  @ApiProperty(count(12)) readonly systemMessages: number;
  @ApiProperty(count(31, 'Rooms that users wrote in, each counted once')) readonly activeRooms: number;
  @ApiProperty(count(58, 'Users who wrote, each counted once')) readonly activeUsers: number;
}

export class MessageBucketView extends MessageFiguresView {
  @ApiProperty(time) readonly at: string;
}

export class MessageReportView extends CoveredView {
  @ApiProperty({ type: () => MessageFiguresView }) readonly total: MessageFigures;
  @ApiProperty({ type: () => [MessageBucketView] }) readonly buckets: MessageBucketView[];

  static of({ covered, report }: Answer<Report<MessageFigures>>): MessageReportView {
    return { ...coveredOf(covered), total: report.total.total, buckets: dated(covered, report.total.buckets) };
  }
}

export class CallFiguresView implements CallFigures {
  @ApiProperty(count(1_260)) readonly calls: number;
  @ApiProperty(count(14, 'Calls after which it was not sent, or not told')) readonly errors: number;
  @ApiProperty(rate(0.0111, 'Null while there were no calls')) readonly errorRate: number | null;
  @ApiProperty(tally({ sent: 1_246, retrying: 10, failed: 4 }, 'As what each call ended')) readonly outcomes: Tally;
  @ApiProperty(tally({ provider_timeout: 10, invalid_recipient: 4 }, 'Why, where there is a reason'))
  readonly reasons: Tally;
  @ApiProperty({ type: () => QuantilesView, nullable: true, description: 'How long calls took' })
  readonly latencyMs: Quantiles | null;
}

export class CallBucketView extends CallFiguresView {
  @ApiProperty(time) readonly at: string;
}

export class ProviderTotalView {
  @ApiProperty(id('The provider')) readonly providerId: string;
  @ApiProperty(name('Mailgun', 'Null once it is removed')) readonly name: string | null;
  @ApiProperty(name('mailgun', 'Null once it is removed')) readonly kind: string | null;
  @ApiProperty({ example: 'email' }) readonly channel: string;
  @ApiProperty({ type: () => CallFiguresView }) readonly total: CallFigures;

  static of({ group: [providerId = '', channel = ''], named, total }: Line<CallFigures>): ProviderTotalView {
    return { ...{ providerId, channel, total }, name: named?.name ?? null, kind: named?.kind ?? null };
  }
}

export class ProviderSeriesView extends ProviderTotalView {
  @ApiProperty({ type: () => [CallBucketView] }) readonly buckets: CallBucketView[];
}

export class ProviderReportView extends CoveredView {
  @ApiProperty({ type: () => CallFiguresView }) readonly total: CallFigures;
  @ApiProperty({ type: () => [ProviderSeriesView] }) readonly series: ProviderSeriesView[];
  @ApiProperty(leftOut) readonly seriesLeftOut: number;

  static of({ covered, report }: Answer<Report<CallFigures>>): ProviderReportView {
    return {
      ...{ ...coveredOf(covered), total: report.total.total, seriesLeftOut: report.seriesLeftOut },
      series: report.series.map((line) => ({ ...ProviderTotalView.of(line), buckets: dated(covered, line.buckets) })),
    };
  }
}

export class EventFiguresView implements EventFigures {
  @ApiProperty(count(77)) readonly events: number;
  @ApiProperty(tally({ completed: 75, failed: 2 }, 'How many have each status by now')) readonly statuses: Tally;
}

export class EventBucketView extends EventFiguresView {
  @ApiProperty(time) readonly at: string;
}

export class EndpointTotalView {
  @ApiProperty(id('The endpoint')) readonly endpointId: string;
  @ApiProperty(name('https://example.com/hook', 'Null once it is removed')) readonly url: string | null;
  @ApiProperty({ type: () => CallFiguresView }) readonly total: CallFigures;

  static of({ group: [endpointId = ''], named, total }: Line<CallFigures>): EndpointTotalView {
    return { endpointId, url: named?.name ?? null, total };
  }
}

export class EndpointSeriesView extends EndpointTotalView {
  @ApiProperty({ type: () => [CallBucketView] }) readonly buckets: CallBucketView[];
}

export class SourceTotalView {
  @ApiProperty(id('The source')) readonly sourceId: string;
  @ApiProperty(name('order.paid', 'Null once it is removed')) readonly event: string | null;
  @ApiProperty({ type: () => EventFiguresView }) readonly total: EventFigures;

  static of({ group: [sourceId = ''], named, total }: Line<EventFigures>): SourceTotalView {
    return { sourceId, event: named?.name ?? null, total };
  }
}

export class SourceSeriesView extends SourceTotalView {
  @ApiProperty({ type: () => [EventBucketView] }) readonly buckets: EventBucketView[];
}

export class OutboundReportView {
  @ApiProperty({ type: () => CallFiguresView }) readonly total: CallFigures;
  @ApiProperty({ type: () => [EndpointSeriesView] }) readonly series: EndpointSeriesView[];
  @ApiProperty(leftOut) readonly seriesLeftOut: number;
}

export class InboundReportView {
  @ApiProperty({ type: () => EventFiguresView }) readonly total: EventFigures;
  @ApiProperty({ type: () => [SourceSeriesView] }) readonly series: SourceSeriesView[];
  @ApiProperty(leftOut) readonly seriesLeftOut: number;
}
