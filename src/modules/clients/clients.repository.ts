import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { type ClientId, Database, statement, type Tx, violates } from '../../platform/database/index.js';
import { Client, type ClientSettings, type ClientStatus } from './client.entity.js';
import { SlugTaken } from './clients.errors.js';

export interface NewClient {
  readonly id: ClientId;
  readonly slug: string;
  readonly name: string;
  readonly settings: ClientSettings;
}

export interface ClientFilter {
  readonly status?: ClientStatus;
  /** Within the name, in whatever case. */
  readonly name?: string;
}

export type ClientChanges = Partial<{ name: string; status: ClientStatus; settings: ClientSettings }>;

const SUSPENDED = statement('clients.suspended', `SELECT c.id FROM clients c WHERE c.status = 'suspended'`);

const BURY = statement(
  'clients.bury',
  `UPDATE clients SET deleted_at = now(), status = 'suspended', slug = 'deleted-' || id WHERE id = $1`,
);
const DELETED = statement(
  'clients.deleted',
  `SELECT c.id FROM clients c WHERE c.deleted_at IS NOT NULL ORDER BY c.deleted_at`,
);
const REMOVE = statement('clients.remove', `DELETE FROM clients WHERE id = $1 AND deleted_at IS NOT NULL`);

const LIVE = { deletedAt: IsNull() };

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
    return (tx ?? this.database).manager.findOneBy(Client, { id, ...LIVE });
  }

  findBySlug(slug: string, tx?: Tx): Promise<Client | null> {
    return (tx ?? this.database).manager.findOneBy(Client, { slug, ...LIVE });
  }

  /** Held until the transaction ends: changes of one client's keys and settings take turns. */
  lock(tx: Tx, id: ClientId): Promise<Client | null> {
    return tx.manager.findOne(Client, { where: { id, ...LIVE }, lock: { mode: 'pessimistic_write' } });
  }

  async suspended(): Promise<ClientId[]> {
    return (await this.database.query<{ id: ClientId }>(SUSPENDED)).map(({ id }) => id);
  }

  /** Oldest first, one more than `limit` so that the caller sees whether there is a next page. */
  page({ status, name }: ClientFilter, limit: number, afterId: ClientId | null): Promise<Client[]> {
    const rows = this.database.manager
      .createQueryBuilder(Client, 'client')
      .where('client.deleted_at IS NULL')
      .orderBy('client.id')
      .limit(limit + 1);
    if (status) rows.andWhere('client.status = :status', { status });
    if (name) rows.andWhere('strpos(lower(client.name), lower(:name)) > 0', { name });
    return (afterId ? rows.andWhere('client.id > :afterId', { afterId }) : rows).getMany();
  }

  async update(tx: Tx, id: ClientId, changes: ClientChanges): Promise<Client> {
    await tx.manager.update(Client, { id }, changes);
    return tx.manager.findOneByOrFail(Client, { id });
  }

  /** From now on it is nobody's. Its work waits until it is gone, and its slug is free. */
  async bury(tx: Tx, id: ClientId): Promise<void> {
    await tx.query(BURY, [id]);
  }

  /** Whose rows are still to be removed. */
  async deleted(): Promise<ClientId[]> {
    return (await this.database.query<{ id: ClientId }>(DELETED)).map(({ id }) => id);
  }

  /** With what is left of it. */
  async remove(tx: Tx, id: ClientId): Promise<void> {
    await tx.query(REMOVE, [id]);
  }
}
