import { Body, Controller, HttpStatus, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answer, Endpoint, Idempotent, IdParam, Once, type OnceKey, OnceStore } from '../../platform/http/index.js';
import { CallingUser, RequireScopes, type UserPrincipal } from '../../platform/security/index.js';
import { ReadDto } from './dto/room.dto.js';
import { MembershipService } from './membership.service.js';
import { ReceiptsService } from './receipts.service.js';
import { MemberView, ReadView } from './room.view.js';

/** What users do for themselves in a room. */
@ApiTags('Rooms')
@Controller('rooms/:id')
export class OwnMembershipController {
  constructor(
    private readonly memberships: MembershipService,
    private readonly receipts: ReceiptsService,
    private readonly once: OnceStore,
  ) {}

  @Post('join')
  @RequireScopes('rooms:write')
  @Idempotent()
  @Endpoint('Join a channel', {
    returns: MemberView,
    status: HttpStatus.CREATED,
    also: { status: HttpStatus.OK, description: 'A member already' },
    errors: [
      'user_required',
      'forbidden',
      'joining_banned',
      'room_full',
      'idempotency_in_progress',
      'idempotency_mismatch',
    ],
    description: 'Whoever has a channel’s id may join it. A room of any other type is 404 to those outside.',
  })
  join(
    @CallingUser() caller: UserPrincipal,
    @IdParam('id') id: string,
    @Once() once?: OnceKey,
  ): Promise<Answer<MemberView>> {
    return this.once.run(once, async (tx) => {
      const { member, added } = await this.memberships.join(tx, caller, id);
      return new Answer(added ? HttpStatus.CREATED : HttpStatus.OK, MemberView.of(member));
    });
  }

  @Post('leave')
  @RequireScopes('rooms:write')
  @Endpoint('Leave a room', {
    errors: ['user_required', 'direct_room'],
    description:
      'The owner’s place goes to the longest-standing admin, else member. A direct room is not left: it would be no pair any more.',
  })
  async leave(@CallingUser() caller: UserPrincipal, @IdParam('id') id: string): Promise<void> {
    await this.memberships.leave(caller, id);
  }

  @Post('mute')
  @RequireScopes('rooms:write')
  @Endpoint('Mute a room for oneself', {
    errors: ['user_required'],
    description: 'Its unread messages no longer escalate to push or email; sockets hear everything as before.',
  })
  async mute(@CallingUser() caller: UserPrincipal, @IdParam('id') id: string): Promise<void> {
    await this.memberships.setMuted(caller, id, true);
  }

  @Post('unmute')
  @RequireScopes('rooms:write')
  @Endpoint('Unmute a room for oneself', { errors: ['user_required'] })
  async unmute(@CallingUser() caller: UserPrincipal, @IdParam('id') id: string): Promise<void> {
    await this.memberships.setMuted(caller, id, false);
  }

  @Post('read')
  @RequireScopes('rooms:read')
  @Endpoint('Move the read pointer', {
    returns: ReadView,
    status: HttpStatus.OK,
    errors: ['user_required'],
    description: 'Forward only, and never past the last message.',
  })
  read(@CallingUser() caller: UserPrincipal, @IdParam('id') id: string, @Body() { seq }: ReadDto): Promise<ReadView> {
    return this.receipts.read(caller, id, seq);
  }
}
