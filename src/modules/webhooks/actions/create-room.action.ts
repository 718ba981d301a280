import { Injectable } from '@nestjs/common';
import { RoomsService, RoomView } from '../../rooms/index.js';
import { type ActionContext, actingFor, type ActionKind, type Effect, EXAMPLE_ID } from './action-kind.js';
import type { CreateRoomParams } from './params.js';

/** The result is the room; of a direct room that there is already, that one. */
@Injectable()
export class CreateRoomAction implements ActionKind<CreateRoomParams> {
  readonly type = 'createRoom';

  constructor(private readonly rooms: RoomsService) {}

  async prepare({ createdBy, ...wish }: CreateRoomParams, { clientId, effectId }: ActionContext): Promise<Effect> {
    const caller = actingFor(clientId, createdBy ?? null);
    return {
      apply: async (tx) => RoomView.of((await this.rooms.create(tx, caller, { ...wish, id: effectId })).room),
    };
  }

  exampleOf({ createdBy, members, ...wish }: CreateRoomParams): object {
    return { ...wish, id: EXAMPLE_ID, status: 'active', memberCount: members.length, createdBy: createdBy ?? null };
  }
}
