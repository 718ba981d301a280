import { Injectable } from '@nestjs/common';
import { ChannelRegistry } from '../../extension/channel-registry.js';
import { type Act, noteAct } from '../../platform/audit/index.js';
import { type ClientId, Database } from '../../platform/database/index.js';
import { InvalidInput } from '../../platform/errors/index.js';
import { currentTraceparent } from '../../platform/observability/index.js';
import { type NewWork, WORK_PRIORITIES, WorkEngine, WorkStore } from '../../platform/work/index.js';
import { ControlRepository, type Picked, type Replay } from './control.repository.js';
import { NotificationHistoryService } from './history.service.js';
import { DELIVERIES } from './notifications.jobs.js';
import { entryOf } from './settlement.entries.js';
import { SettlementsRepository } from './settlements.repository.js';

/** Deliveries that one transaction brings up again. */
const AT_ONCE = 500;

type Pick = (limit: number, after: string | null) => Promise<Picked[]>;

interface Asked {
  readonly requestId: string;
  /** Noted with each transaction that does some of it. */
  readonly act: Act;
}

/** Brings up again what came to nothing: failed, bounced, or unknown. */
@Injectable()
export class RetryService {
  constructor(
    private readonly database: Database,
    private readonly control: ControlRepository,
    private readonly history: NotificationHistoryService,
    private readonly channels: ChannelRegistry,
    private readonly engine: WorkEngine,
    private readonly work: WorkStore,
    private readonly settlements: SettlementsRepository,
  ) {}

  /** @returns how many of the notification's deliveries are tried again @throws NotFound */
  async retry(clientId: ClientId, notificationId: string, requestId: string): Promise<number> {
    await this.history.get(clientId, notificationId);
    const pick: Pick = (limit, after) => this.control.pickOf(clientId, notificationId, limit, after);
    const act = { action: 'notification.retried', resource: { type: 'notification', id: notificationId } } as const;
    return this.requeueAll(clientId, pick, { requestId, act });
  }

  /** In transactions that do not grow with what there is; called again after a crash, it does what is left. @throws InvalidInput */
  replay(clientId: ClientId, replay: Replay, requestId: string): Promise<number> {
    assertBounded(replay);
    const { ids, ...filter } = replay;
    const named = { ...filter, ...(ids && { ids: ids.length }) };
    const act = { action: 'deliveries.replayed', resource: { type: 'delivery', id: null }, after: named } as const;
    const pick: Pick = (limit, after) => this.control.pick(clientId, replay, limit, after);
    return this.requeueAll(clientId, pick, { requestId, act });
  }

  private async requeueAll(clientId: ClientId, pick: Pick, asked: Asked): Promise<number> {
    let count = 0;
    for (let after: string | null = null; ;) {
      const picked: Picked[] = await pick(AT_ONCE, after);
      if (picked.length > 0) count += await this.requeue(clientId, picked, asked);
      const last = picked.at(-1);
      if (picked.length < AT_ONCE || last === undefined) return count;
      after = last.id;
    }
  }

  /** Work is locked before deliveries, as everywhere. */
  private requeue(clientId: ClientId, picked: readonly Picked[], { requestId, act }: Asked): Promise<number> {
    return this.database.transaction(async (tx) => {
      const items = picked.map((one) => this.workOf(clientId, one, requestId));
      const revived = [...(await this.engine.revive(tx, DELIVERIES, items))];
      const requeued = await this.control.requeue(tx, clientId, revived);
      this.settlements.log(
        tx,
        requeued.map((delivery) => entryOf(delivery, { type: 'requeued', status: 'queued', reason: null })),
      );
      if (requeued.length > 0) noteAct(tx, clientId, { ...act, after: { ...act.after, count: requeued.length } });
      const known = new Set(requeued.map(({ id }) => id));
      // A receipt may have said meanwhile that it had arrived after all.
      await this.work.conclude(
        tx,
        DELIVERIES,
        revived.filter((id) => !known.has(id)),
      );
      return requeued.length;
    });
  }

  private workOf(clientId: ClientId, { id, channel }: Picked, requestId: string): NewWork {
    const whenLost = this.channels.find(channel)?.whenLost ?? 'again';
    const now = { runAt: null, expiresAt: null, priority: WORK_PRIORITIES.normal };
    return { ...now, id, clientId, dedupeKey: id, requestId, whenLost, traceparent: currentTraceparent() };
  }
}

/** @throws InvalidInput when it names neither deliveries nor a whole time */
function assertBounded({ ids, from, to }: Replay): void {
  if (ids !== undefined) return;
  const missing = [...(from === undefined ? ['from'] : []), ...(to === undefined ? ['to'] : [])];
  if (missing.length > 0)
    throw new InvalidInput(
      missing.map((name) => ({ pointer: `/${name}`, code: 'required', message: 'name ids, or both from and to' })),
    );
}
