import { Injectable } from '@nestjs/common';
import type { Tx, UserId } from '../../platform/database/index.js';
import { currentHops, type OutboundEvent, Outbox } from '../../platform/outbox/index.js';
import { Fanout, type Hearing } from '../../platform/realtime/index.js';
import { MemberView, RoomView } from './room.view.js';
import { RoomEventsRepository } from './room-events.repository.js';
import type { MemberRole } from './room-member.entity.js';
import type { Room } from './room.entity.js';
import type { Announcement, ROOM_EXPIRING, RoomEvent } from './rooms.events.js';

/** Stores a room's durable events in the transaction of the change, hands them to the outbox, and tells sockets after its commit. */
@Injectable()
export class RoomNews {
  constructor(
    private readonly events: RoomEventsRepository,
    private readonly outbox: Outbox,
    private readonly fanout: Fanout,
  ) {}

  /** The event takes `room.head`, which the change has moved already. */
  async tell(tx: Tx, room: Room, announcement: Announcement, hearing?: Hearing): Promise<void> {
    const event = eventOf(room, announcement);
    await this.store(tx, [event]);
    tx.afterCommit(() => this.publish(event, hearing));
  }

  /** One event for each of several rooms. */
  tellAll(tx: Tx, rooms: readonly Room[], announce: (room: Room) => Announcement): Promise<void> {
    return this.tellSeries(
      tx,
      rooms.map((room) => ({ room, announcement: announce(room) })),
    );
  }

  /** Several events, each with its room as it was at that event: several may be of one room. */
  async tellSeries(tx: Tx, series: readonly { room: Room; announcement: Announcement }[]): Promise<void> {
    const events = series.map(({ room, announcement }) => eventOf(room, announcement));
    await this.store(tx, events);
    tx.afterCommit(() => events.forEach((event) => this.publish(event)));
  }

  /** The last event of a room that is gone: no longer stored, but told; sockets then stop hearing the room. */
  async tellEnd(tx: Tx, room: Room, announcement: Announcement): Promise<void> {
    const event = eventOf(room, announcement);
    await this.outbox.tell(tx, [outboundOf(event)]);
    tx.afterCommit(() => this.publish(event, { ended: true }));
  }

  /** What is only worth knowing now: it has no offset and is stored nowhere. */
  whisper(tx: Tx, room: Room, ev: typeof ROOM_EXPIRING): void {
    const { clientId, id: roomId } = room;
    const audience = { kind: 'room', id: roomId } as const;
    const push = { clientId, audience, ev, roomId, ts: new Date().toISOString(), data: RoomView.of(room) };
    tx.afterCommit(() => this.fanout.publish(push));
  }

  private async store(tx: Tx, events: readonly RoomEvent[]): Promise<void> {
    await this.events.insert(tx, events);
    await this.outbox.tell(tx, events.map(outboundOf));
  }

  private publish({ clientId, roomId, offset, ev, data, at }: RoomEvent, hearing?: Hearing): void {
    const audience = { kind: 'room', id: roomId } as const;
    this.fanout.publish({ clientId, audience, ev, roomId, offset, ts: at.toISOString(), data }, hearing);
  }
}

function eventOf(room: Room, { ev, data, ...said }: Announcement): RoomEvent {
  const { kept = data, messageId = null, userId = null, hops = currentHops() } = said;
  const { clientId, id: roomId, head: offset, updatedAt: at } = room;
  return { clientId, roomId, offset, ev, data, kept, messageId, userId, at, hops };
}

const outboundOf = ({ clientId, ev: type, at, roomId: id, offset, hops, data }: RoomEvent): OutboundEvent => ({
  ...{ clientId, type, at, hops, room: { id, offset }, data: () => data },
});

/** What happened to the room itself. */
export const aboutRoom = (ev: Announcement['ev'], room: Room): Announcement => {
  const data = RoomView.of(room);
  const { createdBy, ...kept } = data;
  return { ev, data, kept, userId: createdBy };
};

/** What happened to one of its members. */
export const aboutMember = (
  ev: Announcement['ev'],
  member: { readonly userId: UserId; readonly role: MemberRole; readonly joinedAt: Date },
): Announcement => {
  const data = MemberView.of(member);
  const { userId, ...kept } = data;
  return { ev, data, kept, userId };
};
