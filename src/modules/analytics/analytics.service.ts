import { Injectable } from '@nestjs/common';
import type { ClientId } from '../../platform/database/index.js';
import { GRAINS, KEYS, type Kind } from './facts.js';
import { type ActiveRow, type Asked, FiguresRepository, type FiguresView, type Named } from './figures.repository.js';
import type { Group, Grouping } from './groups.rules.js';
import { type AskedRange, type Range, rangeOf } from './range.js';
import {
  type CallFigures,
  callFiguresOf,
  type DeliveryFigures,
  deliveryFiguresOf,
  type EventFigures,
  eventFiguresOf,
} from './reports.rules.js';
import { type Cell, type CountRow, gathered, type Grouped, groupedBy } from './series.rules.js';

/** What a report is of, and how far it reaches. */
export interface Covered extends Range {
  readonly asOf: Date;
  /** Nothing of before is kept as fine as this. */
  readonly keptFrom: Date;
}

export interface Line<Figures> {
  readonly group: readonly string[];
  readonly named: Named | null;
  readonly total: Figures;
  readonly buckets: readonly Figures[];
}

export interface Report<Figures> {
  readonly total: Omit<Line<Figures>, 'group' | 'named'>;
  readonly series: readonly Line<Figures>[];
  readonly seriesLeftOut: number;
}

export interface MessageFigures {
  readonly messages: number;
  readonly systemMessages: number;
  readonly activeRooms: number;
  readonly activeUsers: number;
}

export interface WebhooksReport {
  readonly outbound: Report<CallFigures>;
  readonly inbound: Report<EventFigures>;
}

export interface Dashboard extends WebhooksReport {
  readonly notifications: number;
  readonly deliveries: Report<DeliveryFigures>;
  readonly messages: Report<MessageFigures>;
  readonly providers: Report<CallFigures>;
}

export interface Answer<R> {
  readonly covered: Covered;
  readonly report: R;
}

const partOf = (kind: Kind, name: string): number => (KEYS[kind] as readonly string[]).indexOf(name);

/** Figures of a client, of counts that are kept up in the background. */
@Injectable()
export class AnalyticsService {
  constructor(private readonly figures: FiguresRepository) {}

  deliveries(clientId: ClientId, asked: AskedRange, grouping: Grouping): Promise<Answer<Report<DeliveryFigures>>> {
    const coarsest = grouping.kind === 'tag' ? GRAINS.hour : undefined;
    return this.answer(clientId, { ...asked, coarsest }, (view) => deliveriesIn(view, grouping));
  }

  messages(clientId: ClientId, asked: AskedRange): Promise<Answer<Report<MessageFigures>>> {
    return this.answer(clientId, asked, messagesIn);
  }

  providers(clientId: ClientId, asked: AskedRange): Promise<Answer<Report<CallFigures>>> {
    return this.answer(clientId, asked, providersIn);
  }

  webhooks(clientId: ClientId, asked: AskedRange): Promise<Answer<WebhooksReport>> {
    return this.answer(clientId, asked, webhooksIn);
  }

  dashboard(clientId: ClientId, asked: AskedRange): Promise<Answer<Dashboard>> {
    const byChannel: readonly Group[] = ['channel'];
    const grouping = { kind: 'delivery' as const, by: byChannel, parts: [partOf('delivery', 'channel')] };
    return this.answer(clientId, asked, async (view) => {
      const whole = view.whole();
      const [accepted, deliveries, messages, providers, webhooks] = await Promise.all([
        whole.rows({ kind: 'notification', parts: [] }),
        deliveriesIn(view, grouping),
        messagesIn(view),
        providersIn(whole),
        webhooksIn(whole),
      ]);
      const notifications = accepted.counts.reduce((sum, { n }) => sum + n, 0);
      return { notifications, deliveries, messages, providers, ...webhooks };
    });
  }

  private async answer<R>(
    clientId: ClientId,
    asked: AskedRange,
    look: (view: FiguresView) => Promise<R>,
  ): Promise<Answer<R>> {
    // How far they reach first: what is added meanwhile only makes them truer.
    const { now, asOf, keptFrom } = await this.figures.reach();
    const range = rangeOf(asked, now);
    const covered = { ...range, asOf, keptFrom: keptFrom.get(range.grain) ?? now };
    const report = await this.figures.read(clientId, range, look);
    return { covered, report };
  }
}

