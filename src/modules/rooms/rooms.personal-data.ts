import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database, type Tx } from '../../platform/database/index.js';
import {
  type DataSubject,
  ERASED_AT_ONCE,
  type Erasure,
  everyRow,
  PersonalData,
  type PersonalDataPart,
  untilNothingIsLeft,
} from '../users/index.js';
import { Departures } from './departures.js';
import { MembersRepository } from './members.repository.js';
import { aboutMember, aboutRoom, RoomNews } from './room-news.js';
import { ROOM_EVENTS } from './rooms.events.js';
import {
  type BanOfUser,
  type MembershipOfUser,
  ROOM_REFERENCES,
  RoomsErasureRepository,
} from './rooms-erasure.repository.js';
import { RoomsRepository } from './rooms.repository.js';

const PAGE = 500;

/** What rooms keep about a user: memberships, bans, what their own rooms are called, and who did what in the feed. */
@Injectable()
export class RoomsPersonalData implements PersonalDataPart, OnModuleInit {
  readonly stage = 'content';
  readonly lists = {
    rooms: (subject: DataSubject) => this.membershipsOf(subject),
    bans: (subject: DataSubject) => this.bansOf(subject),
  };

  constructor(
    private readonly data: PersonalData,
    private readonly database: Database,
    private readonly rooms: RoomsRepository,
    private readonly members: MembersRepository,
    private readonly departures: Departures,
    private readonly stored: RoomsErasureRepository,
    private readonly news: RoomNews,
  ) {}

  onModuleInit(): void {
    this.data.register(this);
  }

  async erase(erasure: Erasure): Promise<number> {
    const { clientId, userId } = erasure;
    let count = 0;
    count += await untilNothingIsLeft(() => this.leaveSome(erasure));
    count += await untilNothingIsLeft(() => this.clearSome(erasure));
    count += await untilNothingIsLeft(() => this.stored.unban(clientId, userId, ERASED_AT_ONCE));
    for (const reference of ROOM_REFERENCES)
      count += await untilNothingIsLeft(() => this.stored.rename(reference, clientId, erasure, ERASED_AT_ONCE));
    return count;
  }

  private async leaveSome(erasure: Erasure): Promise<number> {
    const memberships = await this.stored.memberships(erasure.clientId, erasure.userId, PAGE, null);
    for (const { roomId } of memberships) await this.database.transaction((tx) => this.leave(tx, erasure, roomId));
    return memberships.length;
  }

  /** Live sockets are told who went; the feed keeps the pseudonym. */
  private async leave(tx: Tx, { clientId, userId, pseudonym }: Erasure, roomId: string): Promise<void> {
    if (!(await this.rooms.lock(tx, clientId, roomId))) return;
    const member = await this.members.delete(tx, clientId, roomId, userId);
    if (!member) return;
    const moved = await this.rooms.advance(tx, clientId, roomId, -1);
    const removed = { ...aboutMember(ROOM_EVENTS.memberRemoved, member), userId: pseudonym };
    await this.news.tell(tx, moved, removed, { left: [userId] });
    if (member.role === 'owner') await this.departures.passOwnership(tx, clientId, roomId);
  }

  private async clearSome(erasure: Erasure): Promise<number> {
    const roomIds = await this.stored.personalRooms(erasure.clientId, erasure.userId, PAGE);
    for (const roomId of roomIds) {
      await this.database.transaction(async (tx) => {
        const room = await this.stored.clear(tx, erasure.clientId, roomId, erasure);
        if (room) await this.news.tell(tx, room, aboutRoom(ROOM_EVENTS.updated, room));
      });
    }
    return roomIds.length;
  }

  private membershipsOf({ clientId, userId }: DataSubject): AsyncGenerator<MembershipOfUser> {
    return everyRow(
      PAGE,
      (limit, after: string | null) => this.stored.memberships(clientId, userId, limit, after),
      ({ roomId }) => roomId,
    );
  }

  private bansOf({ clientId, userId }: DataSubject): AsyncGenerator<BanOfUser> {
    return everyRow(
      PAGE,
      (limit, after: string | null) => this.stored.bans(clientId, userId, limit, after),
      ({ roomId }) => roomId,
    );
  }
}
