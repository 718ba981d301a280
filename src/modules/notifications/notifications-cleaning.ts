import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ClientId } from '../../platform/database/index.js';
import { eachInTurn, RecurringJobs } from '../../platform/queue/index.js';
import { RetentionRepository } from './retention.repository.js';

const EVERY_SECONDS = 600;

/** Has notifications removed that are older than their client wants them kept, batch by batch, client by client. */
@Injectable()
export class NotificationsCleaning implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly stored: RetentionRepository,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'notifications.clean', everySeconds: EVERY_SECONDS, run: () => this.clean() });
  }

  async clean(): Promise<void> {
    await eachInTurn(await this.stored.wishes(), async ({ clientId, days }) => {
      while (await this.stored.removeSome(clientId, days));
    });
  }

  /** Of a client that is no more. */
  async removeAll(clientId: ClientId): Promise<void> {
    while (await this.stored.removeSome(clientId, null));
  }
}
