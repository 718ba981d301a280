import { Injectable } from '@nestjs/common';
import { noteAct } from '../../platform/audit/index.js';
import { type ClientId, Database } from '../../platform/database/index.js';
import { WorkStore } from '../../platform/work/index.js';
import { ControlRepository } from './control.repository.js';
import { type DeliveryStatus, isOpen } from './delivery-status.js';
import { NotificationHistoryService } from './history.service.js';
import { DELIVERIES } from './notifications.jobs.js';
import { SettlementService } from './settlement.service.js';

export interface Cancellation {
  /** Final: none of these is ever sent. */
  readonly cancelled: readonly string[];
  /** Sent, ended, or in a provider's hands just now. */
  readonly tooLate: readonly { readonly deliveryId: string; readonly status: DeliveryStatus }[];
}

/** Calls deliveries back. */
@Injectable()
export class CancelService {
  constructor(
    private readonly database: Database,
    private readonly control: ControlRepository,
    private readonly history: NotificationHistoryService,
    private readonly work: WorkStore,
    private readonly settlement: SettlementService,
  ) {}

  /** What nobody is at ends here and now: its work cannot be claimed any more. @throws NotFound */
  async cancel(clientId: ClientId, notificationId: string): Promise<Cancellation> {
    await this.history.get(clientId, notificationId);
    return this.database.transaction(async (tx) => {
      const before = await this.control.statuses(clientId, notificationId, tx);
      const open = before.flatMap(({ id, status }) => (isOpen(status) ? id : []));
      const ended = await this.work.cancel(tx, DELIVERIES, open);
      await this.settlement.cancelled(tx, ended);
      const cancelled = ended.map(({ id }) => id);
      const resource = { type: 'notification', id: notificationId };
      if (cancelled.length > 0)
        noteAct(tx, clientId, { action: 'notification.cancelled', resource, after: { cancelled: cancelled.length } });
      const final = new Set(cancelled);
      const left = (await this.control.statuses(clientId, notificationId, tx)).filter(({ id }) => !final.has(id));
      return {
        cancelled: cancelled.sort(),
        // What is still open is with a worker at this moment.
        tooLate: left.map(({ id, status }) => ({ deliveryId: id, status: isOpen(status) ? 'sending' : status })),
      };
    });
  }
}
