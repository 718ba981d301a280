import { type Tx, statement } from '../../src/platform/database/index.js';
import {
  type OutboundEvent,
  type OutboundEventName,
  Outbox,
  type OutboxListener,
} from '../../src/platform/outbox/index.js';
import type { TestApp } from './app.js';
import { eventually } from './eventually.js';
import { rows } from './rows.js';

const MADE = `CREATE TABLE IF NOT EXISTS outbox_heard (n bigserial PRIMARY KEY, client_id uuid NOT NULL, type text NOT NULL, at timestamptz NOT NULL,
  room_id uuid, "offset" int, hops int NOT NULL, data jsonb NOT NULL)`;
const HEAR = statement(
  'test.outbox_heard',
  `INSERT INTO outbox_heard (client_id, type, at, room_id, "offset", hops, data)
   SELECT e."clientId", e.type, e.at, e."roomId", e."offset", e.hops, e.data
     FROM jsonb_to_recordset($1::jsonb) AS e ("clientId" uuid, type text, at timestamptz, "roomId" uuid, "offset" int, hops int, data jsonb)`,
);

/** An event as it was taken on. */
export interface HeardEvent {
  readonly type: OutboundEventName;
  readonly at: Date;
  readonly roomId: string | null;
  readonly offset: number | null;
  readonly hops: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is what the test asserts
  readonly data: any;
}

/** Takes on all that some clients' outbox is told, in its transaction, as who tells other systems would. */
export class OutboxEar implements OutboxListener {
  /** Fails what it is told of. */
  refuses = false;
  /** How often it did. */
  refused = 0;
  /** What it was asked, by anybody's change. */
  readonly asked: string[] = [];
  private readonly clientIds = new Set<string>();

  private constructor(
    private readonly app: TestApp,
    private readonly processes: readonly TestApp[],
  ) {}

  /** At every process given, which are of one installation. */
  static async at(app: TestApp, ...others: TestApp[]): Promise<OutboxEar> {
    const ear = new OutboxEar(app, [app, ...others]);
    await rows(app, MADE);
    for (const process of ear.processes) process.part(Outbox).subscribe(ear);
    return ear;
  }

  /** Resolves when no process takes anything of a client for wanted: what is not known yet is, for the time being. */
  async isAlone(clientId: string, types: readonly OutboundEventName[]): Promise<void> {
    const named = types.map((type) => ({ clientId, type }));
    for (const process of this.processes)
      await eventually(async () => (await process.part(Outbox).wanted(named)).length === 0);
  }

  hear(clientId: string): void {
    this.clientIds.add(clientId);
  }

  wants(clientId: string, type: OutboundEventName): boolean {
    this.asked.push(type);
    return this.clientIds.has(clientId);
  }

  async accept(tx: Tx, events: readonly OutboundEvent[]): Promise<void> {
    if (this.refuses) {
      this.refused++;
      throw new Error('refused by the test');
    }
    const told = events.map(({ room, data, ...event }) => ({
      ...{ ...event, roomId: room?.id, offset: room?.offset, data: data() },
    }));
    await tx.query(HEAR, [JSON.stringify(told)]);
  }

  /** All that was committed of a client, in the order it was told. */
  heard(clientId: string, type = '%'): Promise<HeardEvent[]> {
    return rows(
      this.app,
      `SELECT type, at, room_id AS "roomId", "offset", hops, data FROM outbox_heard WHERE client_id = $1 AND type LIKE $2 ORDER BY n`,
      [clientId, type],
    );
  }
}
