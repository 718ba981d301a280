import { Injectable } from '@nestjs/common';
import { type ClientId, Database, newId, type Tx, type UserId } from '../../platform/database/index.js';
import { Unavailable } from '../../platform/errors/index.js';
import { eachInTurn } from '../../platform/queue/index.js';
import { Attendance } from '../../platform/realtime/index.js';
import { NotificationsService, ReachService } from '../notifications/index.js';
import { type EscalationChannel, ESCALATION_CHANNELS, isChannel } from './content.rules.js';
import {
  EscalationRepository,
  MEMBERS_AT_ONCE,
  type MissingMember,
  type TakenRoom,
  type Telling,
} from './escalation.repository.js';
import { channelsLeft, dueAt, earliest, lookAgainAt, NO_CHANNEL, type Policy, waitsUntil } from './ladder.rules.js';

/** Rooms looked at together. */
const ROOMS_AT_ONCE = 50;
/** Members told in one transaction. */
const TOLD_AT_ONCE = 500;

/** Which part of the house sends these notifications, and their tag. */
export const ESCALATION = 'escalation';

/** A room in hand, and what the looks at its members come to. */
interface Look {
  readonly room: TakenRoom;
  readonly policy: Policy<EscalationChannel>;
  nextAt: Date | null;
}

/** Some of its members, in the order of their ids. */
interface Page {
  readonly look: Look;
  readonly after: UserId;
  readonly members: MissingMember[];
}

type Due = { readonly look: Look; readonly member: MissingMember };

/** Brings what members who are away leave unread to them by the channels that the room or its client names. */
@Injectable()
export class EscalationService {
  constructor(
    private readonly database: Database,
    private readonly stored: EscalationRepository,
    private readonly attendance: Attendance,
    private readonly reach: ReachService,
    private readonly notifications: NotificationsService,
  ) {}

  /** Looks at every room whose time has come. @returns how many members were told */
  async sweep(): Promise<number> {
    let told = 0;
    let failed: { readonly error: unknown } | undefined;
    for (let taken = ROOMS_AT_ONCE; taken === ROOMS_AT_ONCE;) {
      const rooms = await this.stored.take(ROOMS_AT_ONCE);
      taken = rooms.length;
      try {
        told += await this.lookAtAll(rooms.filter(({ isSuspended }) => !isSuspended));
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        failed ??= { error }; // those stay leased
      }
    }
    if (failed) throw failed.error;
    return told;
  }

  /** All together; when one fails, each by itself, or it would keep those that are due with it for ever. Nobody is told twice by that. */
  private async lookAtAll(rooms: readonly TakenRoom[]): Promise<number> {
    let told = 0;
    try {
      told += await this.look(rooms);
    } catch (error) {
      if (rooms.length <= 1 || error instanceof Unavailable) throw error;
      await eachInTurn(rooms, async (room) => (told += await this.look([room])));
    }
    return told;
  }

  private async look(rooms: readonly TakenRoom[]): Promise<number> {
    const looks = rooms.map((room): Look => ({ room, policy: policyOf(room), nextAt: null }));
    let told = 0;
    let pages: Page[] = looks.filter(({ policy }) => policy.channels.length > 0).map((look) => pageAfter(look, ''));
    while (pages.length > 0) {
      await this.read(pages);
      told += await this.judge(pages);
      pages = pages.flatMap(({ look, members }) => {
        const last = members[MEMBERS_AT_ONCE - 1];
        return last ? [pageAfter(look, last.userId)] : [];
      });
    }
    if (looks.length > 0) await this.stored.settle(looks.map(settlementOf));
    return told;
  }

  private async read(pages: readonly Page[]): Promise<void> {
    const byRoom = new Map(pages.map((page) => [page.look.room.roomId, page]));
    for (const member of await this.stored.members(pages.map(askedOf))) byRoom.get(member.roomId)?.members.push(member);
  }

