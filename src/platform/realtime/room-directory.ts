import type { ClientId } from '../database/index.js';
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

/** What sockets ask of rooms; the rooms module provides it. */
export abstract class RoomDirectory {
  /** The rooms a user is in, and where each stands. */
  abstract positions(user: UserPrincipal): Promise<RoomPosition[]>;
  abstract heads(rooms: readonly RoomRef[]): Promise<RoomHead[]>;
  /** Whether the caller may hear a room. */
  abstract maySee(caller: Principal, roomId: string): Promise<boolean>;
}
