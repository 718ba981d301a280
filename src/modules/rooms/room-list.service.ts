import { Injectable } from '@nestjs/common';
import type { ClientId, UserId } from '../../platform/database/index.js';
import type { ActivityPlace } from './activity-place.js';
import { MembersRepository } from './members.repository.js';
import type { RoomMember } from './room-member.entity.js';
import type { Room } from './room.entity.js';
import { type RoomFilter, type RoomOfUser, RoomsRepository } from './rooms.repository.js';

/** Lists of rooms and members. Each gives one row more than asked for, which tells that there is a next page. */
@Injectable()
export class RoomListService {
  constructor(
    private readonly rooms: RoomsRepository,
    private readonly memberships: MembersRepository,
  ) {}

  /** Every room of the client, newest activity first. */
  all(clientId: ClientId, filter: RoomFilter, limit: number, before: ActivityPlace | null): Promise<Room[]> {
    return this.rooms.pageAll(clientId, filter, limit, before);
  }

  /** The rooms of a user, newest activity first. */
  ofUser(clientId: ClientId, userId: UserId, limit: number, before: ActivityPlace | null): Promise<RoomOfUser[]> {
    return this.rooms.pageOfUser(clientId, userId, limit, before);
  }

  members(clientId: ClientId, roomId: string, limit: number, after: UserId | null): Promise<RoomMember[]> {
    return this.memberships.page(clientId, roomId, limit, after);
  }
}
