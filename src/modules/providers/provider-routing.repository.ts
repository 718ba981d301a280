import { Injectable } from '@nestjs/common';
import {
  type ClientId,
  Database,
  type Queryable,
  statement,
  takeTurn,
  type Tx,
} from '../../platform/database/index.js';
import type { ChannelRouting, Routing } from './routing.rules.js';

const FIND = statement(
  'provider_routing.find',
  `SELECT r.channel, r.bulk_threshold AS "bulkThreshold", r.strategy FROM provider_routing r WHERE r.client_id = $1 ORDER BY r.channel`,
);
/** Two who set it at once would wait for each other's rows. */
const CLEAR = statement(
  'provider_routing.clear',
  `DELETE FROM provider_routing WHERE client_id = $1 AND channel <> ALL ($2::varchar[])`,
);
const SAVE = statement(
  'provider_routing.save',
  `INSERT INTO provider_routing (client_id, channel, bulk_threshold, strategy)
   SELECT $1, r.channel, r.bulk_threshold, r.strategy FROM json_to_recordset($2) AS r (channel varchar, bulk_threshold integer, strategy varchar)
    ORDER BY r.channel
   ON CONFLICT (client_id, channel) DO UPDATE SET bulk_threshold = EXCLUDED.bulk_threshold, strategy = EXCLUDED.strategy`,
);

@Injectable()
export class ProviderRoutingRepository {
  constructor(private readonly database: Database) {}

  /** Whoever sets it waits for those before. */
  async lock(tx: Tx, clientId: ClientId): Promise<void> {
    await takeTurn(tx, `routing ${clientId}`);
  }

  /** Of the channels for which something was set. */
  async find(clientId: ClientId, within: Queryable = this.database): Promise<Routing> {
    const rows = await within.query<ChannelRouting & { channel: string }>(FIND, [clientId]);
    return Object.fromEntries(rows.map(({ channel, ...routing }) => [channel, routing]));
  }

  /** What is set from now on: nothing for channels that are not in it. */
  async replace(tx: Tx, clientId: ClientId, routing: Routing): Promise<void> {
    await tx.query(CLEAR, [clientId, Object.keys(routing)]);
    const rows = Object.entries(routing).map(([channel, { bulkThreshold, strategy }]) => ({
      ...{ channel, bulk_threshold: bulkThreshold, strategy },
    }));
    await tx.query(SAVE, [clientId, JSON.stringify(rows)]);
  }
}
