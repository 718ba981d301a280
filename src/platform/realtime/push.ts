import type { ClientId, UserId } from '../database/index.js';
import type { EventName } from './event.js';

/** Those subscribed to a room, or all sockets of a user. */
export type Topic = { readonly kind: 'room'; readonly id: string } | { readonly kind: 'user'; readonly id: string };
/** Whose sockets a push is for; of several rooms each socket takes it once. Always within one client. */
export type Audience = Topic | { readonly kind: 'rooms'; readonly ids: readonly string[] };

/** An event on its way to sockets. Durable room events carry their `offset`; ephemeral ones do not. */
export interface Push {
  readonly clientId: ClientId;
  readonly audience: Audience;
  readonly ev: EventName;
  readonly roomId?: string;
  readonly offset?: number;
  readonly ts: string;
  readonly data: unknown;
  /** Who is not told: the socket, or the user, that caused it. */
  readonly exceptSocket?: string;
  readonly exceptUser?: UserId;
}

/** Who hears a room from an event on, whom it is the last for, or that it is the last for all. */
export interface Hearing {
  readonly joined?: readonly UserId[];
  readonly left?: readonly UserId[];
  readonly ended?: true;
}

/** What nodes tell each other: a push, and who hears the room from then on. The two are one, so that nobody hears too much. */
export interface News {
  readonly push: Push;
  readonly hearing?: Hearing;
}

/** Of the moment: a later one replaces it, or it was stale anyway. A slow reader does without these first. */
const EPHEMERAL: ReadonlySet<string> = new Set<EventName>([
  'typing.started',
  'typing.stopped',
  'presence.changed',
  'receipt.updated',
  'room.head',
]);

export const isEphemeral = ({ ev }: { readonly ev: string }): boolean => EPHEMERAL.has(ev);
