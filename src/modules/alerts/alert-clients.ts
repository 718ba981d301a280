import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type ClientId, Notices } from '../../platform/database/index.js';
import { NotFound } from '../../platform/errors/index.js';
import { CLIENT_CHANGED, ClientsService } from '../clients/index.js';

const CACHE = { max: 50_000 };

/** Which clients want mail about failures, from memory: every failure asks. */
@Injectable()
export class AlertClients implements OnModuleInit {
  private readonly known = new LRUCache<ClientId, boolean | Promise<boolean>>(CACHE);

  constructor(
    private readonly clients: ClientsService,
    private readonly notices: Notices,
  ) {}

  onModuleInit(): void {
    this.notices.on(CLIENT_CHANGED, ({ clientId = '' }) => this.known.delete(clientId));
    this.notices.onGap(() => this.known.clear());
  }

  want(clientId: ClientId): boolean | Promise<boolean> {
    const known = this.known.get(clientId);
    if (known !== undefined) return known;
    const reading = this.read(clientId);
    this.known.set(clientId, reading);
    // What was read before a change is not kept after it.
    const isCurrent = () => this.known.peek(clientId) === reading;
    reading.then(
      (answer) => isCurrent() && this.known.set(clientId, answer),
      () => isCurrent() && this.known.delete(clientId),
    );
    return reading;
  }

  private async read(clientId: ClientId): Promise<boolean> {
    try {
      return (await this.clients.get(clientId)).settings.alertEmail !== undefined;
    } catch (error) {
      if (error instanceof NotFound) return false;
      throw error;
    }
  }
}
