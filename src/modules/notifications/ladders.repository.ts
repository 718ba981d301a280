import { Injectable } from '@nestjs/common';
import { type ClientId, Database, type Queryable, statement, type Tx } from '../../platform/database/index.js';
import type { DeliveryStatus } from './delivery-status.js';
import type { Routing } from './ladder.rules.js';

const SIBLING = `d.client_id AS "clientId", d.id, d.notification_id AS "notificationId", d.channel, d.ladder, d.step, d.status,
  (d.seen_at IS NOT NULL OR d.read_at IS NOT NULL OR d.opened_at IS NOT NULL OR d.clicked_at IS NOT NULL) AS "isSeen",
  (d.awaited_ref IS NOT NULL OR d.channel = 'websocket') AS confirms, n.routing`;
const OF_LADDERS = `unnest($1::uuid[], $2::uuid[]) AS asked (client_id, id)
     CROSS JOIN LATERAL (SELECT a.client_id, a.notification_id, a.ladder FROM deliveries a
        WHERE a.client_id = asked.client_id AND a.id = asked.id AND a.ladder IS NOT NULL) AS a
     JOIN deliveries d ON d.client_id = a.client_id AND d.notification_id = a.notification_id AND d.ladder = a.ladder
     JOIN notifications n ON n.client_id = d.client_id AND n.id = d.notification_id`;

const SIBLINGS = statement('ladders.siblings', `SELECT DISTINCT ON (d.id) ${SIBLING} FROM ${OF_LADDERS} ORDER BY d.id`);
/** In the order in which deliveries are locked everywhere. */
const LOCK = statement(
  'ladders.lock',
  `SELECT id FROM deliveries WHERE (client_id, id) IN (SELECT d.client_id, d.id FROM ${OF_LADDERS}) ORDER BY id FOR UPDATE`,
);

/** A delivery of a ladder. */
export interface Sibling {
  readonly clientId: ClientId;
  readonly id: string;
  readonly notificationId: string;
  readonly channel: string;
  readonly ladder: number;
  readonly step: number;
  readonly status: DeliveryStatus;
  readonly isSeen: boolean;
  readonly confirms: boolean;
  readonly routing: Routing;
}

interface Named {
  readonly clientId: ClientId;
  readonly id: string;
}

const columnsOf = (deliveries: readonly Named[]) => [
  deliveries.map(({ clientId }) => clientId),
  deliveries.map(({ id }) => id),
];

/** The deliveries that are tried one after the other. */
@Injectable()
export class LaddersRepository {
  constructor(private readonly database: Database) {}

  /** Every delivery of the ladders that these are on. */
  siblings(deliveries: readonly Named[], within: Queryable = this.database): Promise<Sibling[]> {
    return within.query(SIBLINGS, columnsOf(deliveries));
  }

  /** Before anything of these ladders is written. */
  async lock(tx: Tx, deliveries: readonly Named[]): Promise<void> {
    await tx.query(LOCK, columnsOf(deliveries));
  }
}
