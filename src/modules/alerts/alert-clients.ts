import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type ClientId, Notices } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { CLIENT_CHANGED, ClientsService } from '../clients/index.js';

const CACHE = { max: 20_000 };

/** Which clients want mail about failures, from memory: every failure asks. */
@Injectable()
export class AlertClients implements OnModuleInit {
  private readonly log = new Logger(AlertClients.name);
  private readonly known = new LRUCache<ClientId, boolean | Promise<void>>(CACHE);

  constructor(
    private readonly clients: ClientsService,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    this.notices.on(CLIENT_CHANGED, ({ clientId = '' }) => this.known.delete(clientId));
    this.notices.onGap(() => this.known.clear());
  }

  /**
   * Never waits: whoever asks holds a transaction, and would wait for a connection that others hold who wait, too. What is not
   * known yet is taken for yes: the statement that keeps an alert looks again.
   */
  mayWant(clientId: ClientId): boolean {
    const known = this.known.get(clientId);
    if (known === undefined) this.read(clientId);
    return typeof known === 'boolean' ? known : true;
  }

  private read(clientId: ClientId): void {
    const keep = (found: boolean | undefined) => {
      if (this.known.peek(clientId) !== reading) return; // it changed meanwhile
      if (found === undefined) this.known.delete(clientId);
      else this.known.set(clientId, found);
    };
    const reading: Promise<void> = this.wants(clientId).then(keep, (error: unknown) => {
      this.log.debug(`A client was not read: ${String(error)}`);
      keep(undefined);
    });
    this.known.set(clientId, reading);
  }

  private async wants(clientId: ClientId): Promise<boolean> {
    try {
      return (await this.clients.get(clientId)).settings.alertEmail !== undefined;
    } catch (error) {
      if (error instanceof NotFound) return false;
      throw error;
    }
  }
}
