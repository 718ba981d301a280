import { Injectable } from '@nestjs/common';
import { Database, GroupCommit } from '../../platform/database/index.js';
import type { ProviderLimits } from './provider.entity.js';
import { ProviderAnnouncer } from './provider-announcer.js';
import { type ProviderName, ProviderUsageRepository } from './provider-usage.repository.js';
import { type Count, take, type Taken } from './quota.rules.js';

interface Asked extends ProviderName {
  readonly limits: ProviderLimits;
}

/** What nobody knows any more, as the provider was just removed, is looked at again soon. */
const GONE_SECONDS = 1;
const BATCH_MAX = 500;

/**
 * Holds calls of providers within their limits, over all processes. The counts are rows, taken from before the call and
 * by the database's clock: they outlive Redis and any process, and nobody need rebuild them. What one process asks for
 * while a transaction is in the air shares the next one; a provider without limits is not asked about.
 */
@Injectable()
export class ProviderQuotas {
  private readonly asking;

  constructor(
    private readonly database: Database,
    private readonly usage: ProviderUsageRepository,
    private readonly announcer: ProviderAnnouncer,
  ) {
    this.asking = new GroupCommit<Asked, number | null>({
      write: (batch) => this.takeAll(batch),
      lanes: 1,
      laneOf: () => 0,
      maxBatch: BATCH_MAX,
      maxWaiting: Infinity,
    });
  }

  /** Takes one. @returns in how many seconds there should be room; null when there is. @throws Unavailable */
  take(provider: ProviderName, limits: ProviderLimits): Promise<number | null> {
    return this.asking.append({ ...provider, limits });
  }

  /** What {@link take} would say, without taking any. */
  async peek(provider: ProviderName, limits: ProviderLimits): Promise<number | null> {
    const { used, now } = await this.usage.read([provider]);
    return take(limits, used[0]?.counts ?? [], { wanted: 1, now }).waits[0] ?? null;
  }

  /** What is used of the limits now. */
  async used(provider: ProviderName, limits: ProviderLimits): Promise<readonly Count[]> {
    const { used, now } = await this.usage.read([provider]);
    return take(limits, used[0]?.counts ?? [], { wanted: 0, now }).counts;
  }

  private takeAll(batch: readonly Asked[]): Promise<(number | null)[]> {
    const byProvider = new Map<string, Asked[]>();
    for (const asked of batch)
      if (!byProvider.get(asked.providerId)?.push(asked)) byProvider.set(asked.providerId, [asked]);
    const named = [...byProvider.values()].flatMap(([first]) => first ?? []);
    return this.database.transaction(async (tx) => {
      const { used, now } = await this.usage.lock(tx, named);
      const taken = new Map<string, Taken>();
      for (const { providerId, counts } of used) {
        const asked = byProvider.get(providerId) ?? [];
        taken.set(providerId, take(asked[0]?.limits ?? {}, counts, { wanted: asked.length, now }));
      }
      this.usage.write(
        tx,
        used.map((usage) => ({ ...usage, counts: taken.get(usage.providerId)?.counts ?? [] })),
      );
      await this.announcer.used(
        tx,
        named.flatMap(({ clientId, providerId }) =>
          (taken.get(providerId)?.news ?? []).map((news) => ({ clientId, providerId, ...news })),
        ),
      );
      return batch.map((asked) => {
        const found = taken.get(asked.providerId);
        const place = byProvider.get(asked.providerId)?.indexOf(asked) ?? 0;
        return found ? (found.waits[place - found.granted] ?? null) : GONE_SECONDS;
      });
    });
  }
}
