import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import type { ClientId, UserId } from '../../platform/database/index.js';
import { Unavailable } from '../../platform/errors/index.js';
import { isKeptBack, SuppressionList } from '../suppressions/index.js';
import { type Preferences, PreferencesRepository } from '../users/index.js';
import type { DeliveryReason } from './delivery-status.js';
import type { Category } from './notification.entity.js';
import { isDeclined, quietSecondsLeft } from './standing.rules.js';

/** Where a message would go, as far as somebody may have said no. */
export interface Asked {
  readonly channel: string;
  /** The address there. */
  readonly recipient: string;
  readonly category: Category;
  readonly userId: UserId | null;
}

interface AskedOfAClient extends Asked {
  readonly clientId: ClientId;
  readonly now: Date;
}

/** May it be sent there, now? */
export type Standing =
  | { readonly kind: 'welcome' }
  | { readonly kind: 'refused'; readonly reason: DeliveryReason }
  /** Nobody can tell just now, so it is not. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'quiet'; readonly outside: 'wait' | 'drop'; readonly forSeconds: number };

export const WELCOME: Standing = { kind: 'welcome' };
const SUPPRESSED: Standing = { kind: 'refused', reason: 'suppressed' };

/** What is known of being written to: suppressed addresses first, then what people prefer, then their quiet hours. */
@Injectable()
export class StandingService {
  constructor(
    private readonly channels: ChannelRegistry,
    private readonly preferences: PreferencesRepository,
    private readonly suppressions: SuppressionList,
  ) {}

  /** Of each, in their order. @throws Unavailable when nobody can tell */
  async of(clientId: ClientId, asked: readonly Asked[]): Promise<Standing[]> {
    const now = new Date();
    const standings = await this.ofAll(asked.map((one) => ({ ...one, clientId, now })));
    if (standings.some(({ kind }) => kind === 'unknown'))
      throw new Unavailable('Suppressions cannot be read right now.', 60);
    return standings;
  }

  /** Of several clients' deliveries, in their order, at the time that the database says. */
  async ofAll(asked: readonly AskedOfAClient[]): Promise<Standing[]> {
    const named = asked.flatMap(({ clientId, userId, category }) =>
      userId === null || category === 'critical' ? [] : { clientId, userId },
    );
    const [said, stopped] = await Promise.all([this.preferences.ofUsers(named), this.suppressions.find(asked)]);
    return asked.map((one, n) => {
      const reasons = stopped[n] ?? null;
      if (reasons === null) return { kind: 'unknown' };
      if (isKeptBack(reasons, one.category)) return SUPPRESSED;
      const preferences = one.userId === null ? undefined : said(one.clientId, one.userId);
      return preferences ? this.judged(one, preferences, one.now) : WELCOME;
    });
  }

  private judged({ channel, category }: Asked, { channels, quietHours }: Preferences, now: Date): Standing {
    if (isDeclined(channels, channel, category)) return { kind: 'refused', reason: 'opted_out' };
    if (!quietHours || category === 'critical' || !this.channels.find(channel)?.disturbs) return WELCOME;
    const forSeconds = quietSecondsLeft(quietHours, now);
    return forSeconds === null ? WELCOME : { kind: 'quiet', outside: quietHours.outside, forSeconds };
  }
}
