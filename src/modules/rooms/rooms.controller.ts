import { Body, Controller, Delete, Get, HttpStatus, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  Answer,
  Endpoint,
  Idempotent,
  IdParam,
  Once,
  type OnceKey,
  OnceStore,
  pageOf,
} from '../../platform/http/index.js';
import { Caller, MasterOnly, type Principal, RequireScopes } from '../../platform/security/index.js';
import { AllRoomsQuery, CreateRoomDto, UpdateRoomDto } from './dto/room.dto.js';
import { activityPlace } from './activity-place.js';
import { RoomAccess } from './room-access.js';
import { RoomListService } from './room-list.service.js';
import { RoomPageView, RoomView } from './room.view.js';
import { RoomsService } from './rooms.service.js';

@ApiTags('Rooms')
@Controller('rooms')
export class RoomsController {
  constructor(
    private readonly rooms: RoomsService,
    private readonly access: RoomAccess,
    private readonly lists: RoomListService,
    private readonly once: OnceStore,
  ) {}

  @Post()
  @RequireScopes('rooms:write')
  @Idempotent()
  @Endpoint('Create a room', {
    returns: RoomView,
    status: HttpStatus.CREATED,
    also: { status: HttpStatus.OK, description: 'The direct room these two have already' },
    errors: ['room_full', 'idempotency_in_progress', 'idempotency_mismatch'],
    description: 'The acting user becomes its owner. A direct room exists once per pair.',
  })
  create(@Caller() caller: Principal, @Body() dto: CreateRoomDto, @Once() once?: OnceKey): Promise<Answer<RoomView>> {
    return this.once.run(once, async (tx) => {
      const { room, created } = await this.rooms.create(tx, caller, dto);
      return new Answer(created ? HttpStatus.CREATED : HttpStatus.OK, RoomView.of(room));
    });
  }

  @Get('all')
  @MasterOnly()
  @Endpoint('List every room of the client', { returns: RoomPageView })
  async listAll(
    @Caller() { clientId }: Principal,
    @Query() { limit, cursor, ...filter }: AllRoomsQuery,
  ): Promise<RoomPageView> {
    const rows = await this.lists.all(clientId, filter, limit, activityPlace(cursor));
    return pageOf(rows, limit, RoomView.of, ({ lastActivityAt, id }) => [lastActivityAt.toISOString(), id]);
  }

  @Get(':id')
  @RequireScopes('rooms:read')
  @Endpoint('Show a room', { returns: RoomView })
  async show(@Caller() caller: Principal, @IdParam('id') id: string): Promise<RoomView> {
    return RoomView.of((await this.access.visible(caller, id)).room);
  }

  @Patch(':id')
  @RequireScopes('rooms:write')
  @Endpoint('Change a room', {
    returns: RoomView,
    errors: ['forbidden', 'direct_room', 'room_full'],
    description:
      'What is absent stays as it is; null clears it, and in `settings` takes the setting away. Its owner and admins may.',
  })
  async update(@Caller() caller: Principal, @IdParam('id') id: string, @Body() dto: UpdateRoomDto): Promise<RoomView> {
    return RoomView.of(await this.rooms.change(caller, id, dto));
  }

  @Delete(':id')
  @RequireScopes('rooms:write')
  @Endpoint('Delete a room with everything of it', {
    errors: ['forbidden'],
    description: 'Its owner may. Members hear `room.deleted` as the last of it; there is no way back.',
  })
  async remove(@Caller() caller: Principal, @IdParam('id') id: string): Promise<void> {
    await this.rooms.remove(caller, id);
  }
}
