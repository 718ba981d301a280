import { Injectable, Logger } from '@nestjs/common';
import { type ClientId, Database, newId, type Tx } from '../../platform/database/index.js';
import { Metrics } from '../../platform/observability/index.js';
import type { OutboundEvent } from '../../platform/outbox/index.js';
import { NotificationsService, ReachService } from '../notifications/index.js';
import { gistOf, isAlertType } from './alert.rules.js';
import { AlertsRepository, type NewAlert } from './alerts.repository.js';

/** Which part of the house sends the mails, and their tag. */
export const ALERTS = 'alerts';
export const ALERT_TAG = 'chatapi-alert';
const CHANNEL = 'email';

/**
 * Keeps failures that clients want mail about, and has them told in digests. A digest is a notification of the client's own,
 * accepted in the transaction that marks what it tells of: each alert is told once, whoever dies when.
 */
@Injectable()
export class AlertsService {
  private readonly log = new Logger(AlertsService.name);
  private readonly digests;
  private readonly unserved = new Set<ClientId>();

  constructor(
    private readonly database: Database,
    private readonly alerts: AlertsRepository,
    private readonly notifications: NotificationsService,
    private readonly reach: ReachService,
    metrics: Metrics,
  ) {
    this.digests = metrics.counter(
      'alert_digests_total',
      'Mails to clients about their failures, as they were accepted',
    );
  }

  /** In the transaction of what they tell of. */
  keep(tx: Tx, events: readonly OutboundEvent[]): void {
    const alerts = events.flatMap((event): NewAlert[] => {
      const { clientId, type, at } = event;
      return isAlertType(type) ? [{ clientId, type, at, ...gistOf(type, event.data()) }] : [];
    });
    if (alerts.length > 0) this.alerts.keep(tx, alerts);
  }

  /** Tells each client of what is due. @returns how many were told */
  async sweep(): Promise<number> {
    let told = 0;
    for (const clientId of await this.alerts.due()) {
      try {
        if ((await this.isServed(clientId)) && (await this.tell(clientId))) told++;
      } catch (error) {
        this.log.error({ msg: 'Alerts were not told, and will be', err: error, clientId });
      }
    }
    return told;
  }

  /** All or nothing: what is marked as told is in a mail that was accepted. */
  private async tell(clientId: ClientId): Promise<boolean> {
    const id = newId();
    const isTold = await this.database.transaction(async (tx) => {
      const email = await this.alerts.lock(tx, clientId);
      if (email === null || !(await this.alerts.begin(tx, clientId, id))) return false;
      const about = { tags: [ALERT_TAG], metadata: {}, category: 'critical' as const, isFree: true as const };
      await this.notifications.submitIn(tx, clientId, [
        { id, origin: ALERTS, to: { email }, channel: CHANNEL, ...about },
      ]);
      return true;
    });
    if (isTold) this.digests.inc();
    return isTold;
  }

  /** Without a provider the mail would only fail: the alerts wait for one. */
  private async isServed(clientId: ClientId): Promise<boolean> {
    const isServed = await this.reach.isServed(clientId, CHANNEL);
    if (isServed) this.unserved.delete(clientId);
    else if (!this.unserved.has(clientId)) {
      this.unserved.add(clientId);
      this.log.warn({ msg: 'Alerts wait: the client has no provider of email', clientId });
    }
    return isServed;
  }
}
