import { canary } from '../support/canaries.js';
import { eventually } from '../support/eventually.js';
import type { TestClient } from './clients.js';

export interface SeenDelivery {
  readonly id: string;
  readonly channel: string;
  readonly recipient: string;
  readonly status: string;
  readonly reason: string | null;
  readonly attempts: number;
  readonly providerId: string | null;
}

export interface SeenNotification {
  readonly id: string;
  readonly status: string;
  readonly counts: { total: number; open: number; failed: number; skipped: number };
  readonly deliveries: readonly SeenDelivery[];
}

export interface Entry {
  readonly at: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly attempt?: number;
  readonly providerId?: string;
  readonly deliveryId?: string;
}

/** Sends; what is asked of it is answered as the API answers. @returns its id */
export async function send(client: TestClient, wish: object): Promise<string> {
  const { status, body } = await client.master.post('/notifications/send', wish);
  if (status !== 202) throw new Error(`Not accepted: ${JSON.stringify(body)}`);
  return (body as { id: string }).id;
}

export async function notificationOf(client: TestClient, id: string): Promise<SeenNotification> {
  return (await client.master.get(`/notifications/${id}`)).body as SeenNotification;
}

/** The notification, once it has reached a status. */
export function reached(client: TestClient, id: string, ...statuses: string[]): Promise<SeenNotification> {
  return eventually(async () => {
    const seen = await notificationOf(client, id);
    if (!statuses.includes(seen.status)) throw new Error(`Still ${JSON.stringify(seen)}`);
    return seen;
  });
}

/** The notification, once its first delivery has a status. */
export function deliveryReached(client: TestClient, id: string, status: string): Promise<SeenDelivery> {
  return eventually(async () => {
    const [delivery] = (await notificationOf(client, id)).deliveries;
    if (delivery?.status !== status) throw new Error(`Still ${JSON.stringify(delivery)}`);
    return delivery;
  });
}

export async function timelineOf(client: TestClient, id: string): Promise<Entry[]> {
  return ((await client.master.get(`/notifications/${id}/events?limit=100`)).body as { data: Entry[] }).data;
}

export const anEmail = (wish: object = {}): object => ({
  subject: 'Hello',
  text: `Hello there, ${canary('text')}`,
  ...wish,
});
