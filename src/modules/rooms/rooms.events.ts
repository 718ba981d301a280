import type { ClientId, UserId } from '../../platform/database/index.js';
import type { DurableEventName, EventTable } from '../../platform/realtime/index.js';
import { MemberView, ReceiptsView, RoomView } from './room.view.js';

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

/** Told to the room when a member got or read more; takes no offset. */
export const RECEIPT_UPDATED = 'receipt.updated';

type RoomEventName = (typeof ROOM_EVENTS)[keyof typeof ROOM_EVENTS];

/** What takes an offset: told to sockets, kept in the feed, and told to other systems. */
export const ROOM_OUTBOUND = {
  'room.created': { summary: 'A room was made, with its first members', data: RoomView, kind: 'durable' },
  'room.updated': { summary: 'A room was changed', data: RoomView, kind: 'durable' },
  'room.deactivated': { summary: 'A room was closed, by hand or for inactivity', data: RoomView, kind: 'durable' },
  'room.reactivated': { summary: 'A room is open again', data: RoomView, kind: 'durable' },
  'room.deleted': { summary: 'A room is gone; nothing of it follows', data: RoomView, kind: 'durable' },
  'member.joined': { summary: 'Somebody joined a room', data: MemberView, kind: 'durable' },
  'member.left': { summary: 'Somebody left a room', data: MemberView, kind: 'durable' },
  'member.removed': { summary: 'Somebody was removed from a room', data: MemberView, kind: 'durable' },
  'member.updated': { summary: 'A member has another role', data: MemberView, kind: 'durable' },
} as const satisfies EventTable<RoomEventName>;

/** What each carries to sockets. */
export const ROOM_PUSHES = {
  ...ROOM_OUTBOUND,
  'room.expiring': {
    summary: 'A room will be deactivated for inactivity',
    data: RoomView,
    kind: 'room',
    scope: 'rooms:read',
  },
  'receipt.updated': {
    summary: 'How far a member has got and read',
    data: ReceiptsView,
    kind: 'room',
    scope: 'rooms:read',
  },
} as const satisfies EventTable<RoomEventName | typeof ROOM_EXPIRING | typeof RECEIPT_UPDATED>;

declare module '../../platform/realtime/event.js' {
  interface EventTables {
    readonly rooms: typeof ROOM_PUSHES;
  }
}

declare module '../../platform/outbox/outbound-event.js' {
  interface OutboundTables {
    readonly rooms: typeof ROOM_OUTBOUND;
  }
}

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
  /** How many systems, told one by the other, led to it. */
  readonly hops: number;
}

/** What an announcement says; the room gives it its place, and what runs just now its hops, where it names none. */
export type Announcement = Pick<RoomEvent, 'ev' | 'data'> &
  Partial<Pick<RoomEvent, 'kept' | 'messageId' | 'userId' | 'hops'>>;
