import type { ClientId } from '../../platform/database/index.js';

/** What a room's durable events are called on sockets, in the feed and in webhooks. */
export const ROOM_EVENTS = {
  created: 'room.created',
  deactivated: 'room.deactivated',
  reactivated: 'room.reactivated',
  memberJoined: 'member.joined',
  memberLeft: 'member.left',
  memberRemoved: 'member.removed',
  memberUpdated: 'member.updated',
} as const;

export type RoomEventName = (typeof ROOM_EVENTS)[keyof typeof ROOM_EVENTS];

/** A durable event of a room as it is stored: everything but messages, which are their own event. */
export interface RoomEvent {
  readonly clientId: ClientId;
  readonly roomId: string;
  readonly offset: number;
  readonly ev: RoomEventName;
  readonly data: object;
  readonly at: Date;
}
