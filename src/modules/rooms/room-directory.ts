import { Injectable } from '@nestjs/common';
import type { UserId } from '../../platform/database/index.js';
import {
  RoomDirectory,
  type RoomHead,
  type RoomPosition,
  type RoomRef,
  type RoomStanding,
} from '../../platform/realtime/index.js';
import type { Principal, UserPrincipal } from '../../platform/security/index.js';
import { RoomAccess } from './room-access.js';
import { RoomsRepository } from './rooms.repository.js';

/** What sockets ask of rooms. */
@Injectable()
export class StoredRoomDirectory extends RoomDirectory {
  constructor(
    private readonly rooms: RoomsRepository,
    private readonly access: RoomAccess,
  ) {
    super();
  }

  positions({ clientId, userId }: UserPrincipal): Promise<RoomPosition[]> {
    return this.rooms.positions(clientId, userId);
  }

  heads(rooms: readonly RoomRef[]): Promise<RoomHead[]> {
    return this.rooms.heads(rooms);
  }

  standing({ clientId, roomId }: RoomRef, userIds: readonly UserId[]): Promise<RoomStanding | null> {
    return this.rooms.standing(clientId, roomId, userIds);
  }

  maySee(caller: Principal, roomId: string): Promise<boolean> {
    return this.access.maySee(caller, roomId);
  }
}
