import { Injectable } from '@nestjs/common';
import type { Tx, UserId } from '../../platform/database/index.js';
import { Fanout } from '../../platform/realtime/index.js';
import { RoomView } from './dto/room.dto.js';
import type { Room } from './room.entity.js';
import type { RoomEvent, RoomEventName } from './rooms.events.js';
import { RoomsRepository } from './rooms.repository.js';

/** Who starts or stops hearing of the room with an event. */
interface Hearing {
  readonly joined?: readonly UserId[];
  readonly left?: readonly UserId[];
}

/** Stores a room's durable events in the transaction of the change, and tells sockets after its commit. */
@Injectable()
export class RoomNews {
  constructor(
    private readonly rooms: RoomsRepository,
    private readonly fanout: Fanout,
  ) {}

  /** The event takes `room.head`, which the change has moved already. */
  async tell(tx: Tx, room: Room, ev: RoomEventName, data: object = RoomView.of(room), { joined = [], left = [] }: Hearing = {}): Promise<void> {
    const event: RoomEvent = { clientId: room.clientId, roomId: room.id, offset: room.head, ev, data, at: room.updatedAt };
    await this.rooms.insertEvents(tx, [event]);
    tx.afterCommit(() => {
      if (joined.length > 0) this.fanout.join(room.clientId, room.id, joined);
      this.publish(event);
      if (left.length > 0) this.fanout.leave(room.clientId, room.id, left);
    });
  }

  publish({ clientId, roomId, offset, ev, data, at }: RoomEvent): void {
    this.fanout.publish({ clientId, audience: { kind: 'room', id: roomId }, ev, roomId, offset, ts: at.toISOString(), data });
  }
}
