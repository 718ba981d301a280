import { randomUUID } from 'node:crypto';
import { Database } from '../../src/platform/database/index.js';
import { OutboundCatalogue, type OutboundEvent, Outbox, type OutboundTable } from '../../src/platform/outbox/index.js';
import type { TestApp } from '../support/app.js';
import type { TestClient } from './clients.js';

export interface TestEndpoint {
  readonly id: string;
  readonly secret: string;
}

/** An endpoint of a client, for everything unless told. */
export async function anEndpoint(client: TestClient, url: string, wish: object = {}): Promise<TestEndpoint> {
  const { status, body } = await client.master.post('/webhooks/endpoints', { url, eventTypes: ['*'], ...wish });
  if (status !== 201) throw new Error(`No endpoint: ${JSON.stringify(body)}`);
  return body as TestEndpoint;
}

type Wish = Partial<Omit<OutboundEvent, 'data' | 'clientId'>> & { readonly data?: object };

/** Has something happen to a client: as told by whoever did it, in a transaction of its own. */
export async function tell(
  app: Pick<TestApp, 'part'>,
  client: Pick<TestClient, 'id'>,
  ...wishes: Wish[]
): Promise<void> {
  const events = wishes.map(({ data = { id: randomUUID() }, ...wish }): OutboundEvent => ({
    ...{ clientId: client.id, type: 'message.created', at: new Date(), hops: 0, data: () => data },
    ...wish,
  }));
  await app.part(Database).transaction((tx) => app.part(Outbox).tell(tx, events));
}

/** Declares what nobody has declared yet. */
export function declare(app: Pick<TestApp, 'part'>, ...tables: OutboundTable[]): void {
  const catalogue = app.part(OutboundCatalogue);
  const known = new Set(catalogue.all().map(({ type }) => type));
  for (const table of tables)
    for (const [type, declaration] of Object.entries(table))
      if (!known.has(type)) catalogue.declare({ [type]: declaration });
}
