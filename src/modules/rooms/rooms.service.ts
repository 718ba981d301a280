import { Injectable } from '@nestjs/common';
import { type ClientId, newId, type Tx, type UserId } from '../../platform/database/index.js';
import { InvalidInput } from '../../platform/errors/index.js';
import type { Principal } from '../../platform/security/index.js';
import { UsersRepository } from '../users/index.js';
import type { MemberRole } from './room-member.entity.js';
import type { Room, RoomSettings, RoomType } from './room.entity.js';
import { RoomFull } from './rooms.errors.js';
import { ROOM_EVENTS } from './rooms.events.js';
import { aboutRoom, RoomNews } from './room-news.js';
import { RoomsRepository } from './rooms.repository.js';
import { directKeyOf } from './rooms.rules.js';

export interface FirstMember {
  readonly userId: UserId;
  readonly role: MemberRole;
}

export interface RoomWish {
  readonly type: RoomType;
  readonly name?: string;
  readonly description?: string;
  readonly members: readonly FirstMember[];
  readonly maxMembers?: number;
  readonly settings?: RoomSettings;
  readonly metadata?: Record<string, unknown>;
}

@Injectable()
export class RoomsService {
  constructor(
    private readonly rooms: RoomsRepository,
    private readonly users: UsersRepository,
    private readonly news: RoomNews,
  ) {}

  /** Makes a room with its first members, who are in it when this commits. A direct room is made once per pair. */
  async create(tx: Tx, { clientId, userId }: Principal, wish: RoomWish): Promise<{ room: Room; created: boolean }> {
    const members = firstMembers(wish, userId);
    const directKey = wish.type === 'direct' ? directKeyOf(members.map((member) => member.userId)) : null;
    await this.users.mention(
      clientId,
      members.map((member) => member.userId),
      tx,
    );
    const room = await this.rooms.insert(tx, clientId, {
      id: newId(),
      type: wish.type,
      name: wish.name ?? null,
      description: wish.description ?? null,
      maxMembers: wish.type === 'direct' ? 2 : (wish.maxMembers ?? null),
      settings: wish.settings ?? {},
      metadata: wish.metadata ?? {},
      createdBy: members.find(({ role }) => role === 'owner')?.userId ?? null,
      directKey,
      memberCount: members.length,
    });
    if (!room) return { room: await this.existingDirect(tx, clientId, directKey ?? ''), created: false };
    await this.rooms.insertMembers(tx, clientId, room.id, members, 0);
    await this.news.tell(tx, room, aboutRoom(ROOM_EVENTS.created, room), {
      joined: members.map(({ userId: id }) => id),
    });
    return { room, created: true };
  }

  private async existingDirect(tx: Tx, clientId: ClientId, directKey: string): Promise<Room> {
    const room = await this.rooms.findDirect(tx, clientId, directKey);
    if (!room) throw new Error('A direct room was deleted while its twin was asked for.');
    return room;
  }
}

/** The acting user as owner, then the named ones. @throws InvalidInput, RoomFull */
function firstMembers({ type, members, maxMembers }: RoomWish, actor: UserId | null): FirstMember[] {
  const byId = new Map<UserId, FirstMember>();
  members.forEach((member, at) => {
    if (byId.has(member.userId))
      throw InvalidInput.at(`/members/${at}`, 'duplicate', `${member.userId} is named twice`);
    byId.set(member.userId, actor === null || member.role !== 'owner' ? member : { ...member, role: 'member' });
  });
  const all =
    actor === null
      ? [...byId.values()]
      : [{ userId: actor, role: 'owner' as const }, ...[...byId.values()].filter(({ userId }) => userId !== actor)];
  if (all.filter(({ role }) => role === 'owner').length > 1)
    throw InvalidInput.at('/members', 'one_owner', 'a room has one owner at most');
  if (type === 'direct' && all.length !== 2)
    throw InvalidInput.at('/members', 'two_members', 'a direct room has exactly two members, the acting user included');
  if (maxMembers !== undefined && all.length > maxMembers) throw new RoomFull(maxMembers);
  return all;
}
