import type { ClientId, UserId } from '../database/index.js';
import type { Principal, UserPrincipal } from '../security/index.js';

export interface RoomRef {
  readonly clientId: ClientId;
  readonly roomId: string;
}
export interface RoomPosition {
  readonly roomId: string;
  /** Number of the room's last durable event. */
  readonly head: number;
  readonly lastSeq: number;
  readonly unreadCount: number;
}
export type RoomHead = RoomRef & Pick<RoomPosition, 'head' | 'lastSeq'>;

export type RoomStanding = RoomHead & { readonly members: readonly UserId[] };

/** What sockets ask of rooms; the rooms module provides it. */
export abstract class RoomDirectory {
  /** The rooms a user is in, and where each stands. */
  abstract positions(user: UserPrincipal): Promise<RoomPosition[]>;
  abstract heads(rooms: readonly RoomRef[]): Promise<RoomHead[]>;
  /** Where a room stands and which of the users are in it, as of one moment; null when it is gone. */
  abstract standing(room: RoomRef, userIds: readonly UserId[]): Promise<RoomStanding | null>;
  /** Whether the caller may hear a room. */
  abstract maySee(caller: Principal, roomId: string): Promise<boolean>;
}
