import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { type ClientId, Database, newId, type Tx, type UserId } from '../../platform/database/index.js';
import { InvalidInput } from '../../platform/errors/index.js';
import type { Principal } from '../../platform/security/index.js';
import { UsersRepository } from '../users/index.js';
import { noteMastersAct, noteMastersChange } from './master-acts.js';
import { MembersRepository } from './members.repository.js';
import { RoomAccess } from './room-access.js';
import type { MemberRole } from './room-member.entity.js';
import type { Room, RoomType } from './room.entity.js';
import { DirectRoom, RoomFull } from './rooms.errors.js';
import { ROOM_EVENTS } from './rooms.events.js';
import { aboutRoom, RoomNews } from './room-news.js';
import { type RoomProfile, RoomsRepository } from './rooms.repository.js';
import { directKeyOf, mergedSettings, type SettingsChange } from './rooms.rules.js';

export interface FirstMember {
  readonly userId: UserId;
  readonly role: MemberRole;
}

export interface RoomWish {
  /** Chosen ahead; a new one when absent. */
  readonly id?: string;
  readonly type: RoomType;
  readonly name?: string;
  readonly description?: string;
  readonly members: readonly FirstMember[];
  readonly maxMembers?: number;
  readonly settings?: SettingsChange;
  readonly metadata?: Record<string, unknown>;
}

/** What is absent stays as it is. */
export interface RoomPatch {
  readonly name?: string | null;
  readonly description?: string | null;
  readonly maxMembers?: number | null;
  /** Only the settings that are named change; null takes one away. */
  readonly settings?: SettingsChange;
  readonly metadata?: Record<string, unknown>;
}

@Injectable()
export class RoomsService {
  constructor(
    private readonly database: Database,
    private readonly rooms: RoomsRepository,
    private readonly members: MembersRepository,
    private readonly access: RoomAccess,
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
      id: wish.id ?? newId(),
      type: wish.type,
      name: wish.name ?? null,
      description: wish.description ?? null,
      maxMembers: wish.type === 'direct' ? 2 : (wish.maxMembers ?? null),
      settings: mergedSettings({}, wish.settings ?? {}),
      metadata: wish.metadata ?? {},
      createdBy: members.find(({ role }) => role === 'owner')?.userId ?? null,
      directKey,
      memberCount: members.length,
    });
    if (!room) return { room: await this.existingDirect(tx, clientId, directKey ?? ''), created: false };
    await this.members.insert(tx, clientId, room.id, members, 0);
    await this.news.tell(tx, room, aboutRoom(ROOM_EVENTS.created, room), {
      joined: members.map(({ userId: id }) => id),
    });
    return { room, created: true };
  }

  /** A patch that changes nothing is no event. @throws NotFound, MayNot, DirectRoom, RoomFull */
  change(caller: Principal, roomId: string, patch: RoomPatch): Promise<Room> {
    return this.database.transaction(async (tx) => {
      const { room } = await this.access.lockedFor(tx, caller, roomId, 'change', 'change it');
      const before = profileOf(room);
      const after = patched(before, patch);
      if (isDeepStrictEqual(after, before)) return room;
      assertFits(room, after.maxMembers);
      const changed = await this.rooms.change(tx, caller.clientId, roomId, after);
      await this.news.tell(tx, changed, aboutRoom(ROOM_EVENTS.updated, changed));
      noteMastersChange(tx, caller, roomId, { before, after });
      return changed;
    });
  }

  /** Removes the room and everything of it. @throws NotFound, MayNot */
  async remove(caller: Principal, roomId: string): Promise<void> {
    const { clientId } = caller;
    await this.database.transaction(async (tx) => {
      const { room } = await this.access.lockedFor(tx, caller, roomId, 'delete', 'delete it');
      const last = await this.rooms.advance(tx, clientId, roomId, 0);
      await this.rooms.delete(tx, clientId, roomId);
      await this.news.tellEnd(tx, last, aboutRoom(ROOM_EVENTS.deleted, last));
      const { type, status, memberCount, lastSeq } = room;
      noteMastersAct(tx, caller, roomId, { action: 'room.deleted', before: { type, status, memberCount, lastSeq } });
    });
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

const profileOf = ({ name, description, maxMembers, settings, metadata }: Room): RoomProfile => ({
  name,
  description,
  maxMembers,
  settings,
  metadata,
});

function patched(before: RoomProfile, { settings = {}, ...patch }: RoomPatch): RoomProfile {
  const said = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  return { ...before, ...said, settings: mergedSettings(before.settings, settings) };
}

/** @throws DirectRoom, RoomFull */
function assertFits(room: Room, maxMembers: number | null): void {
  if (maxMembers === room.maxMembers) return;
  if (room.type === 'direct') throw new DirectRoom();
  if (maxMembers !== null && maxMembers < room.memberCount) throw new RoomFull(maxMembers);
}
