import { Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { isUuid } from '../../platform/database/index.js';
import { decodeCursor, Endpoint, IdParam, isTime, OneOf, PageQuery, pageOf } from '../../platform/http/index.js';
import { CallingUser, RequireScopes, type UserPrincipal } from '../../platform/security/index.js';
import { INBOX_STATES, type InboxState } from './inbox.states.js';
import { InboxService } from './inbox.service.js';
import { InboxCountsView, InboxItemView, InboxPageView } from './inbox.view.js';

class InboxQuery extends PageQuery {
  @OneOf(INBOX_STATES, {
    optional: true,
    default: 'all',
    description: 'An archived one counts as read, and is in `all`',
  })
  readonly state: InboxState = 'all';
}

const ITEM = { returns: InboxItemView, errors: ['user_required'] } as const;

@ApiTags('Inbox')
@Controller('inbox')
export class InboxController {
  constructor(private readonly inbox: InboxService) {}

  @Get()
  @RequireScopes('inbox:read')
  @Endpoint('List the inbox of the user', {
    returns: InboxPageView,
    errors: ['user_required'],
    description: 'The last one to arrive first.',
  })
  async list(
    @CallingUser() caller: UserPrincipal,
    @Query() { limit, cursor, state }: InboxQuery,
  ): Promise<InboxPageView> {
    const items = await this.inbox.page(caller, state, limit, placeOf(cursor));
    return pageOf(items, limit, InboxItemView.of, ({ sentAt, id }) => [sentAt.toISOString(), id]);
  }

  @Get('count')
  @RequireScopes('inbox:read')
  @Endpoint('Count the inbox of the user', { returns: InboxCountsView, errors: ['user_required'] })
  count(@CallingUser() caller: UserPrincipal): Promise<InboxCountsView> {
    return this.inbox.counts(caller);
  }

  @Post('read-all')
  @RequireScopes('inbox:write')
  @Endpoint('Read all that is unread', {
    returns: InboxCountsView,
    errors: ['user_required'],
    description: 'What arrives meanwhile stays unread.',
  })
  readAll(@CallingUser() caller: UserPrincipal): Promise<InboxCountsView> {
    return this.inbox.readAll(caller);
  }

  @Post(':id/read')
  @RequireScopes('inbox:write')
  @Endpoint('Read an item', ITEM)
  read(@CallingUser() caller: UserPrincipal, @IdParam('id') id: string): Promise<InboxItemView> {
    return this.inbox.engage(caller, id, 'read');
  }

  @Post(':id/unread')
  @RequireScopes('inbox:write')
  @Endpoint('Have an item unread again', { ...ITEM, description: 'It leaves the archive, too.' })
  unread(@CallingUser() caller: UserPrincipal, @IdParam('id') id: string): Promise<InboxItemView> {
    return this.inbox.engage(caller, id, 'unread');
  }

  @Post(':id/archive')
  @RequireScopes('inbox:write')
  @Endpoint('Archive an item', { ...ITEM, description: 'What is archived counts as read.' })
  archive(@CallingUser() caller: UserPrincipal, @IdParam('id') id: string): Promise<InboxItemView> {
    return this.inbox.engage(caller, id, 'archive');
  }
}

/** @throws InvalidInput for what is no place in an inbox */
function placeOf(cursor: string | undefined): { sentAt: string; id: string } | null {
  if (cursor === undefined) return null;
  const [sentAt, id] = decodeCursor(cursor, [isTime, isUuid]);
  return { sentAt: String(sentAt), id: String(id) };
}
