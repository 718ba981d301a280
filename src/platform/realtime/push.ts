import type { ClientId } from '../database/index.js';

/** Whose sockets a push is for: those subscribed to a room, or all of a user. Always within one client. */
export type Audience = { readonly kind: 'room'; readonly id: string } | { readonly kind: 'user'; readonly id: string };

/** An event on its way to sockets. Durable room events carry their `offset`; ephemeral ones do not. */
export interface Push {
  readonly clientId: ClientId;
  readonly audience: Audience;
  readonly ev: string;
  readonly roomId?: string;
  readonly offset?: number;
  readonly ts: string;
  readonly data: unknown;
}