  private async judge(pages: readonly Page[]): Promise<number> {
    const due = new Map<ClientId, Due[]>();
    for (const { look, members } of pages) {
      const { room, policy } = look;
      for (const member of members) {
        if (dueAt(member, policy) > room.at) again(look, waitsUntil(member, policy, room.at));
        else if (!due.get(room.clientId)?.push({ look, member })) due.set(room.clientId, [{ look, member }]);
      }
    }
    let told = 0;
    for (const [clientId, members] of due) {
      for (let from = 0; from < members.length; from += TOLD_AT_ONCE)
        told += await this.tell(clientId, members.slice(from, from + TOLD_AT_ONCE));
    }
    return told;
  }

  /** Those who are away are told; those who are here are looked at again, in case they go. */
  private async tell(clientId: ClientId, due: readonly Due[]): Promise<number> {
    const here = await this.attendance.here(clientId, usersOf(due));
    const away: Due[] = [];
    for (const one of due) {
      const { look, member } = one;
      if (here.has(member.userId)) again(look, waitsUntil(member, look.policy, look.room.at));
      else away.push(one);
    }
    if (away.length === 0) return 0;
    const reach = await this.reach.of(clientId, usersOf(away), ESCALATION_CHANNELS);
    const tellings = away.map(({ look, member }) => tellingOf(look, member, reach.get(member.userId) ?? NOWHERE));
    await this.notifications.expect(clientId);
    return this.database.transaction((tx) => this.store(tx, clientId, tellings));
  }

  private async store(tx: Tx, clientId: ClientId, tellings: readonly Telling[]): Promise<number> {
    const told = await this.stored.tell(tx, clientId, tellings);
    const wishes = tellings.flatMap(({ notificationId: id, channel, userId, roomId, fromSeq, toSeq }) =>
      id !== null && told.has(id) && isChannel(channel)
        ? [
            {
              id,
              origin: ESCALATION,
              to: { userId },
              channel,
              tags: [ESCALATION],
              metadata: { roomId, fromSeq, toSeq },
            },
          ]
        : [],
    );
    if (wishes.length > 0) await this.notifications.submitIn(tx, clientId, wishes);
    return wishes.length;
  }
}

const NOWHERE: ReadonlySet<string> = new Set();

const usersOf = (due: readonly Due[]): UserId[] => [...new Set(due.map(({ member }) => member.userId))];

/** Channels that the house does not have are as if they were not named. */
function policyOf({ escalation }: TakenRoom): Policy<EscalationChannel> {
  return { afterSeconds: escalation?.afterSeconds ?? 0, channels: escalation?.channels.filter(isChannel) ?? [] };
}

const pageAfter = (look: Look, after: UserId): Page => ({ look, after, members: [] });

const askedOf = ({ look: { room, policy }, after }: Page) => ({
  ...{ clientId: room.clientId, roomId: room.roomId, lastSeq: room.lastSeq },
  ...{ lastChannel: policy.channels.at(-1), after },
});

function again(look: Look, at: Date): void {
  look.nextAt = look.nextAt ? earliest(look.nextAt, at) : at;
}

/** The next channel that reaches the member. While there is another after it, the room is looked at again. */
function tellingOf(look: Look, member: MissingMember, reached: ReadonlySet<string>): Telling {
  const { room, policy } = look;
  const [channel, further] = channelsLeft(policy, member.ladder).filter((left) => reached.has(left));
  if (further !== undefined) again(look, lookAgainAt(room.at, room.at));
  return {
    ...{ roomId: room.roomId, userId: member.userId, at: room.at },
    ...{ fromSeq: member.ladder?.fromSeq ?? member.unread.seq, toSeq: room.lastSeq },
    ...(channel === undefined ? { channel: NO_CHANNEL, notificationId: null } : { channel, notificationId: newId() }),
  };
}

const settlementOf = ({ room, policy, nextAt }: Look) => ({
  room,
  nextAt,
  freshAt: policy.channels.length === 0 ? null : new Date(room.at.getTime() + policy.afterSeconds * 1_000),
});
