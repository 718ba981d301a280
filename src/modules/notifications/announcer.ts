import { Injectable } from '@nestjs/common';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { type OutboundEvent, Outbox } from '../../platform/outbox/index.js';
import { AnnouncementsRepository } from './announcements.repository.js';
import { newsOfDelivery, newsOfNotification } from './announcements.rules.js';
import type { DeliveryStatus } from './delivery-status.js';
import { type Engagement, ENGAGEMENTS } from './news.rules.js';
import type { NotificationStatus } from './notification.entity.js';
import { NotificationSummaryView } from './notification.view.js';
import type { Submission } from './submission.js';
import { EngagementView, ToldDeliveryView } from './told.view.js';

interface Named {
  readonly clientId: ClientId;
  readonly id: string;
}
type MovedDelivery = Named & { readonly status: DeliveryStatus; readonly before: DeliveryStatus | null };
type EndedNotification = Named & { readonly status: NotificationStatus };
type EngagedDelivery = Named & Readonly<Partial<Record<Engagement, Date>>>;

/**
 * Tells other systems what became of notifications and their deliveries. Rows are read only for clients of whom somebody
 * wants to know; what was sent as a test is told nobody.
 */
@Injectable()
export class Announcer {
  constructor(
    private readonly outbox: Outbox,
    private readonly stored: AnnouncementsRepository,
  ) {}

  /** What was decided with the acceptance already. */
  async accepted(tx: Tx, submissions: readonly Submission[]): Promise<void> {
    const real = submissions.filter(({ stored }) => stored.row.test !== true);
    const born = real.flatMap(({ clientId, accepted }) =>
      accepted.deliveries.map(({ id, status }) => ({ clientId, id, status, before: null })),
    );
    await this.moved(tx, born);
    const over = real.flatMap(({ clientId, accepted: { id }, endedAs: status }) =>
      status === null ? [] : [{ clientId, id, status }],
    );
    await this.ended(tx, over);
  }

  async moved(tx: Tx, moved: readonly MovedDelivery[]): Promise<void> {
    const news = moved.flatMap(({ clientId, id, status, before }) => {
      const type = newsOfDelivery(status, before);
      return type === null ? [] : [{ clientId, id, type }];
    });
    await this.tellOfDeliveries(tx, news, (_one, delivery) => ToldDeliveryView.told(delivery));
  }

  async engaged(tx: Tx, engaged: readonly EngagedDelivery[]): Promise<void> {
    const news = engaged.flatMap(({ clientId, id, ...times }) =>
      ENGAGEMENTS.flatMap((name) => {
        const at = times[name];
        return at === undefined ? [] : [{ clientId, id, type: `engagement.${name}` as const, at }];
      }),
    );
    await this.tellOfDeliveries(tx, news, ({ at }, delivery) => EngagementView.at(at, delivery));
  }

  async ended(tx: Tx, notifications: readonly EndedNotification[]): Promise<void> {
    const news = notifications.flatMap(({ clientId, id, status }) => {
      const type = newsOfNotification(status);
      return type === null ? [] : [{ clientId, id, type }];
    });
    const wanted = await this.outbox.wanted(news);
    if (wanted.length === 0) return;
    const rows = await this.stored.notifications(tx, wanted);
    const events = wanted.flatMap(({ id, type }) => {
      const found = rows.get(id);
      return found && !found.test ? [eventOf(type, found, () => NotificationSummaryView.of(found))] : [];
    });
    await this.outbox.tell(tx, events);
  }

  private async tellOfDeliveries<News extends Named & Pick<OutboundEvent, 'type'>>(
    tx: Tx,
    news: readonly News[],
    view: (one: News, delivery: Parameters<typeof ToldDeliveryView.told>[0]) => object,
  ): Promise<void> {
    const wanted = await this.outbox.wanted(news);
    if (wanted.length === 0) return;
    const rows = await this.stored.deliveries(tx, wanted);
    const events = wanted.flatMap((one) => {
      const found = rows.get(one.id);
      return found && !found.test ? [eventOf(one.type, found, () => view(one, found))] : [];
    });
    await this.outbox.tell(tx, events);
  }
}

const eventOf = (
  type: OutboundEvent['type'],
  { clientId, toldAt: at, hops }: { readonly clientId: ClientId; readonly toldAt: Date; readonly hops: number },
  data: () => object,
): OutboundEvent => ({ clientId, type, at, hops, data });
