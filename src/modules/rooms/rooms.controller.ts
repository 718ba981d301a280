import { Body, Controller, Delete, Get, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  Answer,
  decodeCursor,
  Endpoint,
  Idempotent,
  IdParam,
  isText,
  Once,
  type OnceKey,
  OnceStore,
  PageQuery,
  pageOf,
  TextParam,
} from '../../platform/http/index.js';
import {
  Caller,
  CallingUser,
  MasterOnly,
  type Principal,
  RequireScopes,
  type UserPrincipal,
} from '../../platform/security/index.js';
import { AddMemberDto, AllRoomsQuery, CreateRoomDto, ReadDto } from './dto/room.dto.js';
import { activityPlace } from './activity-place.js';
import { LifecycleService } from './lifecycle.service.js';
import { MembershipService } from './membership.service.js';
import { RoomAccess } from './room-access.js';
import { RoomListService } from './room-list.service.js';
import { MemberPageView, MemberView, ReadView, RoomPageView, RoomView } from './room.view.js';
import { RoomsService } from './rooms.service.js';

@ApiTags('Rooms')
@Controller('rooms')
export class RoomsController {
  constructor(
    private readonly rooms: RoomsService,
    private readonly memberships: MembershipService,
    private readonly lifecycle: LifecycleService,
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

  @Get(':id/members')
  @RequireScopes('rooms:read')
  @Endpoint('List the members of a room', { returns: MemberPageView })
  async listMembers(
    @Caller() caller: Principal,
    @IdParam('id') id: string,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<MemberPageView> {
    await this.access.visible(caller, id);
    const after = cursor ? String(decodeCursor(cursor, [isText])[0]) : null;
    return pageOf(await this.lists.members(caller.clientId, id, limit, after), limit, MemberView.of, ({ userId }) => [
      userId,
    ]);
  }

  @Post(':id/members')
  @RequireScopes('rooms:write')
  @Idempotent()
  @Endpoint('Add a member', {
    returns: MemberView,
    status: HttpStatus.CREATED,
    also: { status: HttpStatus.OK, description: 'A member already' },
    errors: ['forbidden', 'room_full', 'idempotency_in_progress', 'idempotency_mismatch'],
  })
  addMember(
    @Caller() caller: Principal,
    @IdParam('id') id: string,
    @Body() { userId, role }: AddMemberDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<MemberView>> {
    return this.once.run(once, async (tx) => {
      const { member, added } = await this.memberships.add(tx, caller, id, userId, role);
      return new Answer(added ? HttpStatus.CREATED : HttpStatus.OK, MemberView.of(member));
    });
  }

  @Delete(':id/members/:userId')
  @RequireScopes('rooms:write')
  @Endpoint('Remove a member, or leave', { errors: ['forbidden'] })
  async removeMember(
    @Caller() caller: Principal,
    @IdParam('id') id: string,
    @TextParam('userId', /^[^\0]+$/) userId: string,
  ): Promise<void> {
    await this.memberships.remove(caller, id, userId);
  }

  @Post(':id/read')
  @RequireScopes('rooms:read')
  @Endpoint('Move the read pointer', {
    returns: ReadView,
    status: HttpStatus.OK,
    errors: ['user_required'],
    description: 'Forward only, and never past the last message.',
  })
  read(@CallingUser() caller: UserPrincipal, @IdParam('id') id: string, @Body() { seq }: ReadDto): Promise<ReadView> {
    return this.memberships.read(caller, id, seq);
  }

  @Post(':id/deactivate')
  @RequireScopes('rooms:write')
  @Endpoint('Close a room by hand', {
    returns: RoomView,
    errors: ['forbidden'],
    description: 'Nobody can post until it is activated.',
  })
  async deactivate(@Caller() caller: Principal, @IdParam('id') id: string): Promise<RoomView> {
    return RoomView.of(await this.lifecycle.setStatus(caller, id, 'inactive'));
  }

  @Post(':id/activate')
  @RequireScopes('rooms:write')
  @Endpoint('Open a room again', { returns: RoomView, errors: ['forbidden'], description: 'Counts as activity.' })
  async activate(@Caller() caller: Principal, @IdParam('id') id: string): Promise<RoomView> {
    return RoomView.of(await this.lifecycle.setStatus(caller, id, 'active'));
  }
}
