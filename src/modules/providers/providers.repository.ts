import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import { type ClientId, Database, statement, type Tx } from '../../platform/database/index.js';
import { ProviderRecord } from './provider.entity.js';

export type NewProvider = Omit<ProviderRecord, 'createdAt' | 'updatedAt'>;
export type ProviderChanges = Partial<Omit<NewProvider, 'clientId' | 'id' | 'kind' | 'channel'>>;

const TOLD = statement(
  'providers.told',
  `SELECT p.id, p.kind, p.name, p.channel, clock_timestamp() AS "toldAt"
     FROM unnest($1::uuid[], $2::uuid[]) AS named (client_id, id) JOIN providers p USING (client_id, id)`,
);

/** What of a provider is told to others, and when. */
export type ToldProvider = Pick<ProviderRecord, 'id' | 'kind' | 'name' | 'channel'> & { readonly toldAt: Date };

@Injectable()
export class ProvidersRepository {
  constructor(private readonly database: Database) {}

  async insert(tx: Tx, provider: NewProvider): Promise<ProviderRecord> {
    await tx.manager.insert(ProviderRecord, provider);
    return tx.manager.findOneByOrFail(ProviderRecord, { clientId: provider.clientId, id: provider.id });
  }

  find(clientId: ClientId, id: string): Promise<ProviderRecord | null> {
    return this.database.manager.findOneBy(ProviderRecord, { clientId, id });
  }

  /** For a provider's own calls, which know no client; whether they are its own their signature says. */
  byIdAlone(id: string): Promise<ProviderRecord | null> {
    return this.database.manager.findOneBy(ProviderRecord, { id });
  }

  lock(tx: Tx, clientId: ClientId, id: string): Promise<ProviderRecord | null> {
    return tx.manager.findOne(ProviderRecord, { where: { clientId, id }, lock: { mode: 'pessimistic_write' } });
  }

  page(clientId: ClientId, limit: number, afterId: string | null): Promise<ProviderRecord[]> {
    return this.database.manager.find(ProviderRecord, {
      where: { clientId, ...(afterId && { id: MoreThan(afterId) }) },
      order: { id: 'ASC' },
      take: limit + 1,
    });
  }

  /** Those that may be used, the first choice first. */
  enabled(clientId: ClientId): Promise<ProviderRecord[]> {
    return this.database.manager.find(ProviderRecord, {
      where: { clientId, enabled: true },
      order: { priority: 'ASC', id: 'ASC' },
    });
  }

  /** By their ids. */
  async told(
    tx: Tx,
    named: readonly { readonly clientId: ClientId; readonly providerId: string }[],
  ): Promise<Map<string, ToldProvider>> {
    const rows = await tx.query<ToldProvider>(TOLD, [
      named.map(({ clientId }) => clientId),
      named.map(({ providerId }) => providerId),
    ]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  async update(tx: Tx, clientId: ClientId, id: string, changes: ProviderChanges): Promise<ProviderRecord> {
    await tx.manager.update(ProviderRecord, { clientId, id }, changes);
    return tx.manager.findOneByOrFail(ProviderRecord, { clientId, id });
  }

  async delete(tx: Tx, clientId: ClientId, id: string): Promise<boolean> {
    return ((await tx.manager.delete(ProviderRecord, { clientId, id })).affected ?? 0) > 0;
  }
}
