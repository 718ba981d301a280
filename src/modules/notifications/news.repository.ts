import { Injectable } from '@nestjs/common';
import { type ClientId, type Queryable, statement, type Tx } from '../../platform/database/index.js';
import type { DeliveryStatus } from './delivery-status.js';
import { type Engagement, ENGAGEMENTS } from './news.rules.js';

/** By our own id, whichever provider has it now; else by the provider's id, which it may share with others. */
const MATCH = statement(
  'news.match',
  `SELECT a.n, d.id, d.status, d.ladder
     FROM json_to_recordset($1) AS a (n integer, client_id uuid, provider_id uuid, delivery_id uuid, reference varchar, recipient varchar)
     CROSS JOIN LATERAL (
       SELECT d.id, d.status, d.ladder FROM deliveries d WHERE d.client_id = a.client_id AND d.id = a.delivery_id
       UNION ALL
       (SELECT d.id, d.status, d.ladder FROM deliveries d
         WHERE d.client_id = a.client_id AND d.awaited_ref = a.reference AND d.provider_id = a.provider_id
           AND (a.recipient IS NULL OR lower(d.recipient) = lower(a.recipient))
         ORDER BY d.id LIMIT 1)
       LIMIT 1) AS d`,
);
/** In the order in which deliveries are locked everywhere. */
const LOCK = statement(
  'news.lock',
  `SELECT d.client_id AS "clientId", d.id, d.notification_id AS "notificationId", d.channel, d.recipient, d.ladder, d.status,
          d.opened_at AS opened, d.clicked_at AS clicked, d.complained_at AS complained, d.unsubscribed_at AS unsubscribed
     FROM deliveries d WHERE (d.client_id, d.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) ORDER BY d.id FOR UPDATE`,
);
/** Others' clocks may be ahead of ours. */
const ENGAGE = statement(
  'news.engage',
  `UPDATE deliveries d
      SET updated_at = now(), ${ENGAGEMENTS.map((name) => `${name}_at = coalesce(d.${name}_at, CASE WHEN e.${name} < now() THEN e.${name} WHEN e.${name} IS NOT NULL THEN now() END)`).join(', ')}
     FROM json_to_recordset($1) AS e (client_id uuid, id uuid, ${ENGAGEMENTS.map((name) => `${name} timestamptz`).join(', ')})
    WHERE d.client_id = e.client_id AND d.id = e.id`,
);

/** How a provider names a message. */
export interface NamedByProvider {
  readonly clientId: ClientId;
  readonly providerId: string;
  readonly deliveryId?: string | null;
  readonly reference?: string | null;
  readonly recipient?: string | null;
}

/** A delivery as it was when it was found. */
export interface Matched {
  readonly id: string;
  readonly status: DeliveryStatus;
  readonly ladder: number | null;
}

export type Locked = Readonly<Record<Engagement, Date | null>> & {
  readonly clientId: ClientId;
  readonly id: string;
  readonly notificationId: string;
  readonly channel: string;
  readonly recipient: string;
  readonly ladder: number | null;
  readonly status: DeliveryStatus;
};

export type Engaged = Readonly<Partial<Record<Engagement, Date>>> & {
  readonly clientId: ClientId;
  readonly id: string;
};

/** What is told of deliveries after they were sent, of all clients. */
@Injectable()
export class NewsRepository {
  /** The delivery that each of them means, in their order; null where there is none, or not yet. */
  async match(within: Queryable, asked: readonly NamedByProvider[]): Promise<(Matched | null)[]> {
    const rows = asked.map(({ clientId, providerId, deliveryId, reference, recipient }, n) => ({
      ...{ n, client_id: clientId, provider_id: providerId },
      ...{ delivery_id: deliveryId ?? null, reference: reference ?? null, recipient: recipient ?? null },
    }));
    const found = await within.query<Matched & { n: number }>(MATCH, [JSON.stringify(rows)]);
    const byPlace = new Map(found.map(({ n, ...matched }) => [n, matched]));
    return asked.map((_one, n) => byPlace.get(n) ?? null);
  }

  lock(tx: Tx, deliveries: readonly { readonly clientId: ClientId; readonly id: string }[]): Promise<Locked[]> {
    return tx.query(LOCK, [deliveries.map(({ clientId }) => clientId), deliveries.map(({ id }) => id)]);
  }

  engage(tx: Tx, engaged: readonly Engaged[]): void {
    if (engaged.length === 0) return;
    tx.send(ENGAGE, [JSON.stringify(engaged.map(({ clientId, ...rest }) => ({ client_id: clientId, ...rest })))]);
  }
}
