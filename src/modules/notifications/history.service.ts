import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import type { ClientId } from '../../platform/database/index.js';
import { InvalidInput, NotFound } from '../../platform/errors/index.js';
import type { Delivery } from './delivery.entity.js';
import type { Notification } from './notification.entity.js';
import { type DeliveryFilter, type NotificationFilter, NotificationsRepository } from './notifications.repository.js';
import type { TimelineEntry } from './timeline.js';

/** What became of notifications. Lists give one row more than asked for, which tells that there is a next page. */
@Injectable()
export class NotificationHistoryService {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly channels: ChannelRegistry,
  ) {}

  /** @throws NotFound */
  async get(clientId: ClientId, id: string): Promise<Notification> {
    const notification = await this.notifications.find(clientId, id);
    if (!notification) throw new NotFound();
    return notification;
  }

  async page(
    clientId: ClientId,
    filter: NotificationFilter,
    limit: number,
    beforeId: string | null,
  ): Promise<Notification[]> {
    this.assertKnown(filter.channel);
    return this.notifications.page(clientId, filter, limit, beforeId);
  }

  /** Of all notifications, newest first. @throws InvalidInput */
  async allDeliveries(
    clientId: ClientId,
    filter: DeliveryFilter,
    limit: number,
    beforeId: string | null,
  ): Promise<Delivery[]> {
    this.assertKnown(filter.channel);
    return this.notifications.allDeliveries(clientId, filter, limit, beforeId);
  }

  async deliveries(clientId: ClientId, id: string, limit: number, afterId: string | null): Promise<Delivery[]> {
    await this.get(clientId, id);
    return this.notifications.deliveries(clientId, id, limit, afterId);
  }

  /** The first page begins with the acceptance; the last ends with what is under way, or with the completion. */
  async timeline(
    clientId: ClientId,
    id: string,
    limit: number,
    afterId: string | null,
  ): Promise<(TimelineEntry & { readonly id: string | null })[]> {
    const notification = await this.get(clientId, id);
    const entries = await this.notifications.events(clientId, id, limit, afterId);
    const { createdAt, completedAt, status } = notification;
    const first =
      afterId === null ? [{ ...NOTHING, id: null, at: createdAt, type: 'accepted' as const, status: 'accepted' }] : [];
    const isLastPage = entries.length <= limit;
    if (!isLastPage) return [...first, ...entries];
    const last = completedAt
      ? [{ ...NOTHING, id: null, at: completedAt, type: 'completed' as const, status }]
      : await this.underWay(clientId, id, limit);
    return [...first, ...entries, ...last];
  }

  /** @throws InvalidInput */
  private assertKnown(channel: string | undefined): void {
    if (channel === undefined || this.channels.find(channel)) return;
    const known = this.channels.all().map(({ name }) => name);
    throw InvalidInput.at('/channel', 'unknown_channel', `There is no such channel; there are: ${known.join(', ')}`);
  }

  private async underWay(clientId: ClientId, id: string, limit: number) {
    const attempts = await this.notifications.underWay(clientId, id, limit);
    return attempts.map((attempt) => ({
      ...{ ...NOTHING, ...attempt },
      ...{ id: null, type: 'attempt' as const, status: 'sending' },
    }));
  }
}

const NOTHING = {
  deliveryId: null,
  channel: null,
  providerId: null,
  attempt: null,
  durationMs: null,
  reason: null,
  detail: null,
  decision: null,
} as const;