async function deliveriesIn(view: FiguresView, grouping: Grouping): Promise<Report<DeliveryFigures>> {
  const { kind, parts } = grouping;
  const status = partOf(kind, 'status');
  const grouped = await groupedIn(view, { kind, parts: [...new Set([...parts, status])], timesBy: parts }, parts);
  const report = reportOf(grouped, (cell) => deliveryFiguresOf(cell, status));
  return kind === 'delivery' ? report : withTags(view, grouping, report);
}

/** A delivery may have several tags, or none: what they are in all stands in the counts of deliveries. */
async function withTags(
  view: FiguresView,
  { by }: Grouping,
  { series, seriesLeftOut }: Report<DeliveryFigures>,
): Promise<Report<DeliveryFigures>> {
  const at = by.indexOf('tag');
  const [names, { total }] = await Promise.all([
    view.tags(series.flatMap(({ group }) => group[at] || [])),
    deliveriesIn(view, { kind: 'delivery', by: [], parts: [] }),
  ]);
  const named = series.map((line) => ({
    ...line,
    group: line.group.with(at, names.get(line.group[at] ?? '')?.name ?? ''),
  }));
  return { total, series: named, seriesLeftOut };
}

async function providersIn(view: FiguresView): Promise<Report<CallFigures>> {
  const own = [partOf('provider_call', 'provider'), partOf('provider_call', 'channel')];
  const [outcome, reason] = [partOf('provider_call', 'outcome'), partOf('provider_call', 'reason')];
  const asked = { kind: 'provider_call' as const, parts: [...own, outcome, reason], timesBy: own };
  const [grouped, names] = await Promise.all([groupedIn(view, asked, own), view.names()]);
  return reportOf(grouped, (cell) => callFiguresOf(cell, outcome, reason), names);
}

async function webhooksIn(view: FiguresView): Promise<WebhooksReport> {
  const [outcome, reason] = [partOf('webhook_call', 'outcome'), partOf('webhook_call', 'reason')];
  const status = partOf('inbound_event', 'status');
  const [calls, events, names] = await Promise.all([
    groupedIn(view, { kind: 'webhook_call', parts: [0, outcome, reason], timesBy: [0] }, [0]),
    groupedIn(view, { kind: 'inbound_event', parts: [0, status] }, [0]),
    view.names(),
  ]);
  return {
    outbound: reportOf(calls, (cell) => callFiguresOf(cell, outcome, reason), names),
    inbound: reportOf(events, (cell) => eventFiguresOf(cell, status), names),
  };
}

async function messagesIn(view: FiguresView): Promise<Report<MessageFigures>> {
  const [{ counts }, actives] = await Promise.all([view.rows({ kind: 'message', parts: [0] }), view.actives()]);
  const countsIn = gathered<CountRow, number | null>(counts, ({ bucket }) => bucket).set(null, counts);
  const activesIn = gathered(actives, ({ bucket }) => bucket);
  const figuresOf = (bucket: number | null): MessageFigures => {
    const own = countsIn.get(bucket) ?? [];
    const active = (wanted: ActiveRow['kind']): number =>
      activesIn.get(bucket)?.find(({ kind }) => kind === wanted)?.n ?? 0;
    const actors = { activeRooms: active('room'), activeUsers: active('user') };
    return { messages: sumOf(own, 'user'), systemMessages: sumOf(own, 'system'), ...actors };
  };
  const total = { total: figuresOf(null), buckets: Array.from({ length: view.buckets }, (_none, n) => figuresOf(n)) };
  return { total, series: [], seriesLeftOut: 0 };
}

const sumOf = (rows: Cell['counts'], type: string): number =>
  rows.reduce((sum, { key, n }) => (key[0] === type ? sum + n : sum), 0);

async function groupedIn(view: FiguresView, asked: Asked, by: readonly number[]): Promise<Grouped> {
  return groupedBy(by, await view.rows(asked), view.buckets);
}

function reportOf<Figures>(
  { total, series, leftOut }: Grouped,
  figuresOf: (cell: Cell) => Figures,
  names: ReadonlyMap<string, Named> = new Map(),
): Report<Figures> {
  const lines = [total, ...series].map(({ group, total: all, buckets }) => ({
    ...{ group, named: names.get(group[0] ?? '') ?? null },
    ...{ total: figuresOf(all), buckets: buckets.map(figuresOf) },
  }));
  const [first, ...rest] = lines;
  return { total: first as Line<Figures>, series: rest, seriesLeftOut: leftOut };
}
