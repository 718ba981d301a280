import type { InboundRequest } from '../../src/extension/index.js';
import type { Sender } from '../fakes/webhook-senders.js';
import type { Reply } from '../support/api.js';
import type { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import type { TestClient } from './clients.js';

export interface TestSource {
  readonly id: string;
  readonly url: string;
  /** When it was made with it. */
  readonly secret?: string;
}

/** A source of a client: for Stripe's events, unless it is to be another. */
export async function aSource(client: TestClient, wish: object = {}): Promise<TestSource> {
  const whole = { event: 'order.paid', verification: { scheme: 'stripe' }, ...wish };
  const { status, body } = await client.master.post('/webhooks/sources', whole);
  if (status !== 201) throw new Error(`No source: ${JSON.stringify(body)}`);
  return body as TestSource;
}

/** What an inbound call is answered, byte by byte. */
export interface DoorReply {
  readonly status: number;
  readonly text: string;
  readonly type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is what the test asserts
  readonly body: any;
}

/** Calls as another system does; the id of the request is the same each time, so that answers can be compared. */
export async function call(
  url: string,
  { headers, body }: Pick<InboundRequest, 'headers' | 'body'>,
): Promise<DoorReply> {
  const response = await fetch(url, { method: 'POST', headers: { 'x-request-id': 'one-id', ...headers }, body });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, text, type, body: /json/.test(type) && text ? JSON.parse(text) : text };
}

/** A call that a sender signs now, or at another time. */
export const signedCall = (
  sender: Sender,
  secret: string,
  { at = new Date(), body }: { at?: Date; body?: string } = {},
): InboundRequest | Promise<InboundRequest> => sender.call({ secret, at, ...(body !== undefined && { body }) });

export interface SeenAction {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly attempts: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is what the test asserts
  readonly result?: any;
  readonly error?: { readonly code: string; readonly message: string };
  readonly endedAt: string | null;
}

export interface SeenEvent {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly payload: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly actions: readonly SeenAction[];
}

export async function eventOf(client: TestClient, id: string): Promise<SeenEvent> {
  return (await client.master.get(`/webhooks/events/${id}`)).body as SeenEvent;
}

/** The event, once it has one of the statuses. */
export const eventReached = (client: TestClient, id: string, ...statuses: string[]): Promise<SeenEvent> =>
  eventually(async () => {
    const seen = await eventOf(client, id);
    if (!statuses.includes(seen.status)) throw new Error(`Still ${JSON.stringify(seen)}`);
    return seen;
  });

/** The places of a refusal's faults, with their codes. */
export const faultsIn = ({ body }: Pick<Reply, 'body'>): string[] =>
  (body.errors as { pointer: string; code: string }[]).map(({ pointer, code }) => `${pointer} ${code}`);

export const atRoot = (app: TestApp, client: TestClient, event = 'order.paid'): string =>
  `${app.url}/webhooks/${client.slug}/${event}`;
