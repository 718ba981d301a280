import { Injectable, Logger } from '@nestjs/common';
import type { ClientId, Tx } from '../../platform/database/index.js';
import { isPseudonym } from '../users/index.js';
import { SuppressionList, type SuppressionReason, SuppressionsLocked } from '../suppressions/index.js';

/** Somebody who must not be written to again, by what became of a delivery. */
export interface Unwelcome {
  readonly clientId: ClientId;
  readonly channel: string;
  readonly address: string;
  readonly deliveryId: string;
  readonly reason: SuppressionReason;
}

/** Suppresses the addresses of those who bounced for good, complained or unsubscribed, with what tells of it. */
@Injectable()
export class UnwelcomeRecipients {
  private readonly log = new Logger(UnwelcomeRecipients.name);

  constructor(private readonly suppressions: SuppressionList) {}

  /** Clients in the order of their ids, as whoever else does so. Of erased people nobody knows the address any more. */
  async suppress(tx: Tx, recipients: readonly Unwelcome[]): Promise<void> {
    const unwelcome = recipients.filter(({ address }) => !isPseudonym(address));
    const clientIds = [...new Set(unwelcome.map(({ clientId }) => clientId))].sort();
    for (const clientId of clientIds) {
      try {
        await this.suppressions.add(
          tx,
          clientId,
          unwelcome.filter((one) => one.clientId === clientId),
        );
      } catch (error) {
        if (!(error instanceof SuppressionsLocked)) throw error;
        this.log.error(`Addresses of client ${clientId} are not suppressed: ${error.message}`);
      }
    }
  }
}
