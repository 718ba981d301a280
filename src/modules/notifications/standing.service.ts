import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import type { ClientId, UserId } from '../../platform/database/index.js';
import { type Preferences, PreferencesRepository } from '../users/index.js';
import type { DeliveryReason } from './delivery-status.js';
import type { Category } from './notification.entity.js';
import { isDeclined, quietSecondsLeft } from './standing.rules.js';

/** Where a message would go, as far as somebody may have said no. */
export interface Asked {
  readonly channel: string;
  readonly category: Category;
  readonly recipient: string;
  readonly userId: UserId | null;
}

/** May it be sent there, now? */
export type Standing =
  | { readonly kind: 'welcome' }
  | { readonly kind: 'refused'; readonly reason: DeliveryReason }
  | { readonly kind: 'quiet'; readonly outside: 'wait' | 'drop'; readonly forSeconds: number };

export const WELCOME: Standing = { kind: 'welcome' };

/** What people said of being written to: suppressions first, then preferences, then quiet hours. */
@Injectable()
export class StandingService {
  constructor(
    private readonly channels: ChannelRegistry,
    private readonly preferences: PreferencesRepository,
  ) {}

  /** Of each, in their order. @param now by the database's clock, where it matters */
  async of(clientId: ClientId, asked: readonly Asked[], now = new Date()): Promise<Standing[]> {
    const said = await this.said(clientId, asked);
    return asked.map((one) => {
      const preferences = one.userId === null ? undefined : said.get(one.userId);
      return preferences ? this.judged(one, preferences, now) : WELCOME;
    });
  }

  /** Of deliveries of several clients, in their order. */
  async ofAll(
    deliveries: readonly (Asked & { readonly clientId: ClientId; readonly now: Date })[],
  ): Promise<Standing[]> {
    const standings = deliveries.map(() => WELCOME);
    for (const clientId of new Set(deliveries.map((delivery) => delivery.clientId))) {
      const places = deliveries.flatMap((delivery, n) => (delivery.clientId === clientId ? n : []));
      const asked = places.flatMap((n) => deliveries[n] ?? []);
      const answers = await this.of(clientId, asked, asked[0]?.now);
      places.forEach((place, n) => (standings[place] = answers[n] ?? WELCOME));
    }
    return standings;
  }

  private async said(clientId: ClientId, asked: readonly Asked[]): Promise<ReadonlyMap<UserId, Preferences>> {
    const userIds = new Set(asked.flatMap(({ userId, category }) => (category === 'critical' ? [] : (userId ?? []))));
    return userIds.size === 0 ? new Map() : this.preferences.ofUsers(clientId, [...userIds]);
  }

  private judged({ channel, category }: Asked, { channels, quietHours }: Preferences, now: Date): Standing {
    if (isDeclined(channels, channel, category)) return { kind: 'refused', reason: 'opted_out' };
    if (!quietHours || category === 'critical' || !this.channels.find(channel)?.disturbs) return WELCOME;
    const forSeconds = quietSecondsLeft(quietHours, now);
    return forSeconds === null ? WELCOME : { kind: 'quiet', outside: quietHours.outside, forSeconds };
  }
}
