import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { Metrics } from '../../platform/observability/index.js';
import { type OutboundEvent, Outbox } from '../../platform/outbox/index.js';
import { beginOf, endOf, QUOTA_STAGES, QuotaView, rolled } from '../../platform/quotas/index.js';
import { Allowance, type UsageNews } from './allowance.js';
import { type AskedUsage, ClientUsageRepository, type OwnLimits, type StoredUsage } from './client-usage.repository.js';
import { type CountsNow, isOf, QuotaBook } from './quota-book.js';
import {
  channelCount,
  type Countable,
  countIn,
  nameOf,
  type Quota,
  quotasOf,
  type Window,
  WINDOWS,
} from './quotas.rules.js';

/** Of each client what may be taken. */
export type Asked = ReadonlyMap<ClientId, ReadonlySet<Countable>>;

/** How much of what a client has used, and may. */
export interface QuotaUse {
  readonly what: Countable;
  readonly window: Window;
  readonly used: number;
  /** Null where there is none. */
  readonly limit: number | null;
  readonly resetsAt: Date;
}

/** What there is of a client at one moment. */
interface Recorded {
  readonly rows: readonly StoredUsage[];
  readonly counted: CountsNow;
  readonly now: number;
}

const NOTHING = new Allowance(new Map(), [], 0);

/**
 * Holds clients to their own limits, over all processes. The counts are rows, taken from by the database's clock in the
 * transaction that stores what they count: what is refused, repeated or lost in a crash was never taken, and nothing of
 * it depends on Redis. A client that is held to nothing costs a look into memory.
 */
@Injectable()
export class Quotas {
  private readonly refused;

  constructor(
    private readonly book: QuotaBook,
    private readonly counts: ClientUsageRepository,
    private readonly outbox: Outbox,
    private readonly channels: ChannelRegistry,
    metrics: Metrics,
  ) {
    this.refused = metrics.counter('quota_refused_total', 'What clients’ own quotas had no room for', ['quota']);
  }

  /** Before the transaction: sees to it that {@link open} will know of these clients. */
  async expect(clientIds: Iterable<ClientId>): Promise<void> {
    const readings = [...new Set(clientIds)].flatMap((clientId) => this.book.expect(clientId) ?? []);
    if (readings.length > 0) await Promise.all(readings);
  }

  /** First of all that the transaction locks: what the clients have left, locked until it ends. */
  async open(tx: Tx, asked: Asked): Promise<Allowance> {
    const quotas = new Map<ClientId, readonly Quota[]>();
    const wanted: AskedUsage[] = [];
    for (const [clientId, whats] of asked) {
      const own = (await this.book.of(clientId, tx)).filter(({ what }) => whats.has(what));
      if (own.length === 0) continue;
      quotas.set(clientId, own);
      for (const what of new Set(own.map((quota) => quota.what))) wanted.push({ clientId, what });
    }
    if (wanted.length === 0) return NOTHING;
    const { usages, now } = await this.counts.lock(tx, wanted);
    return new Allowance(quotas, usages, now);
  }

  /** Writes what was taken, and tells of it. */
  async close(tx: Tx, allowance: Allowance): Promise<void> {
    const { changed, news } = allowance;
    if (changed.length > 0) this.counts.write(tx, changed);
    if (news.length > 0) await this.outbox.tell(tx, news.map(outboundOf));
    for (const what of allowance.refused) this.refused.inc({ quota: nameOf(what) });
  }

  /** All that can be limited, whether it is or not; what is not limited is as far behind as the rollups. */
  async usage(clientId: ClientId): Promise<QuotaUse[]> {
    await this.expect([clientId]);
    return (await this.usages([clientId])).get(clientId) ?? [];
  }

  /** The same of many, in as many statements as of one: by what is stored, whether it was begun or not. */
  async usages(clientIds: readonly ClientId[]): Promise<Map<ClientId, QuotaUse[]>> {
    const [limits, rows, now] = await Promise.all([
      this.counts.allLimits(clientIds),
      this.counts.of(clientIds),
      this.counts.now(),
    ]);
    const counted = await this.book.countsSince(clientIds, now);
    return new Map(
      limits.map((own) => [
        own.clientId,
        this.usesOf(own, {
          rows: rows.filter(({ clientId }) => clientId === own.clientId),
          counted: counted(own.clientId),
          now,
        }),
      ]),
    );
  }

  private usesOf({ limits, settingsAt }: OwnLimits, { rows, counted, now }: Recorded): QuotaUse[] {
    const quotas = quotasOf(limits ?? {});
    const whats = new Set<Countable>(['messages', 'notifications', ...this.channelCounts, ...quotas.map(whatOf)]);
    return [...whats].flatMap((what) =>
      WINDOWS.map((window): QuotaUse => {
        const quota = quotas.find((one) => one.what === what && one.period === window);
        const row = quota && rows.find((one) => isOf(one, quota));
        const rolledUp = { used: countIn(counted[window], what), beganAt: beginOf(window, now) };
        const { used, beganAt } = row ? rolled(row, now) : rolledUp;
        // A limit that was set anew begins with the higher of the two when it is next taken from.
        const isHeld = row?.settingsAt?.getTime() === settingsAt.getTime();
        const resetsAt = new Date(endOf({ period: window, beganAt }) * 1_000);
        return {
          ...{ what, window, limit: quota?.limit ?? null, resetsAt },
          used: isHeld ? used : Math.max(used, rolledUp.used),
        };
      }),
    );
  }

  private get channelCounts(): Countable[] {
    return this.channels.all().map(({ name }) => channelCount(name));
  }
}

const whatOf = ({ what }: Quota): Countable => what;

const outboundOf = (one: UsageNews): OutboundEvent => ({
  clientId: one.clientId,
  type: `quota.${QUOTA_STAGES[one.stage]}`,
  at: one.at,
  hops: 0,
  data: () => QuotaView.of({ scope: 'client', providerId: null, name: nameOf(one.what) }, one),
});
