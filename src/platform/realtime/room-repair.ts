import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Fanout } from './fanout.js';
import { Hub } from './hub.js';
import { RoomDirectory, type RoomRef } from './room-directory.js';

const AGAIN_MS = 1_000;

/**
 * When an event of a room has not come in time, who may hear the room is read again, and its sockets are told where it
 * stands, so that they fetch what they have missed.
 */
@Injectable()
export class RoomRepair implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger(RoomRepair.name);
  private isStopped = false;

  constructor(
    private readonly fanout: Fanout,
    private readonly hub: Hub,
    private readonly rooms: RoomDirectory,
  ) {}

  onModuleInit(): void {
    this.fanout.onGap((room) => void this.repair(room));
  }

  onModuleDestroy(): void {
    this.isStopped = true;
  }

  private async repair(room: RoomRef): Promise<void> {
    while (!this.isStopped) {
      try {
        return await this.readAgain(room);
      } catch (error) {
        this.log.warn(`A room was not read again: ${String(error)}`);
        await delay(AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  private async readAgain(room: RoomRef): Promise<void> {
    const { clientId, roomId } = room;
    const here = this.hub.usersOf(clientId);
    const standing = await this.rooms.standing(room, here);
    if (!standing) return this.fanout.repaired(room, null);
    const { head, lastSeq, members } = standing;
    const inside = new Set(members);
    for (const userId of here) this.hub.membership(clientId, roomId, [userId], inside.has(userId));
    this.fanout.repaired(room, head);
    const audience = { kind: 'room', id: roomId } as const;
    const ts = new Date().toISOString();
    this.hub.deliver({ clientId, audience, ev: 'room.head', roomId, ts, data: { head, lastSeq } });
  }
}
