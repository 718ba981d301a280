import { Injectable } from '@nestjs/common';
import { type ClientId, Database, statement, type Tx, violates } from '../../platform/database/index.js';
import { Client, type ClientSettings, type ClientStatus } from './client.entity.js';
import { SlugTaken } from './clients.errors.js';

export interface NewClient {
  readonly id: ClientId;
  readonly slug: string;
  readonly name: string;
  readonly settings: ClientSettings;
}

export type ClientChanges = Partial<{ name: string; status: ClientStatus; settings: ClientSettings }>;

const SUSPENDED = statement('clients.suspended', `SELECT c.id FROM clients c WHERE c.status = 'suspended'`);

/** The clients themselves: the one table that has no tenant above it. */
@Injectable()
export class ClientsRepository {
  constructor(private readonly database: Database) {}

  async insert(tx: Tx, client: NewClient): Promise<Client> {
    try {
      await tx.manager.insert(Client, client);
    } catch (error) {
      throw violates(error, 'clients_slug_key') ? new SlugTaken(client.slug) : error;
    }
    return tx.manager.findOneByOrFail(Client, { id: client.id });
  }

  find(id: ClientId, tx?: Tx): Promise<Client | null> {
    return (tx ?? this.database).manager.findOneBy(Client, { id });
  }

  findBySlug(slug: string, tx?: Tx): Promise<Client | null> {
    return (tx ?? this.database).manager.findOneBy(Client, { slug });
  }

  /** Held until the transaction ends: changes of one client's keys and settings take turns. */
  lock(tx: Tx, id: ClientId): Promise<Client | null> {
    return tx.manager.findOne(Client, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async suspended(): Promise<ClientId[]> {
    return (await this.database.query<{ id: ClientId }>(SUSPENDED)).map(({ id }) => id);
  }

  /** Oldest first, one more than `limit` so that the caller sees whether there is a next page. */
  page(limit: number, afterId: ClientId | null): Promise<Client[]> {
    const rows = this.database.manager
      .createQueryBuilder(Client, 'client')
      .orderBy('client.id')
      .limit(limit + 1);
    return (afterId ? rows.where('client.id > :afterId', { afterId }) : rows).getMany();
  }

  async update(tx: Tx, id: ClientId, changes: ClientChanges): Promise<Client> {
    await tx.manager.update(Client, { id }, changes);
    return tx.manager.findOneByOrFail(Client, { id });
  }

  async delete(tx: Tx, id: ClientId): Promise<void> {
    await tx.manager.delete(Client, { id });
  }
}
