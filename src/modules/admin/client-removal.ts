import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { ClientId } from '../../platform/database/index.js';
import { eachInTurn, RecurringJobs } from '../../platform/queue/index.js';
import { ClientsService } from '../clients/index.js';
import { NotificationsCleaning } from '../notifications/index.js';
import { RemovalRepository } from './removal.repository.js';
import { REMOVED_IN_BATCHES } from './removal.tables.js';

const EVERY_SECONDS = 5;

/**
 * Removes what is left of deleted clients, in transactions that do not grow with it. A run that dies is gone on with by the next;
 * the client's own row goes last, and takes along what came in between.
 */
@Injectable()
export class ClientRemoval implements OnModuleInit {
  constructor(
    private readonly jobs: RecurringJobs,
    private readonly clients: ClientsService,
    private readonly notifications: NotificationsCleaning,
    private readonly stored: RemovalRepository,
  ) {}

  onModuleInit(): void {
    this.jobs.register({ name: 'clients.remove', everySeconds: EVERY_SECONDS, run: () => this.run() });
  }

  async run(): Promise<void> {
    await eachInTurn(await this.clients.deleted(), (clientId) => this.remove(clientId));
  }

  private async remove(clientId: ClientId): Promise<void> {
    await this.notifications.removeAll(clientId);
    for (const table of REMOVED_IN_BATCHES) while (await this.stored.removeSome(clientId, table));
    while (await this.stored.removeSomeOfTrail(clientId));
    await this.clients.forget(clientId);
  }
}
