import { Injectable } from '@nestjs/common';
import { noteAct } from '../../platform/audit/index.js';
import { type ClientId, Database } from '../../platform/database/index.js';
import { ClientsService } from '../clients/index.js';

/** What the document says of each route that asks for it. */
export const LEAVES_A_TRAIL = 'The client finds in its audit events that this was looked at.';

/** Whoever looks into a client's affairs leaves a trail that the client reads. */
@Injectable()
export class SupportTrail {
  constructor(
    private readonly database: Database,
    private readonly clients: ClientsService,
  ) {}

  /** What is read is written down before it is read. @throws NotFound for no such client */
  async looking<T>(clientId: ClientId, what: string, read: () => Promise<T>): Promise<T> {
    await this.clients.get(clientId);
    const resource = { type: 'client', id: clientId };
    await this.database.transaction(async (tx) =>
      noteAct(tx, clientId, { action: 'client.viewed', resource, after: { what } }),
    );
    return read();
  }
}
