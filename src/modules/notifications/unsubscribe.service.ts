import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { Failures, WindowsStore } from '../../platform/http/limits/index.js';
import { SuppressionList } from '../suppressions/index.js';
import { Announcer } from './announcer.js';
import { entryOf } from './settlement.entries.js';
import { SettlementsRepository } from './settlements.repository.js';
import { type UnsubscribeLink, UnsubscribeLinks } from './unsubscribe-links.js';
import { UnsubscribeRepository } from './unsubscribe.repository.js';

/** Wrong tokens that an address may try in a minute. */
const FAILURES = { name: 'failed-token', limit: 60, ttlMs: 60_000 };

/** What people do with the link in a mail. */
@Injectable()
export class UnsubscribeService {
  private readonly failures: Failures;

  constructor(
    private readonly links: UnsubscribeLinks,
    private readonly database: Database,
    private readonly unsubscribed: UnsubscribeRepository,
    private readonly suppressions: SuppressionList,
    private readonly settlements: SettlementsRepository,
    private readonly announcer: Announcer,
    windows: WindowsStore,
  ) {
    this.failures = new Failures(windows, FAILURES);
  }

  /** What a link stands for. @param ip who asks @throws NotFound, DomainError `rate_limited` */
  async show(token: string, ip: string): Promise<UnsubscribeLink> {
    this.failures.assertAddress(ip);
    const link = this.links.read(token);
    if (link) return link;
    await this.failures.failed(ip);
    throw new NotFound();
  }

  /** Again is once. @throws NotFound, DomainError `rate_limited` */
  async unsubscribe(token: string, ip: string): Promise<UnsubscribeLink> {
    const link = await this.show(token, ip);
    const { clientId, deliveryId, channel, address } = link;
    await this.database.transaction(async (tx) => {
      if (!(await this.unsubscribed.hasClient(tx, clientId))) throw new NotFound();
      const delivery = await this.unsubscribed.mark(tx, clientId, deliveryId);
      if (delivery?.isNews) {
        const { status, reason } = delivery;
        this.settlements.log(tx, [entryOf(delivery, { type: 'unsubscribed', status, reason })]);
        await this.announcer.engaged(tx, [{ clientId, id: deliveryId, unsubscribed: delivery.unsubscribedAt }]);
      }
      // Where nobody knows any more whom it went to, the address is not brought back: its hash is enough.
      const isErased = delivery === null || delivery.isErased;
      const from = isErased ? null : deliveryId;
      await this.suppressions.add(tx, clientId, [
        { channel, address, reason: 'unsubscribe', deliveryId: from, isErased },
      ]);
    });
    return link;
  }
}
