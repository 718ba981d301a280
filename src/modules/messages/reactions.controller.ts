import { Controller, Delete, HttpStatus, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Endpoint, IdParam, TextParam } from '../../platform/http/index.js';
import { CallingUser, RequireScopes, type UserPrincipal } from '../../platform/security/index.js';
import { EMOJI } from './dto/message-changes.dto.js';
import { ReactedView } from './message.view.js';
import { ReactionsService } from './reactions.service.js';

const ERRORS = ['user_required', 'room_inactive', 'message_deleted'] as const;

@ApiTags('Messages')
@Controller('messages/:id/reactions/:emoji')
export class ReactionsController {
  constructor(private readonly reactions: ReactionsService) {}

  @Put()
  @RequireScopes('messages:write')
  @Endpoint('React to a message', {
    returns: ReactedView,
    status: HttpStatus.OK,
    errors: [...ERRORS, 'too_many_reactions'],
    description: 'As often as you like: the same again changes nothing.',
  })
  add(
    @CallingUser() caller: UserPrincipal,
    @IdParam('id') id: string,
    @TextParam('emoji', EMOJI) emoji: string,
  ): Promise<ReactedView> {
    return this.reactions.add(caller, id, emoji);
  }

  @Delete()
  @RequireScopes('messages:write')
  @Endpoint('Take a reaction back', { returns: ReactedView, status: HttpStatus.OK, errors: ERRORS })
  remove(
    @CallingUser() caller: UserPrincipal,
    @IdParam('id') id: string,
    @TextParam('emoji', EMOJI) emoji: string,
  ): Promise<ReactedView> {
    return this.reactions.remove(caller, id, emoji);
  }
}
