import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/index.js';
import { type OutboundEvent, Outbox } from '../../platform/outbox/index.js';
import { QUOTA_STAGES, type QuotaNews, QuotaView } from '../../platform/quotas/index.js';
import type { ProviderStateView } from './provider-told.view.js';
import type { ProviderName } from './provider-usage.repository.js';
import { type ToldProvider, ProvidersRepository } from './providers.repository.js';

/** Tells other systems of providers; who they are is read only for clients of whom somebody wants to know. */
@Injectable()
export class ProviderAnnouncer {
  constructor(
    private readonly outbox: Outbox,
    private readonly providers: ProvidersRepository,
  ) {}

  /** @param reason what it last said, without addresses and secrets */
  async degraded(tx: Tx, provider: ProviderName, reason: string | null): Promise<void> {
    await this.tell(tx, [{ ...provider, type: 'provider.degraded' as const }], (_one, told) =>
      stateOf(told, 'open', reason),
    );
  }

  async recovered(tx: Tx, provider: ProviderName): Promise<void> {
    await this.tell(tx, [{ ...provider, type: 'provider.recovered' as const }], (_one, told) =>
      stateOf(told, 'closed', null),
    );
  }

  /** Limits of providers that are used so far for the first time in their windows. */
  async used(tx: Tx, news: readonly (ProviderName & QuotaNews)[]): Promise<void> {
    const named = news.map((one) => ({ ...one, type: `quota.${QUOTA_STAGES[one.stage]}` as const }));
    await this.tell(tx, named, (one, { id: providerId, name }) =>
      QuotaView.of({ scope: 'provider', providerId, name }, one),
    );
  }

  private async tell<News extends ProviderName & Pick<OutboundEvent, 'type'>>(
    tx: Tx,
    news: readonly News[],
    view: (one: News, provider: ToldProvider) => object,
  ): Promise<void> {
    const wanted = await this.outbox.wanted(news);
    if (wanted.length === 0) return;
    const providers = await this.providers.told(tx, wanted);
    const events = wanted.flatMap((one): OutboundEvent[] => {
      const { clientId, type } = one;
      const provider = providers.get(one.providerId);
      return provider ? [{ clientId, type, at: provider.toldAt, hops: 0, data: () => view(one, provider) }] : [];
    });
    await this.outbox.tell(tx, events);
  }
}

const stateOf = (
  { id: providerId, kind, name, channel, toldAt }: ToldProvider,
  state: ProviderStateView['state'],
  reason: string | null,
): ProviderStateView => ({ providerId, kind, name, channels: [channel], state, reason, at: toldAt.toISOString() });
