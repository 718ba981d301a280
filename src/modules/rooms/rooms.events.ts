import type { ClientId, UserId } from '../../platform/database/index.js';

/** What a room's durable events are called on sockets, in the feed and in webhooks. */
export const ROOM_EVENTS = {
  created: 'room.created',
  updated: 'room.updated',
  deactivated: 'room.deactivated',
  reactivated: 'room.reactivated',
  deleted: 'room.deleted',
  memberJoined: 'member.joined',
  memberLeft: 'member.left',
  memberRemoved: 'member.removed',
  memberUpdated: 'member.updated',
} as const;

/** Told to sockets ahead of a deactivation for inactivity; takes no offset. */
export const ROOM_EXPIRING = 'room.expiring';

/** Every durable event is a room's: it takes the room's next offset, whichever module announces it. */
export type DurableEventName = `${'room' | 'member' | 'message' | 'reaction'}.${string}`;

/** A durable event of a room: all but `message.created`, which the message itself is. */
export interface RoomEvent {
  readonly clientId: ClientId;
  readonly roomId: string;
  readonly offset: number;
  readonly ev: DurableEventName;
  /** What sockets are told. */
  readonly data: object;
  /** What is stored. Messages and users are referred to, not repeated: what is deleted is gone from the feed too. */
  readonly kept: object | null;
  readonly messageId: string | null;
  readonly userId: UserId | null;
  readonly at: Date;
}

/** What an announcement says; the room gives it its place. */
export type Announcement = Pick<RoomEvent, 'ev' | 'data'> & Partial<Pick<RoomEvent, 'kept' | 'messageId' | 'userId'>>;
