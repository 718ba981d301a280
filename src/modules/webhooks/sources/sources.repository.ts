import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import { type ClientId, Database, statement, takeTurn, type Tx, violates } from '../../../platform/database/index.js';
import { SourceExists } from '../webhooks.errors.js';
import type { ClientLimits } from '../../../platform/security/index.js';
import { WebhookSource } from './source.entity.js';

export type NewSource = Omit<WebhookSource, 'createdAt' | 'updatedAt'>;
export type SourceChanges = Partial<Omit<NewSource, 'clientId' | 'id' | 'event'>>;

/** For calls, which know no client but by its name. */
const OPEN = statement(
  'webhook_sources.open',
  `SELECT s.client_id AS "clientId", s.id, s.event, s.scheme, s.settings, s.tolerance_seconds AS "toleranceSeconds", s.actions,
          s.forward_headers AS "forwardHeaders", s.dedupe_hours AS "dedupeHours", s.trust_body AS "trustBody",
          c.status = 'suspended' AS "isSuspended", c.settings->'limits' AS limits
     FROM clients c JOIN webhook_sources s ON s.client_id = c.id
    WHERE c.slug = $1 AND c.deleted_at IS NULL AND s.event = $2 AND s.enabled`,
);

/** A source as its calls need it. */
export type OpenSource = Omit<WebhookSource, 'enabled' | 'description' | 'createdAt' | 'updatedAt'> & {
  /** Its client is. */
  readonly isSuspended: boolean;
  /** Of its client. */
  readonly limits: ClientLimits | null;
};

/** What a client has at most. */
export const SOURCES_MAX = 100;
/** A client's sources are made one after the other, so that they can be counted. */
const COUNT = statement(
  'webhook_sources.count',
  `SELECT count(*)::integer AS count FROM webhook_sources WHERE client_id = $1`,
);

@Injectable()
export class SourcesRepository {
  constructor(private readonly database: Database) {}

  /** Holds other makers of this client back. @returns whether there is room for one more */
  async hasRoom(tx: Tx, clientId: ClientId): Promise<boolean> {
    const [, [counted]] = await Promise.all([
      takeTurn(tx, `webhook_sources|${clientId}`),
      tx.query<{ count: number }>(COUNT, [clientId]),
    ]);
    return (counted?.count ?? 0) < SOURCES_MAX;
  }

  /** @throws SourceExists */
  async insert(tx: Tx, source: NewSource): Promise<WebhookSource> {
    try {
      await tx.manager.insert(WebhookSource, source as object);
    } catch (error) {
      throw violates(error, 'webhook_sources_event_key') ? new SourceExists(source.event) : error;
    }
    return tx.manager.findOneByOrFail(WebhookSource, { clientId: source.clientId, id: source.id });
  }

  find(clientId: ClientId, id: string): Promise<WebhookSource | null> {
    return this.database.manager.findOneBy(WebhookSource, { clientId, id });
  }

  lock(tx: Tx, clientId: ClientId, id: string): Promise<WebhookSource | null> {
    return tx.manager.findOne(WebhookSource, { where: { clientId, id }, lock: { mode: 'pessimistic_write' } });
  }

  page(clientId: ClientId, limit: number, afterId: string | null): Promise<WebhookSource[]> {
    return this.database.manager.find(WebhookSource, {
      where: { clientId, ...(afterId && { id: MoreThan(afterId) }) },
      order: { id: 'ASC' },
      take: limit + 1,
    });
  }

  async open(slug: string, event: string): Promise<OpenSource | null> {
    return (await this.database.query<OpenSource>(OPEN, [slug, event]))[0] ?? null;
  }

  async update(tx: Tx, clientId: ClientId, id: string, changes: SourceChanges): Promise<WebhookSource> {
    if (Object.keys(changes).length > 0) await tx.manager.update(WebhookSource, { clientId, id }, changes as object);
    return tx.manager.findOneByOrFail(WebhookSource, { clientId, id });
  }

  async delete(tx: Tx, clientId: ClientId, id: string): Promise<boolean> {
    return ((await tx.manager.delete(WebhookSource, { clientId, id })).affected ?? 0) > 0;
  }
}
