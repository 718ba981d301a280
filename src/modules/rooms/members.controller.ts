import { Body, Controller, Delete, Get, HttpStatus, Patch, Post, Query } from '@nestjs/common';
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
  UserIdParam,
} from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { AddMemberDto, ChangeRoleDto } from './dto/room.dto.js';
import { MembershipService } from './membership.service.js';
import { RolesService } from './roles.service.js';
import { RoomAccess } from './room-access.js';
import { RoomListService } from './room-list.service.js';
import { MemberPageView, MemberView } from './room.view.js';

/** The members of a room, as others see and change them. */
@ApiTags('Rooms')
@Controller('rooms/:id/members')
export class MembersController {
  constructor(
    private readonly memberships: MembershipService,
    private readonly roles: RolesService,
    private readonly access: RoomAccess,
    private readonly lists: RoomListService,
    private readonly once: OnceStore,
  ) {}

  @Get()
  @RequireScopes('rooms:read')
  @Endpoint('List the members of a room', { returns: MemberPageView })
  async list(
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

  @Post()
  @RequireScopes('rooms:write')
  @Idempotent()
  @Endpoint('Add a member', {
    returns: MemberView,
    status: HttpStatus.CREATED,
    also: { status: HttpStatus.OK, description: 'A member already' },
    errors: ['forbidden', 'banned', 'room_full', 'idempotency_in_progress', 'idempotency_mismatch'],
    description: 'Owner and admins may, and every member where `settings.membersCanInvite`.',
  })
  add(
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

  @Patch(':userId')
  @RequireScopes('rooms:write')
  @Endpoint('Change a member’s role', {
    returns: MemberView,
    errors: ['forbidden', 'direct_room', 'owner_stays'],
    description:
      'Admins make members admins; the owner takes that back. `owner` hands the room over: the owner before becomes an admin. One’s own role may always be laid down.',
  })
  async changeRole(
    @Caller() caller: Principal,
    @IdParam('id') id: string,
    @UserIdParam() userId: string,
    @Body() { role }: ChangeRoleDto,
  ): Promise<MemberView> {
    return MemberView.of(await this.roles.change(caller, id, userId, role));
  }

  @Delete(':userId')
  @RequireScopes('rooms:write')
  @Endpoint('Remove a member, or leave', { errors: ['forbidden', 'direct_room'] })
  async remove(@Caller() caller: Principal, @IdParam('id') id: string, @UserIdParam() userId: string): Promise<void> {
    await this.memberships.remove(caller, id, userId);
  }
}
