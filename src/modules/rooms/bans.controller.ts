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
  UserIdParam,
} from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { BansService } from './bans.service.js';
import { BanDto } from './dto/room.dto.js';
import { BanPageView, BanView } from './room.view.js';

/** Who is kept out of a room: its owner, its admins and master keys decide. */
@ApiTags('Rooms')
@Controller('rooms/:id/bans')
export class BansController {
  constructor(
    private readonly bans: BansService,
    private readonly once: OnceStore,
  ) {}

  @Post()
  @RequireScopes('rooms:write')
  @Idempotent()
  @Endpoint('Ban a user from a room', {
    returns: BanView,
    status: HttpStatus.CREATED,
    errors: ['forbidden', 'direct_room', 'idempotency_in_progress', 'idempotency_mismatch'],
    description:
      'Removes the member; the room is 404 to them from then on. In place of an earlier ban of the user. Ends by itself at `until`.',
  })
  ban(
    @Caller() caller: Principal,
    @IdParam('id') id: string,
    @Body() { userId, until, reason }: BanDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<BanView>> {
    const wish = { userId, until: until ? new Date(until) : null, reason: reason ?? null };
    return this.once.run(
      once,
      async (tx) => new Answer(HttpStatus.CREATED, BanView.of(await this.bans.ban(tx, caller, id, wish))),
    );
  }

  @Get()
  @RequireScopes('rooms:read')
  @Endpoint('List the bans of a room', { returns: BanPageView, errors: ['forbidden'] })
  async list(
    @Caller() caller: Principal,
    @IdParam('id') id: string,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<BanPageView> {
    const after = cursor ? String(decodeCursor(cursor, [isText])[0]) : null;
    return pageOf(await this.bans.page(caller, id, limit, after), limit, BanView.of, ({ userId }) => [userId]);
  }

  @Delete(':userId')
  @RequireScopes('rooms:write')
  @Endpoint('Lift a ban', { errors: ['forbidden'], description: '404 when the user is not banned.' })
  async lift(@Caller() caller: Principal, @IdParam('id') id: string, @UserIdParam() userId: string): Promise<void> {
    await this.bans.lift(caller, id, userId);
  }
}
