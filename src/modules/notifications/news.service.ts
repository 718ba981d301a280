import { Injectable } from '@nestjs/common';
import type { ReceiptKind } from '../../extension/receipt.js';
import type { ClientId, Queryable, Tx } from '../../platform/database/index.js';
import { WorkStore } from '../../platform/work/index.js';
import type { SuppressionReason } from '../suppressions/index.js';
import { isPseudonym } from '../users/index.js';
import { Announcer } from './announcer.js';
import { isOpen } from './delivery-status.js';
import { LadderService } from './ladder.service.js';
import { type Change, changeBy, type Engagement, ENGAGEMENTS } from './news.rules.js';
import { type Engaged, type Locked, type Matched, type NamedByProvider, NewsRepository } from './news.repository.js';
import { DELIVERIES } from './notifications.jobs.js';
import { entryOf } from './settlement.entries.js';
import { SettlementService } from './settlement.service.js';
import { type Unwelcome, UnwelcomeRecipients } from './unwelcome.js';
import type { Move, NewTimelineEntry } from './settlements.repository.js';

/** What a provider tells of one delivery. */
export interface News {
  readonly clientId: ClientId;
  /** Null of what is nobody's own. */
  readonly providerId: string | null;
  readonly delivery: Matched;
  readonly kind: ReceiptKind;
  readonly at: Date;
  /** What the provider said, without secrets. */
  readonly detail: string | null;
}

/** Takes in what providers tell of deliveries after they took them. */
@Injectable()
export class NewsService {
  constructor(
    private readonly news: NewsRepository,
    private readonly settlement: SettlementService,
    private readonly ladders: LadderService,
    private readonly work: WorkStore,
    private readonly unwelcome: UnwelcomeRecipients,
    private readonly announcer: Announcer,
  ) {}

  /** The delivery that each of them means, in their order; null where there is none, or not yet. */
  match(within: Queryable, asked: readonly NamedByProvider[]): Promise<(Matched | null)[]> {
    return this.news.match(within, asked);
  }

  /** Repeated, late and out of order it comes to the same. What is told in one go is taken in the order of its times. */
  async take(tx: Tx, told: readonly News[]): Promise<void> {
    if (told.length === 0) return;
    // Work is locked before deliveries. What nobody is at need not be done: the provider has it, or will not.
    const open = told.flatMap(({ delivery: { id, status } }) => (isOpen(status) ? id : []));
    await this.work.conclude(tx, DELIVERIES, [...new Set(open)]);
    const named = told.map(({ clientId, delivery: { id, ladder } }) => ({ clientId, id, ladder }));
    await this.ladders.lock(tx, named);
    const locked = await this.news.lock(tx, named);
    const news = byDelivery(told);
    const toldOf = ({ clientId, id }: Locked) => news.get(nameOf(clientId, id)) ?? [];
    const changed = locked.flatMap((delivery) => changesOf(delivery, toldOf(delivery)));
    const engaged = changed.flatMap((one) => one.engaged ?? []);
    this.news.engage(tx, engaged);
    await this.settlement.told(
      tx,
      changed.flatMap(({ move }) => move ?? []),
      changed.flatMap(({ entries }) => entries),
    );
    await this.announcer.engaged(tx, engaged);
    await this.ladders.follow(
      tx,
      changed.flatMap(({ delivery, move }) => (move ? [] : delivery)),
    );
    await this.unwelcome.suppress(
      tx,
      locked.flatMap((delivery) => unwelcomeBy(delivery, toldOf(delivery))),
    );
  }
}

interface Changed {
  readonly delivery: Locked;
  readonly move: Move | null;
  readonly engaged: Engaged | null;
  readonly entries: readonly NewTimelineEntry[];
}

/** All that news changes of a delivery; none when nothing does. */
function changesOf(delivery: Locked, told: readonly News[]): Changed[] {
  const { clientId, id } = delivery;
  const entries: NewTimelineEntry[] = [];
  const times: Partial<Record<Engagement, Date>> = {};
  let { status } = delivery;
  let move: Move | null = null;
  for (const news of inTime(told)) {
    const engaged = new Set(ENGAGEMENTS.filter((name) => delivery[name] !== null || times[name] !== undefined));
    const change: Change | null = changeBy(news.kind, { status, engaged });
    if (!change) continue;
    if (change.status) {
      status = change.status;
      move = { clientId, id, status, reason: change.reason, at: news.at };
    }
    if (change.engagement) times[change.engagement] = news.at;
    const { kind: type, providerId } = news;
    // What a provider says may name its recipient, who is not known here any more.
    const detail = isPseudonym(delivery.recipient) ? null : news.detail;
    entries.push(entryOf(delivery, { type, providerId, detail, status, reason: change.reason }));
  }
  const engaged = Object.keys(times).length > 0 ? { clientId, id, ...times } : null;
  return entries.length === 0 ? [] : [{ delivery, move, engaged, entries }];
}

const REASONS: Readonly<Partial<Record<ReceiptKind, SuppressionReason>>> = {
  bounced: 'hard_bounce',
  complained: 'complaint',
  unsubscribed: 'unsubscribe',
};

/** Whatever the status makes of it: a bounce that comes after the delivery is one. */
function unwelcomeBy(
  { clientId, id: deliveryId, channel, recipient: address }: Locked,
  told: readonly News[],
): Unwelcome[] {
  const reasons = new Set(told.flatMap(({ kind }) => REASONS[kind] ?? []));
  return [...reasons].map((reason) => ({ clientId, channel, address, deliveryId, reason }));
}

const nameOf = (clientId: ClientId, id: string): string => `${clientId} ${id}`;

function byDelivery(told: readonly News[]): ReadonlyMap<string, readonly News[]> {
  const found = new Map<string, News[]>();
  for (const news of told) {
    const name = nameOf(news.clientId, news.delivery.id);
    if (!found.get(name)?.push(news)) found.set(name, [news]);
  }
  return found;
}

const inTime = (news: readonly News[]): News[] => news.toSorted((a, b) => a.at.getTime() - b.at.getTime());
