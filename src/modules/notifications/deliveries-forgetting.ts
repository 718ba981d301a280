import { Injectable } from '@nestjs/common';
import { type ClientId, Database } from '../../platform/database/index.js';
import { Outbox } from '../../platform/outbox/index.js';
import { WorkStore } from '../../platform/work/index.js';
import { ERASED_AT_ONCE } from '../users/index.js';
import { DELIVERIES } from './notifications.jobs.js';
import { type Addressed, NotificationsErasureRepository } from './notifications-erasure.repository.js';
import { SettlementService } from './settlement.service.js';

/** Ends and forgets what was sent to somebody, batch by batch. */
@Injectable()
export class DeliveriesForgetting {
  constructor(
    private readonly database: Database,
    private readonly stored: NotificationsErasureRepository,
    private readonly settlement: SettlementService,
    private readonly work: WorkStore,
    private readonly outbox: Outbox,
  ) {}

  /** @returns how many it called back */
  async cancelSome(clientId: ClientId, addressed: Addressed): Promise<number> {
    const ids = await this.stored.open(clientId, addressed, ['ready', 'held'], ERASED_AT_ONCE);
    if (ids.length === 0) return 0;
    return this.database.transaction(async (tx) => {
      const cancelled = await this.work.cancel(tx, DELIVERIES, ids);
      await this.settlement.cancelled(tx, cancelled);
      return cancelled.length;
    });
  }

  /** What other systems were told of a notification that nobody is known of any more goes with its content. */
  async forgetSome(clientId: ClientId, pseudonym: string, addressed: Addressed): Promise<number> {
    return this.database.transaction(async (tx) => {
      const found = await this.stored.forgetDeliveries(tx, clientId, addressed, pseudonym, ERASED_AT_ONCE);
      if (found.length > 0)
        await this.outbox.forget(tx, clientId, await this.stored.forgetContents(tx, clientId, found));
      return found.length;
    });
  }
}
